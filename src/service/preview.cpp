#include "service/preview.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <png.h>
#include <utility>

#include <braggd/error.hpp>

#include "kernels/chunk.hpp"
#include "kernels/decimate.hpp"

namespace braggd {

namespace {

PreviewSampler::Clock::duration interval_of(double per_second) {
  if (per_second <= 0) return PreviewSampler::Clock::duration::max();
  return std::chrono::duration_cast<PreviewSampler::Clock::duration>(
      std::chrono::duration<double>(1 / per_second));
}

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};
constexpr Colour no_value{96, 96, 112};
constexpr Colour peak_colour{255, 150, 40};

struct Picture {
  std::uint32_t rows = 0, cols = 0;
  std::vector<Colour> pixels;

  void set(double row, double col, Colour colour) {
    if (!(row >= 0) || !(col >= 0) || row >= rows || col >= cols) return;
    pixels[static_cast<std::size_t>(row) * cols + static_cast<std::size_t>(col)] = colour;
  }
};

std::vector<std::byte> decoded(const Frame& frame) {
  std::vector<std::byte> pixels(frame.shape.pixels() * bytes_per_pixel(frame.pixel_type));
  const ChunkError error =
      decode_chunk(frame.encoding, bytes_per_pixel(frame.pixel_type), frame.bytes.view(), pixels);
  if (error != ChunkError::none)
    throw InputError("the frame cannot be decoded: " + std::string(describe(error)));
  return pixels;
}

// The value that all but one in a thousand do not exceed; at least 10, so that an empty frame stays dark.
float bright_value(std::vector<float> values) {
  std::erase_if(values, [](float value) { return std::isnan(value); });
  if (values.empty()) return 10;
  const std::size_t place = values.size() - 1 - values.size() / 1000;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place), values.end());
  return std::max(values[place], 10.F);
}

Picture grey_picture(const std::vector<float>& values, std::uint32_t rows, std::uint32_t cols) {
  Picture picture{rows, cols, std::vector<Colour>(values.size())};
  const float scale = 255.F / std::log1p(bright_value(values));
  std::ranges::transform(values, picture.pixels.begin(), [&](float value) {
    if (std::isnan(value)) return no_value;
    const float level = std::clamp(std::log1p(std::max(value, 0.F)) * scale, 0.F, 255.F);
    const auto grey = static_cast<std::uint8_t>(level);
    return Colour{grey, grey, grey};
  });
  return picture;
}

void draw_peaks(const PeakList& list, double factor, Picture& picture) {
  constexpr int steps = 48;
  for (const Peak& peak : list.peaks) {
    const double extent = std::max(peak.row_end - peak.row_begin, peak.col_end - peak.col_begin);
    const double radius = std::max(5.0, 0.75 * extent / factor);
    for (int i = 0; i < steps; ++i) {
      const double angle = 2 * std::numbers::pi * i / steps;
      picture.set((peak.row + 0.5) / factor + radius * std::sin(angle),
                  (peak.col + 0.5) / factor + radius * std::cos(angle), peak_colour);
    }
  }
}

std::vector<std::byte> png_of(const Picture& picture) {
  static_assert(sizeof(Colour) == 3);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.cols;
  image.height = picture.rows;
  image.format = PNG_FORMAT_RGB;
  image.flags = PNG_IMAGE_FLAG_FAST;
  std::vector<std::byte> png(PNG_IMAGE_PNG_SIZE_MAX(image));
  png_alloc_size_t bytes = png.size();
  if (png_image_write_to_memory(&image, png.data(), &bytes, 0, picture.pixels.data(), 0, nullptr) == 0) {
    throw OutputError(std::string("no picture could be made: ") + image.message);
  }
  png.resize(bytes);
  return png;
}

}  // namespace

PreviewSampler::PreviewSampler(double per_second)
    : interval_(interval_of(per_second)),
      due_(per_second > 0 ? Clock::time_point::min() : Clock::time_point::max()) {}

void PreviewSampler::offer(const std::shared_ptr<const ScanHeader>& header, const Frame& frame) {
  const auto now = Clock::now();
  if (now < due_.load(std::memory_order_relaxed)) return;
  due_ = now + interval_;
  const std::lock_guard lock(mutex_);
  pending_ = PreviewSample{header, frame, nullptr};
}

void PreviewSampler::take_peaks(const ScanHeader& header, const std::shared_ptr<const PeakList>& peaks) {
  const std::lock_guard lock(mutex_);
  if (!pending_ || pending_->frame.meta.index != peaks->meta.index || pending_->header.get() != &header)
    return;
  pending_->peaks = peaks;
  latest_ = std::exchange(pending_, std::nullopt);
}

std::optional<PreviewSample> PreviewSampler::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::vector<std::byte> render_preview(const PreviewSample& sample, std::uint32_t side, bool with_peaks) {
  const Shape shape = sample.frame.shape;
  const std::uint32_t factor = (std::max(shape.rows, shape.cols) + side - 1) / side;
  const std::uint32_t rows = (shape.rows + factor - 1) / factor, cols = (shape.cols + factor - 1) / factor;
  std::vector<float> values(std::size_t{rows} * cols);
  const auto& mask = sample.header->pixel_mask;
  decimate_maxima(sample.frame.pixel_type, shape, decoded(sample.frame),
                  mask ? std::span<const std::uint32_t>(*mask) : std::span<const std::uint32_t>{}, factor,
                  values);
  Picture picture = grey_picture(values, rows, cols);
  if (with_peaks && sample.peaks) draw_peaks(*sample.peaks, factor, picture);
  return png_of(picture);
}

}  // namespace braggd
