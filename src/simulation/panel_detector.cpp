#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "simulation/detector.hpp"
#include "simulation/noise_tables.hpp"

namespace braggd {
namespace {

// A pedestal of slow waves across the panel, and a level of its own for each row and column, as read-out amplifiers
// give it; it lies within the configured limits.
class Pedestal {
 public:
  explicit Pedestal(const SimulationConfig& config)
      : low_(static_cast<float>(config.pedestal_min)),
        high_(static_cast<float>(config.pedestal_max)),
        rows_(config.rows),
        cols_(config.cols) {
    Random random(config.seed, RandomStream::pedestal);
    const double half = (config.pedestal_max - config.pedestal_min) / 2;
    draw_levels(random, config.pedestal_min + half, 0.05 * half, rows_);
    draw_levels(random, 0, 0.1 * half, cols_);
    for (std::size_t k = 0; k < n_waves; ++k) {
      draw_wave(random, 0.25 * half, rows_.waves[k]);
      draw_wave(random, 1, cols_.waves[k]);
    }
  }

  float at(std::size_t row, std::size_t col) const {
    float sum = rows_.level[row] + cols_.level[col];
    for (std::size_t k = 0; k < n_waves; ++k) sum += rows_.waves[k][row] * cols_.waves[k][col];
    return std::min(std::max(sum, low_), high_);
  }

  /// Adds the levels of a row to `values`.
  void add_row(std::size_t row, std::span<float> values) const {
    for (std::size_t col = 0; col < values.size(); ++col) values[col] += at(row, col);
  }

 private:
  static constexpr std::size_t n_waves = 3;
  struct Lines {
    explicit Lines(std::size_t n) : level(n) { waves.fill(level); }
    std::vector<float> level;
    std::array<std::vector<float>, n_waves> waves;
  };

  static void draw_levels(Random& random, double mean, double sigma, Lines& lines) {
    for (float& level : lines.level) level = static_cast<float>(mean + sigma * random.normal());
  }

  static void draw_wave(Random& random, double amplitude, std::vector<float>& wave) {
    const double cycles = random.uniform(0.3, 2);
    const double phase = random.uniform(0, 2 * std::numbers::pi);
    const double step = 2 * std::numbers::pi * cycles / static_cast<double>(wave.size());
    for (std::size_t i = 0; i < wave.size(); ++i) {
      wave[i] = static_cast<float>(amplitude * std::sin(phase + step * static_cast<double>(i)));
    }
  }

  float low_, high_;
  Lines rows_, cols_;
};

struct HotPixel {
  std::uint64_t index = 0;
  double level = 0;
};

class PanelDetector final : public Detector {
 public:
  explicit PanelDetector(const SimulationConfig& config)
      : shape_(config.shape()),
        saturation_(static_cast<float>(config.saturation_value == 0 ? 16383 : config.saturation_value)),
        noise_variance_(config.noise_sigma * config.noise_sigma),
        signal_variance_(config.signal_variance),
        noise_(config.noise_sigma),
        pedestal_(config) {
    Random random(config.seed, RandomStream::hot_pixel);
    for (std::uint32_t i = 0; i < config.hot_pixels; ++i) {
      const std::uint64_t index = random.below(shape_.pixels());
      hot_.push_back({index, random.uniform(config.pedestal_max, saturation_)});
    }
    std::ranges::sort(hot_, {}, &HotPixel::index);
    const auto same = [](const HotPixel& a, const HotPixel& b) { return a.index == b.index; };
    hot_.erase(std::unique(hot_.begin(), hot_.end(), same), hot_.end());
  }

  void expose(Random& random, Beam, Band& band, std::span<std::byte> pixels) const override {
    auto* const values = reinterpret_cast<std::uint16_t*>(pixels.data());
    std::vector<float> level(band.cols);
    for (std::uint32_t row = band.row_begin; row < band.row_end; ++row) {
      noise_.fill(random, level);
      pedestal_.add_row(row, level);
      std::uint16_t* const out = values + std::size_t{row - band.row_begin} * band.cols;
      for (std::size_t col = 0; col < level.size(); ++col) out[col] = digitised(level[col]);
    }
    add_signal(random, band, values);
    flicker(random, band, values);
  }

  std::vector<std::uint8_t> mask() const override {
    std::vector<std::uint8_t> mask(shape_.pixels());
    for (const HotPixel& pixel : hot_) mask[pixel.index] = 1;
    return mask;
  }

  std::uint64_t saturation_value() const override { return static_cast<std::uint64_t>(saturation_); }

 private:
  std::uint16_t digitised(float level) const {
    return static_cast<std::uint16_t>(
        static_cast<std::int32_t>(std::min(std::max(level, 0.F), saturation_) + 0.5F));
  }

  // Pixels with signal are drawn anew: their noise is wider.
  void add_signal(Random& random, Band& band, std::uint16_t* values) const {
    for (const PixelRun& run : band.runs) {
      float* const signal = band.row(run.row);
      std::uint16_t* const out = values + std::size_t{run.row - band.row_begin} * band.cols;
      for (std::uint32_t col = run.col_begin; col < run.col_end; ++col) {
        if (!(signal[col] > 0)) continue;
        const double counts = static_cast<double>(signal[col]);
        const double noise = std::sqrt(noise_variance_ + signal_variance_ * counts) * random.normal();
        out[col] =
            digitised(static_cast<float>(static_cast<double>(pedestal_.at(run.row, col)) + counts + noise));
        signal[col] = 0;
      }
    }
  }

  void flicker(Random& random, const Band& band, std::uint16_t* values) const {
    const std::uint64_t begin = std::uint64_t{band.row_begin} * band.cols;
    const std::uint64_t end = std::uint64_t{band.row_end} * band.cols;
    auto pixel = std::ranges::lower_bound(hot_, begin, {}, &HotPixel::index);
    for (; pixel != hot_.end() && pixel->index < end; ++pixel) {
      const double noise = 10 * std::sqrt(noise_variance_) * random.normal();
      values[pixel->index - begin] = digitised(static_cast<float>(pixel->level + noise));
    }
  }

  Shape shape_;
  float saturation_;
  double noise_variance_, signal_variance_;
  NormalTable noise_;
  Pedestal pedestal_;
  std::vector<HotPixel> hot_;
};

}  // namespace

std::unique_ptr<const Detector> make_panel_detector(const SimulationConfig& config) {
  return std::make_unique<PanelDetector>(config);
}

}  // namespace braggd
