#include "kernels/sparsify.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

#include "kernels/pixel_access.hpp"
#include "kernels/sparsify_variants.hpp"

namespace braggd {

namespace {

constexpr std::size_t word_pixels = 64;
constexpr std::size_t strip_words =
    64;  // 4096 pixels: what one call classifies is still in the cache when it is read

/// Visits the set bits of a word, lowest first.
template <class F>
void for_each_bit(std::uint64_t word, F&& f) {
  for (; word != 0; word &= word - 1) f(static_cast<std::size_t>(std::countr_zero(word)));
}

template <class Pixel>
class Sparsifier {
 public:
  Sparsifier(Shape shape, std::span<const std::byte> raw, const SparsifyRule& rule, SparseFrame& out)
      : shape_(shape),
        raw_(raw.data()),
        rule_(rule),
        out_(out),
        n_pixels_(static_cast<std::size_t>(shape.pixels())) {
    valueless().resize(n_pixels_ / word_pixels + 2);  // neighbours are read two bytes at a time
  }

  bool run(KernelSet set, PixelType type) {
    std::array<std::uint64_t, strip_words> kept;
    for (std::size_t begin = 0; begin < n_pixels_; begin += strip_words * word_pixels) {
      const PixelRun pixels{std::min(strip_words * word_pixels, n_pixels_ - begin),
                            raw_ + begin * sizeof(Pixel),
                            rule_.dark.empty() ? nullptr : rule_.dark.data() + begin,
                            rule_.masked.empty() ? nullptr : rule_.masked.data() + begin, rule_.at_least};
      classify_pixels(set, type, pixels, kept.data(), valueless().data() + begin / word_pixels);
      const std::size_t words = (pixels.count + word_pixels - 1) / word_pixels;
      for (std::size_t word = 0; word < words; ++word) {
        const std::size_t first = begin + word * word_pixels;
        if (kept[word] != 0 && !collect(first, kept[word])) return false;
        if constexpr (std::floating_point<Pixel>) note_not_finite(first, valueless()[first / word_pixels]);
      }
    }
    flag_pixels();
    return true;
  }

 private:
  /// One bit a pixel of the frame at hand.
  static std::vector<std::uint64_t>& valueless() {
    thread_local std::vector<std::uint64_t> words;
    return words;
  }

  bool collect(std::size_t first, std::uint64_t kept) {
    const std::size_t needed = out_.index.size() + static_cast<std::size_t>(std::popcount(kept));
    if (needed > rule_.max_pixels) return false;
    if (needed > out_.index.capacity()) {
      const std::size_t room =
          std::min<std::uint64_t>(std::max(needed, 2 * out_.index.capacity()), rule_.max_pixels);
      out_.index.reserve(room);
      out_.value.reserve(room);
    }
    for_each_bit(kept, [&](std::size_t bit) {
      const std::size_t i = first + bit;
      const auto value = static_cast<float>(load_pixel<Pixel>(raw_, i));
      out_.index.push_back(static_cast<std::uint32_t>(i));
      out_.value.push_back(rule_.dark.empty() ? value : value - rule_.dark[i]);
    });
    return true;
  }

  void note_not_finite(std::size_t first, std::uint64_t valueless_bits) {
    if (valueless_bits == 0 || (out_.status & frame_not_finite) != 0) return;
    for_each_bit(valueless_bits, [&](std::size_t bit) {
      const bool masked = !rule_.masked.empty() && rule_.masked[first + bit] != 0;
      if (!masked && is_no_data(load_pixel<Pixel>(raw_, first + bit))) out_.status |= frame_not_finite;
    });
  }

  /// Whether one of the pixels [first, last] (three at most) has no value.
  static bool any_valueless(const std::uint64_t* words, std::size_t first, std::size_t last) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, reinterpret_cast<const std::byte*>(words) + first / 8, sizeof bits);
    return (std::uint32_t{bits} >> first % 8 & ((2U << (last - first)) - 1U)) != 0;
  }

  bool beside_mask(std::size_t row, std::size_t col) const {
    const std::uint64_t* words = valueless().data();
    const std::size_t left = col == 0 ? 0 : col - 1;
    const std::size_t right = std::min<std::size_t>(col + 1, shape_.cols - 1);
    const std::size_t bottom = std::min<std::size_t>(row + 1, shape_.rows - 1);
    for (std::size_t r = row == 0 ? 0 : row - 1; r <= bottom; ++r) {
      if (any_valueless(words, r * shape_.cols + left, r * shape_.cols + right)) return true;
    }
    return false;
  }

  void flag_pixels() {
    std::size_t row = 0;
    for (std::size_t ordinal = 0; ordinal < out_.index.size(); ++ordinal) {
      const std::size_t i = out_.index[ordinal];
      if (i - row * shape_.cols >= shape_.cols) row = i / shape_.cols;
      unsigned flags = 0;
      if (beside_mask(row, i - row * shape_.cols)) flags |= pixel_beside_mask;
      if (is_saturated(load_pixel<Pixel>(raw_, i), rule_.saturation_value)) flags |= pixel_saturated;
      if (flags != 0) {
        out_.flagged.push_back({static_cast<std::uint32_t>(ordinal), static_cast<std::uint8_t>(flags)});
      }
    }
  }

  Shape shape_;
  const std::byte* raw_;
  const SparsifyRule& rule_;
  SparseFrame& out_;
  std::size_t n_pixels_;
};

void clear(SparseFrame& out) {
  out.index.clear();
  out.value.clear();
  out.flagged.clear();
}

}  // namespace

bool sparsify_with(KernelSet set, PixelType type, Shape shape, std::span<const std::byte> raw,
                   const SparsifyRule& rule, SparseFrame& out) {
  const std::uint64_t n_pixels = shape.pixels();
  if (n_pixels > std::uint64_t{1} << 32) throw std::invalid_argument("sparsify: pixel indices have 32 bits");
  if (raw.size() != n_pixels * bytes_per_pixel(type) ||
      (!rule.dark.empty() && rule.dark.size() != n_pixels) ||
      (!rule.masked.empty() && rule.masked.size() != n_pixels)) {
    throw std::invalid_argument("sparsify: pixels, dark and mask differ in size from the frame");
  }
  out.shape = shape;
  out.status = 0;
  clear(out);
  const bool fits = with_pixel_type(
      type, [&](auto pixel) { return Sparsifier<decltype(pixel)>(shape, raw, rule, out).run(set, type); });
  if (!fits) clear(out);
  return fits;
}

bool sparsify(PixelType type, Shape shape, std::span<const std::byte> raw, const SparsifyRule& rule,
              SparseFrame& out) {
  return sparsify_with(kernel_set(), type, shape, raw, rule, out);
}

}  // namespace braggd
