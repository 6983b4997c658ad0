// How much the score of repeated scans varies.
#include "learning/null_distribution.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "simulation/random.hpp"

namespace braggd {
namespace {

/// A scan of 36 sectors of 500 patches, in each of which `times` patches are always alike.
ScanScore drawn_scan(Random& random, double p, std::uint64_t times) {
  ScanScore scan;
  scan.counts = ReiCounts(1);
  for (int s = 0; s < 36; ++s) {
    SectorScore sector;
    sector.counts = ReiCounts(1);
    for (std::uint64_t i = 0; i < 500 / times; ++i) sector.counts.n_low += random.uniform() < p ? times : 0;
    sector.counts.n_patches = 500;
    scan.counts += sector.counts;
    scan.sectors.push_back(sector);
  }
  return scan;
}

TEST(NullDistribution, OfIndependentPatchesIsBinomial) {
  Random random(1, RandomStream::cluster);
  std::vector<ScanScore> scans;
  for (int i = 0; i < 20; ++i) scans.push_back(drawn_scan(random, 0.1, 1));
  const NullDistribution null = null_distribution(scans);
  EXPECT_NEAR(null.rei_mean, 0.1, 0.002);
  EXPECT_NEAR(null.overdispersion, 1, 0.12);
  EXPECT_LT(null.rei_sd, 0.001);
}

TEST(NullDistribution, SeesPatchesThatComeInGroups) {
  Random random(2, RandomStream::cluster);
  std::vector<ScanScore> scans;
  for (int i = 0; i < 20; ++i) scans.push_back(drawn_scan(random, 0.1, 5));
  EXPECT_NEAR(null_distribution(scans).overdispersion, 5, 0.6);
}

TEST(NullDistribution, SeesScansThatDifferByMoreThanTheirCounts) {
  Random random(3, RandomStream::cluster);
  std::vector<ScanScore> scans;
  for (int i = 0; i < 40; ++i) scans.push_back(drawn_scan(random, 0.1 + 0.01 * random.normal(), 1));
  EXPECT_NEAR(null_distribution(scans).rei_sd, 0.01, 0.003);
}

TEST(NullDistribution, OfOneScanHasNoSpreadOfScans) {
  Random random(4, RandomStream::cluster);
  const std::vector<ScanScore> scans{drawn_scan(random, 0.2, 1)};
  EXPECT_EQ(null_distribution(scans).rei_sd, 0);
  EXPECT_GE(null_distribution(scans).overdispersion, 1);
}

TEST(NullDistribution, WithoutPatchesIsRefused) {
  EXPECT_THROW(null_distribution({}), InputError);
  const std::vector<ScanScore> empty(3);
  EXPECT_THROW(null_distribution(empty), InputError);
}

TEST(NullDistribution, WithoutAnyLowPatchIsDefined) {
  Random random(5, RandomStream::cluster);
  const std::vector<ScanScore> scans{drawn_scan(random, 0, 1), drawn_scan(random, 0, 1)};
  const NullDistribution null = null_distribution(scans);
  EXPECT_EQ(null.rei_mean, 0);
  EXPECT_EQ(null.rei_sd, 0);
  EXPECT_TRUE(std::isfinite(null.overdispersion));
}

}  // namespace
}  // namespace braggd
