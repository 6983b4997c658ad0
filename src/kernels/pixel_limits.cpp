#include "kernels/pixel_limits.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "kernels/bitshuffle.hpp"
#include "kernels/pixel_access.hpp"

namespace braggd {

namespace {

constexpr std::size_t plane_bytes = group_pixels / 8;

/// f(begin, end) for parts of `n` pixels, whole groups but at the end, in several threads where that pays: the first frames
/// of a scan wait for it.
template <class F>
void in_parts(std::size_t n, const F& f) {
  constexpr std::size_t least_pixels = std::size_t{1} << 20;
  const std::size_t cores = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
  const std::size_t threads = std::clamp<std::size_t>(n / least_pixels, 1, cores);
  const std::size_t part = (n / threads / group_pixels + 1) * group_pixels;
  std::vector<std::jthread> others;
  for (std::size_t begin = part; begin < n; begin += part) {
    others.emplace_back([&f, begin, end = std::min(begin + part, n)] { f(begin, end); });
  }
  f(0, std::min(part, n));
}

/// The lowest raw value for which float32(raw) - dark >= at_least, 2^N-1 where there is none. Exact: both conversions and
/// the difference are monotonic, so the values that are kept are all those from here on.
template <std::unsigned_integral Pixel>
Pixel lowest_kept(float dark, float at_least) {
  constexpr Pixel most = std::numeric_limits<Pixel>::max();
  const auto kept = [&](std::uint64_t raw) {
    return static_cast<float>(static_cast<Pixel>(raw)) - dark >= at_least;
  };
  if (!kept(most)) return most;
  // Nearly always the difference tells; a search finds the few that rounding moves.
  const double difference = static_cast<double>(at_least) + static_cast<double>(dark);
  if (difference > 0 && difference <= most) {
    const auto below = static_cast<std::int64_t>(difference);  // a call of std::ceil took most of the time
    const auto raw = static_cast<std::uint64_t>(below) + (static_cast<double>(below) < difference ? 1 : 0);
    if (kept(raw) && !kept(raw - 1)) return static_cast<Pixel>(raw);
  }
  std::uint64_t low = 0, high = most;
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    if (kept(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return static_cast<Pixel>(low);
}

/// Cuts limits down to the fewest bits that are enough for all but one pixel in a thousand.
template <std::unsigned_integral Pixel>
void lower_outliers(std::span<std::byte> elements) {
  std::array<std::size_t, 33> pixels_of_width{};
  const std::size_t n_pixels = elements.size() / sizeof(Pixel);
  for (std::size_t i = 0; i < n_pixels; ++i) {
    ++pixels_of_width[static_cast<std::size_t>(std::bit_width(load_pixel<Pixel>(elements.data(), i)))];
  }
  std::size_t width = 8 * sizeof(Pixel);
  for (std::size_t wider = 0; width > 0; --width) {
    wider += pixels_of_width[width];
    if (wider > n_pixels / 1000) break;
  }
  const auto most = static_cast<Pixel>((std::uint64_t{1} << width) - 1);
  for (std::size_t i = 0; i < n_pixels; ++i) {
    const Pixel limit = std::min(load_pixel<Pixel>(elements.data(), i), most);
    std::memcpy(elements.data() + i * sizeof limit, &limit, sizeof limit);
  }
}

/// Clears the lowest bits as far as that lowers no limit by more than a quarter of the threshold: few pixels lie between,
/// and each plane less is a sixteenth of a frame less to read.
template <std::unsigned_integral Pixel>
void clear_lowest_bits(float at_least, std::span<std::byte> elements) {
  if (!(at_least >= 4)) return;
  const auto slack = static_cast<std::uint64_t>(std::min(at_least / 4, 32767.0F));
  const auto cleared =
      static_cast<Pixel>((std::bit_floor(slack + 1) - 1) & std::numeric_limits<Pixel>::max());
  for (std::size_t at = 0; at < elements.size(); at += sizeof(Pixel)) {
    const auto limit = static_cast<Pixel>(load_pixel<Pixel>(elements.data() + at, 0) & ~cleared);
    std::memcpy(elements.data() + at, &limit, sizeof limit);
  }
}

template <std::unsigned_integral Pixel>
void slice(std::span<const std::byte> elements, LimitPlanes& planes) {
  const std::size_t n_pixels = elements.size() / sizeof(Pixel);
  const auto first = load_pixel<Pixel>(elements.data(), 0);
  for (std::size_t i = 0; i < n_pixels; ++i) {
    planes.varying |= std::uint32_t{load_pixel<Pixel>(elements.data(), i)} ^ first;
  }
  planes.constant = std::uint32_t{first};
  planes.group_bytes = static_cast<std::size_t>(std::popcount(planes.varying)) * plane_bytes;
  const std::size_t groups = (n_pixels + group_pixels - 1) / group_pixels;
  planes.memory = LargeBuffer(groups * planes.group_bytes);
  const KernelSet set = kernel_set();  // every set gives the same bits
  in_parts(n_pixels, [&](std::size_t begin, std::size_t end) {
    std::array<std::byte, group_pixels * sizeof(Pixel)> group{}, sliced{};
    std::byte* to = planes.memory.data() + begin / group_pixels * planes.group_bytes;
    for (std::size_t pixel = begin; pixel < end; pixel += group_pixels) {
      const std::size_t count = std::min(group_pixels, end - pixel);
      std::ranges::copy(elements.subspan(pixel * sizeof(Pixel), count * sizeof(Pixel)), group.begin());
      shuffle_bits(set, sizeof(Pixel), group, sliced);
      for (std::uint32_t left = planes.varying; left != 0; left &= left - 1, to += plane_bytes) {
        std::memcpy(to, &sliced[static_cast<std::size_t>(std::countr_zero(left)) * plane_bytes], plane_bytes);
      }
    }
  });
}

template <class F>
decltype(auto) with_integer_type(PixelType type, F&& f) {
  if (type == PixelType::u8) return f(std::uint8_t{});
  if (type == PixelType::u16) return f(std::uint16_t{});
  return f(std::uint32_t{});
}

}  // namespace

PixelLimits::PixelLimits(PixelType type, const SparsifyRule& rule)
    : type_(type), dark_(rule.dark), at_least_(rule.at_least) {
  if (!dark_.empty()) return;
  with_integer_type(type, [&](auto pixel) { constant_ = lowest_kept<decltype(pixel)>(0, at_least_); });
}

LargeBuffer PixelLimits::make_elements() const {
  LargeBuffer elements(dark_.size() * bytes_per_pixel(type_));
  with_integer_type(type_, [&](auto pixel) {
    using Pixel = decltype(pixel);
    in_parts(dark_.size(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto limit = lowest_kept<Pixel>(dark_[i], at_least_);
        std::memcpy(elements.data() + i * sizeof limit, &limit, sizeof limit);
      }
    });
  });
  return elements;
}

const std::byte* PixelLimits::elements() const {
  if (dark_.empty()) return nullptr;
  std::call_once(elements_made_, [&] { elements_ = make_elements(); });
  return elements_.data();
}

const LimitPlanes* PixelLimits::planes() const {
  if (dark_.empty()) return nullptr;
  std::call_once(planes_made_, [&] {
    with_integer_type(type_, [&](auto pixel) {
      auto elements = make_elements();
      const std::span bytes(elements.data(), elements.size());
      lower_outliers<decltype(pixel)>(bytes);
      clear_lowest_bits<decltype(pixel)>(at_least_, bytes);
      slice<decltype(pixel)>(bytes, planes_);
    });
  });
  return &planes_;
}

}  // namespace braggd
