#include "service/preview_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <new>
#include <numbers>
#include <png.h>
#include <span>
#include <string>
#include <utility>
#include <zlib.h>

#include <braggd/error.hpp>

#include "kernels/chunk.hpp"
#include "kernels/decimate.hpp"

namespace braggd {

namespace {

/// Places in the palette: greys, then two colours.
constexpr std::uint8_t brightest = 253, no_value = 254, peak_colour = 255;

using Palette = std::array<png_color, 256>;

constexpr Palette palette() {
  Palette colours{};
  for (std::size_t grey = 0; grey <= brightest; ++grey) {
    const auto level = static_cast<std::uint8_t>((grey * 255 + brightest / 2) / brightest);
    colours[grey] = {level, level, level};
  }
  colours[no_value] = {96, 96, 112};
  colours[peak_colour] = {255, 150, 40};
  return colours;
}

struct Picture {
  std::uint32_t rows = 0, cols = 0;
  std::vector<std::uint8_t> pixels;

  void set(double row, double col, std::uint8_t colour) {
    if (!(row >= 0) || !(col >= 0) || row >= rows || col >= cols) return;
    pixels[static_cast<std::size_t>(row) * cols + static_cast<std::size_t>(col)] = colour;
  }
};

// The value that all but about one in a thousand do not exceed, seen on a part of them; at least 10, so that an empty
// frame stays dark.
float bright_value(const std::vector<float>& values) {
  constexpr std::size_t enough = 1 << 16;
  const std::size_t step =
      std::max<std::size_t>(1, values.size() / enough) | 1U;  // odd: it walks through all columns
  std::vector<float> some;
  for (std::size_t i = 0; i < values.size(); i += step) {
    if (!std::isnan(values[i])) some.push_back(values[i]);
  }
  if (some.empty()) return 10;
  const std::size_t place = some.size() - 1 - some.size() / 1000;
  std::nth_element(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(place), some.end());
  return std::max(some[place], 10.F);
}

/// The grey of a count; those of small whole counts are computed once.
class Greys {
 public:
  explicit Greys(float bright) : scale_(brightest / std::log1p(bright)) {
    for (std::size_t count = 0; count < table_.size(); ++count)
      table_[count] = compute(static_cast<float>(count));
  }
  std::uint8_t of(float value) const {
    if (std::isnan(value)) return no_value;
    if (value >= 0 && value < static_cast<float>(table_.size())) {
      const auto count = static_cast<std::size_t>(value);
      if (static_cast<float>(count) == value) return table_[count];
    }
    return compute(value);
  }

 private:
  std::uint8_t compute(float value) const {
    const float level = std::log1p(std::max(value, 0.F)) * scale_ + 0.5F;
    return static_cast<std::uint8_t>(std::clamp(level, 0.F, static_cast<float>(brightest)));
  }

  float scale_;
  std::array<std::uint8_t, 1024> table_{};
};

Picture grey_picture(const std::vector<float>& values, std::uint32_t rows, std::uint32_t cols) {
  Picture picture{rows, cols, std::vector<std::uint8_t>(values.size())};
  const Greys greys(bright_value(values));
  std::ranges::transform(values, picture.pixels.begin(), [&](float value) { return greys.of(value); });
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

/// libpng's state, and the file that it writes.
class PngFile {
 public:
  PngFile() {
    png_ =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, this, remember, [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) throw std::bad_alloc();
  }
  ~PngFile() { png_destroy_write_struct(&png_, &info_); }
  PngFile(const PngFile&) = delete;
  PngFile& operator=(const PngFile&) = delete;

  std::vector<std::byte> file_of(const Picture& picture) && {
    // libpng asks for a jump back after an error: nothing that is to be destroyed may lie between here and there.
    if (setjmp(png_jmpbuf(png_)) != 0)
      throw OutputError(std::string("no picture could be made: ") + message_.data());
    write(picture);
    return std::move(bytes_);
  }

 private:
  // Counts repeat beside one another or not at all: runs say nearly all that a search for longer repeats would find, in a
  // third of its time.
  void write(const Picture& picture) {
    static constexpr Palette colours = palette();
    png_set_write_fn(png_, this, append, nullptr);
    png_set_IHDR(png_, info_, picture.cols, picture.rows, 8, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png_, info_, colours.data(), colours.size());
    png_set_filter(png_, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_set_compression_level(png_, 1);
    png_set_compression_strategy(png_, Z_RLE);
    png_write_info(png_, info_);
    for (std::size_t row = 0; row < picture.rows; ++row)
      png_write_row(png_, picture.pixels.data() + row * picture.cols);
    png_write_end(png_, nullptr);
  }

  [[noreturn]] static void remember(png_structp png, png_const_charp message) {
    auto& kept = static_cast<PngFile*>(png_get_error_ptr(png))->message_;
    std::snprintf(kept.data(), kept.size(), "%s", message);
    png_longjmp(png, 1);
  }
  static void append(png_structp png, png_bytep data, std::size_t count) {
    try {
      auto& bytes = static_cast<PngFile*>(png_get_io_ptr(png))->bytes_;
      const auto more = std::as_bytes(std::span(data, count));
      bytes.insert(bytes.end(), more.begin(), more.end());
      return;
    } catch (const std::bad_alloc&) {
    }
    png_error(png, "out of memory");
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::vector<std::byte> bytes_;
  std::array<char, 128> message_{};
};

}  // namespace

PreviewPictures::Png PreviewPictures::picture_of(const PreviewSample& sample, std::uint32_t side,
                                                 bool with_peaks) {
  const std::lock_guard lock(mutex_);
  if (header_ != sample.header || frame_ != sample.frame.meta.index || kept_.size() >= most_kept)
    kept_.clear();
  header_ = sample.header;
  frame_ = sample.frame.meta.index;
  Png& png = kept_[{side, with_peaks}];
  if (!png) png = std::make_shared<const std::vector<std::byte>>(render(sample, side, with_peaks));
  return png;
}

std::vector<std::byte> PreviewPictures::render(const PreviewSample& sample, std::uint32_t side,
                                               bool with_peaks) {
  const Frame& frame = sample.frame;
  const Shape shape = frame.shape;
  decoded_.resize(shape.pixels() * bytes_per_pixel(frame.pixel_type));
  const ChunkError error =
      decode_chunk(frame.encoding, bytes_per_pixel(frame.pixel_type), frame.bytes.view(), decoded_);
  if (error != ChunkError::none)
    throw InputError("the frame cannot be decoded: " + std::string(describe(error)));
  const std::uint32_t factor = (std::max(shape.rows, shape.cols) + side - 1) / side;
  const std::uint32_t rows = (shape.rows + factor - 1) / factor, cols = (shape.cols + factor - 1) / factor;
  std::vector<float> values(std::size_t{rows} * cols);
  const auto& mask = sample.header->pixel_mask;
  decimate_maxima(frame.pixel_type, shape, decoded_,
                  mask ? std::span<const std::uint32_t>(*mask) : std::span<const std::uint32_t>{}, factor,
                  values);
  Picture picture = grey_picture(values, rows, cols);
  if (with_peaks && sample.peaks) draw_peaks(*sample.peaks, factor, picture);
  return PngFile().file_of(picture);
}

}  // namespace braggd
