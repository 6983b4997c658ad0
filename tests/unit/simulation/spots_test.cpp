#include "simulation/spots.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <tuple>

#include <braggd/error.hpp>

#include "simulation/diffraction.hpp"

namespace braggd {
namespace {

int norm_of(MillerIndices m) {
  return m.h * m.h + m.k * m.k + m.l * m.l;
}

SimulationConfig few_grains() {
  SimulationConfig config;
  config.grains = 40;
  return config;
}

TEST(Spots, EachMemberOfAFamilyAppearsTwiceInAFullTurn) {
  SimulationConfig config = few_grains();
  config.mosaic_deg = 0;
  std::map<std::tuple<std::uint32_t, int>, int> found;  // by grain and family
  for (const TrueSpot& spot : diffraction_spots(config)) {
    if (spot.omega_deg >= 0 && spot.omega_deg < 360) ++found[{spot.grain, norm_of(spot.hkl)}];
  }
  int whole = 0;
  for (std::uint32_t grain = 0; grain < config.grains; ++grain) {
    const int n111 = found[{grain, 3}], n200 = found[{grain, 4}];
    EXPECT_LE(n111, 16);
    EXPECT_LE(n200, 12);
    EXPECT_EQ(found.count({grain, 1}), 0U);
    whole += n111 == 16 && n200 == 12 ? 1 : 0;
  }
  // Only members near the rotation axis are lost.
  EXPECT_GE(whole, 24);
}

TEST(Spots, LieOnTheirRingsWithinStrainAndTheGrainsOffset) {
  const SimulationConfig config = few_grains();
  const auto spots = diffraction_spots(config);
  ASSERT_GT(spots.size(), 1000U);
  const double offset_px = config.sample_radius_um / config.pixel_um * 1.1;
  for (const TrueSpot& spot : spots) {
    const double g = std::sqrt(double(norm_of(spot.hkl))) / config.lattice_parameter_angstrom;
    const double theta = std::asin(g * config.wavelength_angstrom() / 2);
    const double strain_rad = 6 * config.strain_sigma * std::tan(theta);
    EXPECT_NEAR(spot.two_theta_rad / 2, theta, strain_rad);
    const double radius = std::hypot(spot.row - config.beam_row(), spot.col - config.beam_col());
    const double px_per_rad = config.distance_m / (config.pixel_um * 1e-6) / std::pow(std::cos(2 * theta), 2);
    EXPECT_NEAR(radius, config.distance_m / (config.pixel_um * 1e-6) * std::tan(2 * theta),
                2 * strain_rad * px_per_rad + offset_px);
    EXPECT_TRUE(spot.row >= -0.5 && spot.row < config.rows - 0.5);
    EXPECT_TRUE(spot.col >= -0.5 && spot.col < config.cols - 0.5);
  }
}

TEST(Spots, TheMedianHighestPixelIsThePeakIntensity) {
  const SimulationConfig config = few_grains();
  std::vector<double> highest;
  for (const TrueSpot& spot : diffraction_spots(config)) {
    double peak = 0;
    for (std::uint64_t frame = spot.frame_begin; frame < spot.frame_end; ++frame) {
      peak = std::max(peak, truth_row(config, spot, frame).peak);
    }
    highest.push_back(peak);
  }
  std::ranges::nth_element(highest, highest.begin() + std::ssize(highest) / 2);
  EXPECT_NEAR(highest[highest.size() / 2], config.peak_intensity, config.peak_intensity * 0.01);
}

TEST(Spots, PartsOnFramesAddUpToTheSpotAndSitWhereItsRotationPutsThem) {
  for (const double step : {0.25, -0.25}) {
    SimulationConfig config = few_grains();
    config.omega_step_deg = step;
    config.mosaic_deg = 0.3;
    std::size_t inside = 0;
    for (const TrueSpot& spot : diffraction_spots(config)) {
      if (spot.frame_begin == 0 || spot.frame_end == config.frames) continue;
      double sum = 0, omega = 0, along_ring = 0;
      for (std::uint64_t frame = spot.frame_begin; frame < spot.frame_end; ++frame) {
        const TruthRow row = truth_row(config, spot, frame);
        const double s = std::sin(double{spot.shape.eta_rad}), c = std::cos(double{spot.shape.eta_rad});
        sum += row.intensity;
        omega += row.intensity * (config.omega_start_deg + step * (static_cast<double>(frame) + 0.5));
        along_ring += row.intensity * ((row.row - spot.row) * s + (row.col - spot.col) * c);
      }
      EXPECT_NEAR(sum / spot.intensity, 1, 1e-6);
      EXPECT_NEAR(omega / sum, spot.omega_deg, 0.13);
      EXPECT_NEAR(along_ring / sum, 0, 1e-3 * std::abs(spot.drift_px_per_deg) + 1e-6);
      ++inside;
    }
    EXPECT_GT(inside, 1000U);
  }
}

TEST(Spots, TheIndexByFrameHoldsEverySpotOnEveryFrameOfItsRange) {
  SimulationConfig config = few_grains();
  config.frames = 300;
  const SpotTable table(config);
  std::size_t entries = 0, spanned = 0;
  for (std::uint64_t frame = 0; frame < config.frames; ++frame) {
    for (const std::uint32_t i : table.on_frame(frame)) {
      const TrueSpot& spot = table.spots().at(i);
      EXPECT_TRUE(frame >= spot.frame_begin && frame < spot.frame_end);
      ++entries;
    }
  }
  for (const TrueSpot& spot : table.spots()) spanned += spot.frame_end - spot.frame_begin;
  EXPECT_EQ(entries, spanned);
  EXPECT_TRUE(table.on_frame(300).empty());
  EXPECT_TRUE(table.on_frame(~std::uint64_t{0}).empty());
}

struct Broadness {
  double omega = 0, radial = 0, azimuthal = 0;  // mean excess variance over an unloaded spot, px^2 or deg^2
  double subspots_per_spot = 0;
};

Broadness broadness(std::uint32_t load_step) {
  SimulationConfig config = few_grains();
  config.load_step = load_step;
  Broadness mean;
  std::set<std::uint32_t> numbers;
  const auto spots = diffraction_spots(config);
  for (const TrueSpot& spot : spots) {
    mean.omega += std::pow(spot.sigma_omega_deg, 2);
    mean.radial += std::pow(spot.shape.sigma_radial_px, 2);
    mean.azimuthal += std::pow(spot.shape.sigma_azimuthal_px, 2);
    numbers.insert(spot.spot);
  }
  const auto n = static_cast<double>(spots.size());
  return {mean.omega / n, mean.radial / n, mean.azimuthal / n, n / static_cast<double>(numbers.size())};
}

TEST(Spots, LoadBroadensThemInOmegaAndAzimuthMoreThanAlongTheRadiusAndSplitsThem) {
  const Broadness none = broadness(0), one = broadness(1), four = broadness(4);
  EXPECT_GT(one.omega, 1.1 * none.omega);
  EXPECT_GT(four.omega, 2 * one.omega);
  EXPECT_GT(four.azimuthal, one.azimuthal);
  EXPECT_GT(one.azimuthal, none.azimuthal);
  EXPECT_GT(four.radial, none.radial);
  EXPECT_GT(four.azimuthal - none.azimuthal, 5 * (four.radial - none.radial));
  EXPECT_EQ(none.subspots_per_spot, 1);
  EXPECT_GT(one.subspots_per_spot, 1.1);
  EXPECT_GT(four.subspots_per_spot, one.subspots_per_spot + 0.3);
}

TEST(Spots, SubspotsOfASpotAreTheSameReflectionNearby) {
  SimulationConfig config = few_grains();
  config.load_step = 4;
  const auto spots = diffraction_spots(config);
  std::size_t pairs = 0;
  for (std::size_t i = 1; i < spots.size(); ++i) {
    const TrueSpot &a = spots[i - 1], &b = spots[i];
    ASSERT_TRUE(b.spot == a.spot || b.spot == a.spot + 1);
    if (a.spot != b.spot) continue;
    EXPECT_EQ(a.hkl, b.hkl);
    EXPECT_EQ(a.grain, b.grain);
    EXPECT_LT(a.subspot, b.subspot);
    const double lorentz =
        1 / std::min(std::abs(std::sin(a.shape.eta_rad)), std::abs(std::sin(b.shape.eta_rad)));
    EXPECT_LT(std::abs(a.omega_deg - b.omega_deg), 6 * lorentz);
    ++pairs;
  }
  EXPECT_GT(pairs, 500U);
}

TEST(Spots, SeveralTurnsRepeatEverySpotOncePerTurn) {
  SimulationConfig config = few_grains();
  config.grains = 3;
  config.mosaic_deg = 0;
  config.omega_step_deg = 1;
  const auto in_scan = [&](std::uint64_t frames) {
    config.frames = frames;
    std::size_t n = 0;
    for (const TrueSpot& spot : diffraction_spots(config)) {
      n += spot.omega_deg >= 0 && spot.omega_deg < static_cast<double>(frames) ? 1 : 0;
    }
    return n;
  };
  EXPECT_EQ(in_scan(1080), 3 * in_scan(360));
}

std::string key_of_refusal(const SimulationConfig& config) {
  try {
    const SpotTable table(config);
  } catch (const ConfigError& error) {
    return error.key();
  }
  return "accepted";
}

TEST(Spots, AnExperimentThatSeesNoReflectionIsRefusedWithAdvice) {
  SimulationConfig config = few_grains();
  config.distance_m = 100;
  EXPECT_EQ(key_of_refusal(config), "distance_m");
}

TEST(Spots, MoreThanCanBeHeldIsRefusedBeforeItIsHeld) {
  SimulationConfig config;
  config.grains = 100000;
  EXPECT_EQ(key_of_refusal(config), "grains");
  config.grains = 2000;
  config.mosaic_deg = 5;
  EXPECT_EQ(key_of_refusal(config), "grains");
  config = {};
  config.layout = SpotLayout::uniform;
  config.spots_per_frame = 1000000;
  EXPECT_EQ(key_of_refusal(config), "spots_per_frame");
}

TEST(Spots, UniformSpotsKeepTheirLimits) {
  SimulationConfig config;
  config.layout = SpotLayout::uniform;
  config.frames = 5;
  const SpotTable table(config);
  EXPECT_EQ(table.spots().size(), 5 * config.spots_per_frame);
  double low = 1e9, high = 0;
  for (const TrueSpot& spot : table.spots()) {
    const TruthRow row = truth_row(config, spot, spot.frame_begin);
    EXPECT_TRUE(row.peak >= config.peak_min * 0.999 && row.peak <= config.peak_max * 1.001);
    EXPECT_TRUE(row.sigma_radial_px >= config.sigma_min_px - 1e-6 &&
                row.sigma_radial_px <= config.sigma_max_px + 1e-6);
    low = std::min(low, row.peak);
    high = std::max(high, row.peak);
  }
  EXPECT_LT(low, 25);
  EXPECT_GT(high, 4000);
}

}  // namespace
}  // namespace braggd
