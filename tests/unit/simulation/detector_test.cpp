#include "simulation/detector.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <map>

#include "simulation/simulated_scan.hpp"

namespace braggd {
namespace {

SimulationConfig blank(DetectorKind detector) {
  SimulationConfig config;
  config.detector = detector;
  config.grains = 0;
  config.frames = 4;
  config.rows = 600;
  config.cols = 517;
  config.encoding = Encoding::raw;
  return config;
}

template <class Pixel>
std::vector<Pixel> pixels_of(Result<Frame> frame) {
  const auto bytes = frame.value().bytes.view();
  std::vector<Pixel> pixels(bytes.size() / sizeof(Pixel));
  std::memcpy(pixels.data(), bytes.data(), bytes.size());
  return pixels;
}

TEST(CountingDetector, GapsHoldTheNoDataValueAndAreInTheMask) {
  SimulatedScan scan(blank(DetectorKind::counting));
  const auto pixels = pixels_of<std::uint16_t>(scan.read(0));
  const auto mask = scan.mask();
  ASSERT_EQ(mask.size(), pixels.size());
  std::size_t in_gaps = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    EXPECT_EQ(pixels[i] == 65535, mask[i] != 0);
    in_gaps += mask[i];
  }
  // Seven gaps of 5 rows and three of 1 column.
  EXPECT_EQ(in_gaps, 35U * 517 + 3U * (600 - 35));
}

TEST(CountingDetector, GapsOfAnEiger2AreItsOwn) {
  SimulationConfig config = blank(DetectorKind::counting);
  config.rows = 4362;
  config.cols = 4148;
  const auto mask = make_counting_detector(config)->mask();
  const auto row_is_gap = [&](std::size_t row) { return mask[row * 4148] != 0; };
  const auto col_is_gap = [&](std::size_t col) { return mask[col] != 0; };
  for (std::size_t row = 0; row < 4362; ++row) EXPECT_EQ(row_is_gap(row), row % 550 >= 512) << row;
  for (std::size_t col = 0; col < 4148; ++col) EXPECT_EQ(col_is_gap(col), col % 1040 >= 1028) << col;
}

class Background : public testing::TestWithParam<double> {};

TEST_P(Background, IsPoissonWithItsMean) {
  SimulationConfig config = blank(DetectorKind::counting);
  config.gaps = false;
  config.background_counts = GetParam();
  SimulatedScan scan(config);
  const auto pixels = pixels_of<std::uint16_t>(scan.read(3));
  double sum = 0, squares = 0;
  for (const double v : pixels) {
    sum += v;
    squares += v * v;
  }
  const auto n = static_cast<double>(pixels.size());
  const double mean = GetParam();
  EXPECT_NEAR(sum / n, mean, 5 * std::sqrt(mean / n));
  EXPECT_NEAR(squares / n - sum / n * (sum / n), mean, 5 * std::sqrt((mean + 2 * mean * mean) / n));
}

INSTANTIATE_TEST_SUITE_P(CountingDetector, Background, testing::Values(0., 0.003, 0.05, 0.07, 0.5, 20.));

TEST(CountingDetector, SignalIsPoissonOnTopOfTheBackground) {
  SimulationConfig config = blank(DetectorKind::counting);
  config.layout = SpotLayout::uniform;
  config.gaps = false;
  config.spots_per_frame = 3000;
  SimulatedScan scan(config);
  double chi = 0, n = 0;
  const auto expected = scan.expected(2);
  const auto pixels = pixels_of<std::uint16_t>(scan.read(2));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (expected[i] < 20) continue;
    const double mean = double{expected[i]} + config.background_counts;
    chi += std::pow(pixels[i] - mean, 2) / mean;
    ++n;
  }
  ASSERT_GT(n, 10000);
  EXPECT_NEAR(chi / n, 1, 5 * std::sqrt(2.1 / n));
}

TEST(CountingDetector, CountsEndAtTheSaturationValueInEveryPixelType) {
  SimulationConfig config = blank(DetectorKind::counting);
  config.layout = SpotLayout::uniform;
  config.gaps = false;
  config.peak_min = config.peak_max = 1e9;
  const auto highest = [&](auto pixel) {
    SimulatedScan scan(config);
    const auto pixels = pixels_of<decltype(pixel)>(scan.read(0));
    const std::uint64_t highest_pixel = *std::ranges::max_element(pixels);
    EXPECT_EQ(scan.header()->saturation_value,
              config.saturation_value != 0 ? config.saturation_value : highest_pixel);
    return highest_pixel;
  };
  EXPECT_EQ(highest(std::uint16_t{}), 65533U);
  config.pixel_type = PixelType::u8;
  EXPECT_EQ(highest(std::uint8_t{}), 253U);
  config.saturation_value = 2;
  config.background_counts = 8;
  EXPECT_EQ(highest(std::uint8_t{}), 2U);
  config.saturation_value = 1000000;
  config.pixel_type = PixelType::u32;
  EXPECT_EQ(highest(std::uint32_t{}), 1000000U);
}

TEST(CountingDetector, SeesNothingInTheDark) {
  SimulationConfig config = blank(DetectorKind::counting);
  config.background_counts = 2;
  SimulatedDark dark(config, 3);
  for (const auto pixel : pixels_of<std::uint16_t>(dark.read(2))) EXPECT_TRUE(pixel == 0 || pixel == 65535);
}

TEST(PanelDetector, ItsPedestalIsFixedAndWithinLimitsAndItsNoiseHasTheSigma) {
  SimulationConfig config = blank(DetectorKind::panel);
  config.hot_pixels = 0;
  config.noise_sigma = 12;
  constexpr std::size_t n_frames = 40;
  SimulatedDark dark(config, n_frames);
  std::vector<double> sum(config.shape().pixels()), squares(sum.size());
  for (std::uint64_t frame = 0; frame < n_frames; ++frame) {
    const auto pixels = pixels_of<std::uint16_t>(dark.read(frame));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      sum[i] += pixels[i];
      squares[i] += double(pixels[i]) * pixels[i];
    }
  }
  double variance = 0, lowest = 1e9, highest = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const double mean = sum[i] / n_frames;
    variance += (squares[i] - n_frames * mean * mean) / (n_frames - 1);
    lowest = std::min(lowest, mean);
    highest = std::max(highest, mean);
  }
  EXPECT_NEAR(variance / static_cast<double>(sum.size()), 144 + 1. / 12, 0.5);
  EXPECT_GT(lowest, config.pedestal_min - 12);
  EXPECT_LT(highest, config.pedestal_max + 12);
  EXPECT_GT(highest - lowest, 100);
}

TEST(PanelDetector, SignalAddsItsVariance) {
  SimulationConfig config = blank(DetectorKind::panel);
  config.layout = SpotLayout::uniform;
  config.hot_pixels = 0;
  config.pedestal_min = config.pedestal_max = 1700;
  config.signal_variance = 3;
  config.spots_per_frame = 3000;
  SimulatedScan scan(config);
  const auto expected = scan.expected(0);
  const auto pixels = pixels_of<std::uint16_t>(scan.read(0));
  double chi = 0, sum = 0, n = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (expected[i] < 50 || expected[i] > 10000) continue;
    const double difference = pixels[i] - 1700. - double{expected[i]};
    chi += difference * difference / (64 + 3 * double{expected[i]});
    sum += difference;
    ++n;
  }
  ASSERT_GT(n, 10000);
  EXPECT_NEAR(chi / n, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(sum / n, 0, 1.5);
}

TEST(PanelDetector, HotPixelsAreHighAndInTheMask) {
  SimulatedScan scan(blank(DetectorKind::panel));
  const auto mask = scan.mask();
  const auto pixels = pixels_of<std::uint16_t>(scan.read(0));
  std::size_t hot = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) {
      EXPECT_LT(pixels[i], 1900 + 8 * 8);
    } else {
      EXPECT_GT(pixels[i], 1500);
      ++hot;
    }
  }
  EXPECT_TRUE(hot >= 48 && hot <= 50) << hot;
}

TEST(PanelDetector, SaturatesAt14Or16Bits) {
  SimulationConfig config = blank(DetectorKind::panel);
  config.layout = SpotLayout::uniform;
  config.peak_min = config.peak_max = 1e8;
  const auto highest = [&] {
    SimulatedScan scan(config);
    const auto pixels = pixels_of<std::uint16_t>(scan.read(0));
    return *std::ranges::max_element(pixels);
  };
  EXPECT_EQ(highest(), 16383);
  config.saturation_value = 65533;
  EXPECT_EQ(highest(), 65533);
}

}  // namespace
}  // namespace braggd
