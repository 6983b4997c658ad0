#include "simulation/patch_set.hpp"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include <braggd/error.hpp>

#include "simulation/smeared_spot.hpp"

namespace braggd {
namespace {

std::vector<std::uint32_t> bits_of(std::span<const float> values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

TEST(PatchSet, MakesAPatchTheSameWhateverWasMadeBefore) {
  PatchSet one({}), other({});
  std::vector<float> a(121), b(121);
  for (std::uint64_t i = 0; i < 20; ++i) other.make(i, b);
  const PatchTruth there = other.make(7, b);
  const PatchTruth here = one.make(7, a);
  EXPECT_EQ(bits_of(a), bits_of(b));
  EXPECT_EQ(here.row, there.row);
  EXPECT_EQ(here.patch_class, there.patch_class);
}

TEST(PatchSet, ShowsItsMaximumInTheMiddleNearTheTruth) {
  PatchSet set({.about_any_maximum = true});
  std::vector<float> patch(121);
  std::size_t far = 0, cut = 0;
  constexpr std::uint64_t n = 2000;
  for (std::uint64_t i = 0; i < n; ++i) {
    const PatchTruth truth = set.make(i, patch);
    EXPECT_GE(patch[60], truth.threshold);
    if (std::hypot(truth.row - 5, truth.col - 5) > 2) ++far;
    bool off = false;
    for (const float value : patch) off = off || std::isnan(value);
    if (off) ++cut;
    if (off) {
      EXPECT_EQ(truth.patch_class, PatchClass::edge);
    }
  }
  EXPECT_LT(far, n / 30);
  EXPECT_NEAR(static_cast<double>(cut) / n, 0.18, 0.03);
}

TEST(PatchSet, HoldsEveryClassOnBothDetectors) {
  PatchSet set({});
  std::vector<float> patch(121);
  std::array<std::array<int, 2>, 5> counts{};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const PatchTruth truth = set.make(i, patch);
    ++counts[static_cast<std::size_t>(truth.patch_class)][static_cast<std::size_t>(truth.detector)];
  }
  for (const auto& by_detector : counts) {
    EXPECT_GT(by_detector[0], 20);
    EXPECT_GT(by_detector[1], 20);
  }
}

TEST(PatchSet, SmearedSpotsLieAtTheCentroidOfTheirParts) {
  const std::vector<PatchPlace> parts = places_of_parts(10.3, 7.1, 1.5, 0.7);
  double row = 0, col = 0;
  for (const PatchPlace& at : parts) {
    row += at.row / static_cast<double>(parts.size());
    col += at.col / static_cast<double>(parts.size());
  }
  EXPECT_NEAR(row, 10.3, 1e-12);
  EXPECT_NEAR(col, 7.1, 1e-12);
  EXPECT_GT(std::hypot(parts.back().row - row, parts.back().col - col),
            2 * std::hypot(parts.front().row - row, parts.front().col - col));
}

// A bright spot's own centroid, tail and all, lies where it is said to lie.
TEST(PatchSet, SmearedSpotsHaveTheirCentroidAtTheTruth) {
  const PatchSetConfig config{.overlapped_share = 0,
                              .edge_share = 0,
                              .peak_min = 200,
                              .peak_max = 200,
                              .sigma_max_px = 0.9,
                              .lorentz_max = 0,
                              .tail_max_px = 1};
  PatchSet set(config);
  std::vector<float> patch(121);
  PeakView view;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const PatchTruth truth = set.make(i, patch, &view);
    EXPECT_NEAR(view.of_component[0].row, truth.row, 0.06) << i;
    EXPECT_NEAR(view.of_component[0].col, truth.col, 0.06) << i;
    EXPECT_NEAR(view.facts.height, 200, 25) << i;
  }
  EXPECT_THROW(set.bound(), std::logic_error);
}

// With wide wings more of a bright spot's pixels rise above the threshold.
TEST(PatchSet, HasSpotsWithWideWingsWhereItIsToldTo) {
  const auto share_of_wide = [](double winged_share) {
    PatchSet set({.overlapped_share = 0, .edge_share = 0, .winged_share = winged_share});
    std::vector<float> patch(121);
    int wide = 0;
    for (std::uint64_t i = 0; i < 400; ++i)
      wide += set.make(i, patch).patch_class == PatchClass::wide ? 1 : 0;
    return wide;
  };
  const int none = share_of_wide(0), some = share_of_wide(0.5), all = share_of_wide(1);
  EXPECT_GT(some, none + 20);
  EXPECT_GT(all, some + 20);
  EXPECT_THROW(PatchSet({.winged_share = 1.1}), ConfigError);
}

TEST(PatchSet, HasFainterSecondSpotsWhereTheirHeightsAreLogUniform) {
  const auto overlapped = [](bool log_uniform) {
    PatchSet set({.overlapped_share = 1, .edge_share = 0, .log_uniform_second = log_uniform});
    std::vector<float> patch(121);
    int n = 0;
    for (std::uint64_t i = 0; i < 400; ++i) n += set.make(i, patch).n_maxima > 1 ? 1 : 0;
    return n;
  };
  EXPECT_LT(overlapped(true), overlapped(false) - 10);
}

TEST(PatchSet, ShowsWhatAStageKnowsOfAPeak) {
  PatchSet set({.overlapped_share = 0.5, .edge_share = 0.3, .about_any_maximum = true});
  std::vector<float> patch(121);
  PeakView view;
  int shared = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const PatchTruth truth = set.make(i, patch, &view);
    if (truth.n_maxima == 1) {
      EXPECT_FALSE(view.facts.overlapped);
      EXPECT_EQ(view.of_share[0].row, view.of_component[0].row);
    }
    if (view.other_maximum) {
      EXPECT_TRUE(view.facts.overlapped);
      EXPECT_GE(std::hypot(view.other_maximum->row - 5, view.other_maximum->col - 5), 1);
      ++shared;
    }
    if (truth.patch_class == PatchClass::clean || truth.patch_class == PatchClass::dim) {
      EXPECT_FALSE(view.facts.cut) << i;
    }
  }
  EXPECT_GT(shared, 50);
}

TEST(PatchSet, PhotonCountersHaveABackgroundWithinItsRange) {
  const auto lit_pixels = [](const PatchSetConfig& config) {
    PatchSet set(config);
    std::vector<float> patch(121);
    double least = 1e9, most = 0, lit = 0;
    for (std::uint64_t i = 0; i < 600; ++i) {
      const PatchTruth truth = set.make(i, patch);
      if (truth.detector != DetectorKind::counting) continue;
      const double background = double{truth.noise_sigma} * truth.noise_sigma;
      least = std::min(least, background);
      most = std::max(most, background);
      for (const float value : patch) lit += value > 0 ? 1 : 0;
    }
    EXPECT_NEAR(least, config.background_min, 1e-6);
    EXPECT_NEAR(most, config.background_max, 1e-6);
    return lit;
  };
  EXPECT_GT(lit_pixels({.background_min = 0.4, .background_max = 1.2}),
            1.05 * lit_pixels({.background_min = 0, .background_max = 0}));
}

TEST(PatchSet, RefusesWhatCannotBeMade) {
  EXPECT_THROW(PatchSet({.patch_px = 10}), ConfigError);
  EXPECT_THROW(PatchSet({.frame_px = 21}), ConfigError);
  EXPECT_THROW(PatchSet({.edge_share = 0.9}), ConfigError);
  EXPECT_THROW(PatchSet({.background_min = 1, .background_max = 0.5}), ConfigError);
  PatchSet dark({.peak_min = 0.01, .peak_max = 0.01, .min_pixels = 20});
  std::vector<float> patch(121);
  EXPECT_THROW(dark.make(0, patch), ConfigError);
}

TEST(PatchSet, TellsSecondMaximaOfSpotsFromThoseOfNoise) {
  const auto counted = [](double overlapped_share, double significance) {
    PatchSet set({.overlapped_share = overlapped_share, .edge_share = 0});
    std::vector<float> patch(121);
    SecondMaxima all;
    for (std::uint64_t i = 0; i < 1500; ++i) {
      set.make(i, patch);
      const SecondMaxima here = set.second_maxima(significance);
      EXPECT_LE(here.of_spots, 1U);
      all.of_spots += here.of_spots;
      all.of_noise += here.of_noise;
    }
    return all;
  };
  EXPECT_EQ(counted(0, 0).of_spots, 0U) << "spots by themselves have one maximum";
  const SecondMaxima any = counted(1, 0), significant = counted(1, 1);
  EXPECT_GT(any.of_spots, 400U);
  EXPECT_GT(any.of_noise, 100U);
  EXPECT_GT(significant.of_spots, 0.85 * any.of_spots);
  EXPECT_LT(significant.of_noise, 0.4 * any.of_noise);
}

}  // namespace
}  // namespace braggd
