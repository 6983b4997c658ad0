#include "kernels/bitshuffle.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>

#include "kernels/target.hpp"

namespace braggd {

namespace {

constexpr std::size_t tile_cols = 64;

/// 8 E rows of 64 bytes. As planes, row k E + b holds bit k of byte b; as bytes, row j E + b holds byte b of
/// the elements 8 c + j. In that order the step between the two is an 8 x 8 bit transposition down each
/// column, and reading the bytes column by column gives the elements in memory order.
template <std::size_t E>
struct alignas(64) Tile {
  static constexpr std::size_t rows = 8 * E;
  std::array<std::byte, rows * tile_cols> bytes;
};

/// Exchanges the bits that `mask` selects in row group k + distance with those `distance` higher in row group
/// k.
template <std::size_t distance, std::uint64_t mask, std::size_t E>
BRAGGD_KERNEL_BODY void exchange_bits(Tile<E>& tile) {
  constexpr std::size_t group_bytes = E * tile_cols;
  for (std::size_t k = 0; k < 8; ++k) {
    if ((k & distance) != 0) continue;
    std::byte* upper = tile.bytes.data() + k * group_bytes;
    std::byte* lower = upper + distance * group_bytes;
    for (std::size_t i = 0; i < group_bytes; i += sizeof(std::uint64_t)) {
      std::uint64_t a = 0;
      std::uint64_t b = 0;
      std::memcpy(&a, upper + i, sizeof a);
      std::memcpy(&b, lower + i, sizeof b);
      const std::uint64_t different = ((a >> distance) ^ b) & mask;
      a ^= different << distance;
      b ^= different;
      std::memcpy(upper + i, &a, sizeof a);
      std::memcpy(lower + i, &b, sizeof b);
    }
  }
}

/// Transposes the 8 x 8 bits of every column (rows k E + b, k = 0..7); its own inverse.
template <std::size_t E>
BRAGGD_KERNEL_BODY void transpose_bits(Tile<E>& tile) {
  exchange_bits<4, 0x0f0f0f0f0f0f0f0fU>(tile);
  exchange_bits<2, 0x3333333333333333U>(tile);
  exchange_bits<1, 0x5555555555555555U>(tile);
}

/// A perfect riffle of the two halves; log2(rows) of them turn row-major into column-major.
template <std::size_t E>
BRAGGD_KERNEL_BODY void riffle(const Tile<E>& from, Tile<E>& to) {
  constexpr std::size_t half = sizeof(from.bytes) / 2;
  for (std::size_t i = 0; i < half; ++i) {
    to.bytes[2 * i] = from.bytes[i];
    to.bytes[2 * i + 1] = from.bytes[half + i];
  }
}

template <std::size_t E>
BRAGGD_KERNEL_BODY void unriffle(const Tile<E>& from, Tile<E>& to) {
  constexpr std::size_t half = sizeof(from.bytes) / 2;
  for (std::size_t i = 0; i < half; ++i) {
    to.bytes[i] = from.bytes[2 * i];
    to.bytes[half + i] = from.bytes[2 * i + 1];
  }
}

/// memcpy whose length is a compile-time constant for all but the last tile.
BRAGGD_KERNEL_BODY void copy_cols(std::byte* to, const std::byte* from, std::size_t cols) {
  if (cols == tile_cols) {
    std::memcpy(to, from, tile_cols);
  } else {
    std::memcpy(to, from, cols);
  }
}

template <std::size_t E>
BRAGGD_KERNEL_BODY void unshuffle_body(const std::byte* planes, std::size_t plane_bytes,
                                       std::byte* elements) {
  constexpr std::size_t rows = Tile<E>::rows;
  Tile<E> tile{};
  Tile<E> other{};
  for (std::size_t begin = 0; begin < plane_bytes; begin += tile_cols) {
    const std::size_t cols = std::min(tile_cols, plane_bytes - begin);
    for (std::size_t k = 0; k < 8; ++k) {
      for (std::size_t b = 0; b < E; ++b) {
        copy_cols(&tile.bytes[(k * E + b) * tile_cols], planes + (8 * b + k) * plane_bytes + begin, cols);
      }
    }
    transpose_bits(tile);
    for (std::size_t stride = 1; stride < rows; stride *= 2) {
      riffle(tile, other);
      tile = other;
    }
    std::memcpy(elements + begin * rows, tile.bytes.data(), cols * rows);
  }
}

template <std::size_t E>
BRAGGD_KERNEL_BODY void shuffle_body(const std::byte* elements, std::size_t plane_bytes, std::byte* planes) {
  constexpr std::size_t rows = Tile<E>::rows;
  Tile<E> tile{};
  Tile<E> other{};
  for (std::size_t begin = 0; begin < plane_bytes; begin += tile_cols) {
    const std::size_t cols = std::min(tile_cols, plane_bytes - begin);
    std::memcpy(tile.bytes.data(), elements + begin * rows, cols * rows);
    for (std::size_t stride = 1; stride < rows; stride *= 2) {
      unriffle(tile, other);
      tile = other;
    }
    transpose_bits(tile);
    for (std::size_t k = 0; k < 8; ++k) {
      for (std::size_t b = 0; b < E; ++b) {
        copy_cols(planes + (8 * b + k) * plane_bytes + begin, &tile.bytes[(k * E + b) * tile_cols], cols);
      }
    }
  }
}

/// From, bytes of a plane, to.
using Transform = void (*)(const std::byte*, std::size_t, std::byte*);

struct Transforms {
  Transform shuffle;
  Transform unshuffle;
};

template <std::size_t E>
struct Scalar {
  static void shuffle(const std::byte* from, std::size_t n, std::byte* to) { shuffle_body<E>(from, n, to); }
  static void unshuffle(const std::byte* from, std::size_t n, std::byte* to) {
    unshuffle_body<E>(from, n, to);
  }
};

#if BRAGGD_X86_KERNELS
template <std::size_t E>
struct Avx2 {
  BRAGGD_TARGET_AVX2 static void shuffle(const std::byte* from, std::size_t n, std::byte* to) {
    shuffle_body<E>(from, n, to);
  }
  BRAGGD_TARGET_AVX2 static void unshuffle(const std::byte* from, std::size_t n, std::byte* to) {
    unshuffle_body<E>(from, n, to);
  }
};

template <std::size_t E>
struct Avx512 {
  BRAGGD_TARGET_AVX512 static void shuffle(const std::byte* from, std::size_t n, std::byte* to) {
    shuffle_body<E>(from, n, to);
  }
  BRAGGD_TARGET_AVX512 static void unshuffle(const std::byte* from, std::size_t n, std::byte* to) {
    unshuffle_body<E>(from, n, to);
  }
};
#endif

template <std::size_t E>
Transforms transforms_of(KernelSet set) {
#if BRAGGD_X86_KERNELS
  if (set >= KernelSet::avx512) return {Avx512<E>::shuffle, Avx512<E>::unshuffle};
  if (set == KernelSet::avx2) return {Avx2<E>::shuffle, Avx2<E>::unshuffle};
#endif
  static_cast<void>(set);
  return {Scalar<E>::shuffle, Scalar<E>::unshuffle};
}

/// Null where there is only the reference.
Transforms fast_transforms(KernelSet set, std::size_t element_bytes) {
  switch (element_bytes) {
    case 1:
      return transforms_of<1>(set);
    case 2:
      return transforms_of<2>(set);
    case 4:
      return transforms_of<4>(set);
    case 8:
      return transforms_of<8>(set);
    default:
      return {nullptr, nullptr};
  }
}

}  // namespace

void shuffle_bits_reference(std::size_t element_bytes, std::span<const std::byte> elements,
                            std::span<std::byte> planes) {
  const std::size_t element_bits = 8 * element_bytes;
  const std::size_t plane_bytes = elements.size() / element_bits;
  std::ranges::fill(planes, std::byte{0});
  for (std::size_t x = 0; x < 8 * plane_bytes; ++x) {
    for (std::size_t bit = 0; bit < element_bits; ++bit) {
      const std::byte value = (elements[x * element_bytes + bit / 8] >> (bit % 8)) & std::byte{1};
      planes[bit * plane_bytes + x / 8] |= value << (x % 8);
    }
  }
}

void unshuffle_bits_reference(std::size_t element_bytes, std::span<const std::byte> planes,
                              std::span<std::byte> elements) {
  const std::size_t element_bits = 8 * element_bytes;
  const std::size_t plane_bytes = planes.size() / element_bits;
  std::ranges::fill(elements, std::byte{0});
  for (std::size_t x = 0; x < 8 * plane_bytes; ++x) {
    for (std::size_t bit = 0; bit < element_bits; ++bit) {
      const std::byte value = (planes[bit * plane_bytes + x / 8] >> (x % 8)) & std::byte{1};
      elements[x * element_bytes + bit / 8] |= value << (bit % 8);
    }
  }
}

void shuffle_bits(KernelSet set, std::size_t element_bytes, std::span<const std::byte> elements,
                  std::span<std::byte> planes) {
  assert(elements.size() == planes.size() && elements.size() % (8 * element_bytes) == 0);
  if (const Transform transform = fast_transforms(set, element_bytes).shuffle; transform != nullptr) {
    transform(elements.data(), elements.size() / (8 * element_bytes), planes.data());
  } else {
    shuffle_bits_reference(element_bytes, elements, planes);
  }
}

void unshuffle_bits(KernelSet set, std::size_t element_bytes, std::span<const std::byte> planes,
                    std::span<std::byte> elements) {
  assert(elements.size() == planes.size() && planes.size() % (8 * element_bytes) == 0);
  if (const Transform transform = fast_transforms(set, element_bytes).unshuffle; transform != nullptr) {
    transform(planes.data(), planes.size() / (8 * element_bytes), elements.data());
  } else {
    unshuffle_bits_reference(element_bytes, planes, elements);
  }
}

}  // namespace braggd
