// How much the score of repeated scans varies.
#include "learning/null_distribution.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "simulation/random.hpp"

namespace braggd {
namespace {

const AnomalyBaseline one_cluster{.model_id = "", .histogram = {1}, .n_patches = 1000};

/// A scan of 36 sectors of 500 patches, of which `draw` counts some.
template <class Draw>
ScanScore scan_of(std::size_t n_clusters, Draw draw) {
  ScanScore scan;
  scan.counts = ReiCounts(n_clusters);
  for (int s = 0; s < 36; ++s) {
    SectorScore sector;
    sector.counts = ReiCounts(n_clusters);
    draw(sector.counts);
    sector.counts.n_patches = 500;
    scan.counts += sector.counts;
    scan.sectors.push_back(sector);
  }
  return scan;
}

/// `times` patches of a sector are always alike: low or not.
ScanScore drawn_scan(Random& random, double p, std::uint64_t times) {
  return scan_of(1, [&](ReiCounts& counts) {
    for (std::uint64_t i = 0; i < 500 / times; ++i) counts.n_low += random.uniform() < p ? times : 0;
  });
}

/// The same of three clusters.
ScanScore drawn_clusters(Random& random, std::array<double, 3> shares, std::uint64_t times) {
  return scan_of(3, [&](ReiCounts& counts) {
    for (std::uint64_t i = 0; i < 500 / times; ++i) {
      const double at = random.uniform();
      counts.histogram[at < shares[0] ? 0 : at < shares[0] + shares[1] ? 1 : 2] += times;
    }
  });
}

TEST(NullDistribution, OfIndependentPatchesIsBinomial) {
  Random random(1, RandomStream::cluster);
  std::vector<ScanScore> scans;
  for (int i = 0; i < 20; ++i) scans.push_back(drawn_scan(random, 0.1, 1));
  const NullDistribution null = null_distribution(scans, one_cluster);
  EXPECT_NEAR(null.rei_mean, 0.1, 0.002);
  EXPECT_NEAR(null.overdispersion, 1, 0.12);
  EXPECT_LT(null.rei_sd, 0.001);
}

TEST(NullDistribution, SeesPatchesThatComeInGroups) {
  Random random(2, RandomStream::cluster);
  std::vector<ScanScore> scans;
  for (int i = 0; i < 20; ++i) scans.push_back(drawn_scan(random, 0.1, 5));
  EXPECT_NEAR(null_distribution(scans, one_cluster).overdispersion, 5, 0.6);
}

TEST(NullDistribution, SeesScansThatDifferByMoreThanTheirCounts) {
  Random random(3, RandomStream::cluster);
  std::vector<ScanScore> scans;
  for (int i = 0; i < 40; ++i) scans.push_back(drawn_scan(random, 0.1 + 0.01 * random.normal(), 1));
  EXPECT_NEAR(null_distribution(scans, one_cluster).rei_sd, 0.01, 0.003);
}

TEST(NullDistribution, OfOneScanHasNoSpreadOfScans) {
  Random random(4, RandomStream::cluster);
  const std::vector<ScanScore> scans{drawn_scan(random, 0.2, 1)};
  EXPECT_EQ(null_distribution(scans, one_cluster).rei_sd, 0);
  EXPECT_GE(null_distribution(scans, one_cluster).overdispersion, 1);
}

TEST(NullDistribution, WithoutPatchesIsRefused) {
  EXPECT_THROW(null_distribution({}, one_cluster), InputError);
  const std::vector<ScanScore> empty(3);
  EXPECT_THROW(null_distribution(empty, one_cluster), InputError);
}

TEST(NullDistribution, WithoutAnyLowPatchIsDefined) {
  Random random(5, RandomStream::cluster);
  const std::vector<ScanScore> scans{drawn_scan(random, 0, 1), drawn_scan(random, 0, 1)};
  const NullDistribution null = null_distribution(scans, one_cluster);
  EXPECT_EQ(null.rei_mean, 0);
  EXPECT_EQ(null.rei_sd, 0);
  EXPECT_TRUE(std::isfinite(null.overdispersion));
}

TEST(NullDistribution, TellsHowFarClustersScatter) {
  Random random(6, RandomStream::cluster);
  const std::array<double, 3> shares{0.5, 0.3, 0.2};
  const AnomalyBaseline baseline{.model_id = "", .histogram = {0.5, 0.3, 0.2}, .n_patches = 100'000'000};
  std::vector<ScanScore> alone, in_groups;
  for (int i = 0; i < 40; ++i) alone.push_back(drawn_clusters(random, shares, 1));
  for (int i = 0; i < 40; ++i) in_groups.push_back(drawn_clusters(random, shares, 5));
  // The greatest of 36 means of 40, which hang together.
  EXPECT_NEAR(null_distribution(alone, baseline).jsd_overdispersion, 1.25, 0.25);
  EXPECT_NEAR(null_distribution(in_groups, baseline).jsd_overdispersion, 6.2, 1.2);
  EXPECT_TRUE(std::isnan(null_distribution(alone, {.model_id = "", .histogram = {1, 0, 0}, .n_patches = 1000})
                             .jsd_overdispersion));
}

}  // namespace
}  // namespace braggd
