#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "simulation/detector.hpp"
#include "simulation/noise_tables.hpp"

namespace braggd {
namespace {

// One entry a row (or column), non-zero in the gaps of `modules` modules with `gap` of `whole` pixels between them.
std::vector<std::uint8_t> gap_pattern(std::uint32_t size, std::uint32_t modules, double gap, double whole) {
  std::vector<std::uint8_t> pattern(size);
  const auto width = static_cast<std::uint32_t>(std::lround(gap * size / whole));
  for (std::uint32_t module = 1; module < modules && width > 0; ++module) {
    const auto end = static_cast<std::uint32_t>(std::lround(double(module) * (size + width) / modules));
    std::fill(pattern.begin() + (end - width), pattern.begin() + end, std::uint8_t{1});
  }
  return pattern;
}

template <class Count>
class CountingDetector final : public Detector {
 public:
  explicit CountingDetector(const SimulationConfig& config)
      : background_(config.background_counts),
        saturation_(config.saturation_value == 0 ? no_data - 2 : static_cast<Count>(config.saturation_value)),
        gap_rows_(config.rows),
        gap_cols_(config.cols) {
    if (background_ > sparse_background) table_.emplace(background_);
    if (config.gaps) {
      gap_rows_ = gap_pattern(config.rows, 8, 38, 4362);
      gap_cols_ = gap_pattern(config.cols, 4, 12, 4148);
    }
  }

  void expose(Random& random, Beam beam, Band& band, std::span<std::byte> pixels) const override {
    const std::span counts(reinterpret_cast<Count*>(pixels.data()), pixels.size() / sizeof(Count));
    if (beam == Beam::on && table_) {
      table_->fill(random, counts);
    } else {
      std::ranges::fill(counts, Count{0});
      if (beam == Beam::on && background_ > 0) scatter(random, counts);
    }
    add_signal(random, band, counts);
    if (saturation_ < 255) {  // the tabulated background may be higher
      for (Count& count : counts) count = std::min(count, saturation_);
    }
    mark_gaps(band, counts);
  }

  std::vector<std::uint8_t> mask() const override {
    std::vector<std::uint8_t> mask;
    mask.reserve(gap_rows_.size() * gap_cols_.size());
    for (const std::uint8_t gap_row : gap_rows_) {
      for (const std::uint8_t gap_col : gap_cols_) mask.push_back(gap_row | gap_col);
    }
    return mask;
  }

  std::uint64_t saturation_value() const override { return saturation_; }

 private:
  static constexpr Count no_data = std::numeric_limits<Count>::max();
  // Below this mean, single photons are cheaper than a look at every pixel.
  static constexpr double sparse_background = 0.06;

  // Photons that arrive along the line of pixels at exponential distances fill each pixel with a Poisson count.
  void scatter(Random& random, std::span<Count> counts) const {
    const auto end = static_cast<double>(counts.size());
    const double distance = 1 / background_;
    for (double at = distance * random.exponential(); at < end; at += distance * random.exponential()) {
      Count& count = counts[static_cast<std::size_t>(at)];
      if (count < saturation_) ++count;
    }
  }

  void add_signal(Random& random, Band& band, std::span<Count> counts) const {
    for (const PixelRun& run : band.runs) {
      float* const signal = band.row(run.row);
      Count* const row = counts.data() + std::size_t{run.row - band.row_begin} * band.cols;
      for (std::uint32_t col = run.col_begin; col < run.col_end; ++col) {
        if (!(signal[col] > 0)) continue;
        const double count = static_cast<double>(row[col]) + random.poisson(static_cast<double>(signal[col]));
        row[col] = static_cast<Count>(std::min(count, static_cast<double>(saturation_)));
        signal[col] = 0;
      }
    }
  }

  void mark_gaps(const Band& band, std::span<Count> counts) const {
    for (std::uint32_t row = band.row_begin; row < band.row_end; ++row) {
      const auto pixels = counts.subspan(std::size_t{row - band.row_begin} * band.cols, band.cols);
      if (gap_rows_[row] != 0) {
        std::ranges::fill(pixels, no_data);
        continue;
      }
      for (std::size_t col = 0; col < pixels.size(); ++col) {
        pixels[col] = gap_cols_[col] != 0 ? no_data : pixels[col];
      }
    }
  }

  double background_;
  Count saturation_;
  std::optional<PoissonTable> table_;
  std::vector<std::uint8_t> gap_rows_, gap_cols_;
};

}  // namespace

std::unique_ptr<const Detector> make_counting_detector(const SimulationConfig& config) {
  switch (config.pixel_type) {
    case PixelType::u8:
      return std::make_unique<CountingDetector<std::uint8_t>>(config);
    case PixelType::u16:
      return std::make_unique<CountingDetector<std::uint16_t>>(config);
    default:
      return std::make_unique<CountingDetector<std::uint32_t>>(config);
  }
}

}  // namespace braggd
