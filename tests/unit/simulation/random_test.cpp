#include "simulation/random.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "simulation/noise_tables.hpp"

namespace braggd {
namespace {

struct Moments {
  double mean = 0, variance = 0;
};

template <class Draw>
Moments moments_of(std::size_t n, Draw draw) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double value = draw();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / static_cast<double>(n);
  return {mean, squares / static_cast<double>(n) - mean * mean};
}

TEST(Random, TheSamePlaceOfTheSameStreamGivesTheSameNumbers) {
  Random a(7, RandomStream::exposure, 12, 32);
  Random b(7, RandomStream::exposure, 12, 32);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.bits(), b.bits());
}

TEST(Random, AnySeedStreamIndexOrPartGivesOtherNumbers) {
  std::set<std::uint64_t> first;
  std::size_t n = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (const auto stream : {RandomStream::grain, RandomStream::exposure, RandomStream::dark}) {
      for (std::uint64_t index = 0; index < 8; ++index) {
        for (std::uint64_t part = 0; part < 8; ++part, ++n)
          first.insert(Random(seed, stream, index, part).bits());
      }
    }
  }
  EXPECT_EQ(first.size(), n);
}

TEST(Random, UniformNumbersFillTheirIntervalEvenly) {
  Random random(1, RandomStream::grain);
  const auto [mean, variance] = moments_of(1000000, [&] {
    const double value = random.uniform(2, 5);
    EXPECT_TRUE(value >= 2 && value < 5);
    return value;
  });
  EXPECT_NEAR(mean, 3.5, 0.005);
  EXPECT_NEAR(variance, 9. / 12, 0.005);
}

TEST(Random, IntegersBelowABoundAreEven) {
  Random random(1, RandomStream::grain);
  std::vector<int> hits(3);
  for (int i = 0; i < 300000; ++i) ++hits.at(random.below(3));
  for (const int n : hits) EXPECT_NEAR(n, 100000, 1300);
  EXPECT_LT(random.below(std::uint64_t{1} << 40), std::uint64_t{1} << 40);
}

TEST(Random, NormalNumbersHaveTheirMomentsAndTails) {
  Random random(1, RandomStream::grain);
  constexpr std::size_t n = 1000000;
  std::size_t beyond_three = 0;
  const auto [mean, variance] = moments_of(n, [&] {
    const double value = random.normal();
    beyond_three += std::abs(value) > 3 ? 1U : 0U;
    return value;
  });
  EXPECT_NEAR(mean, 0, 0.005);
  EXPECT_NEAR(variance, 1, 0.01);
  EXPECT_NEAR(static_cast<double>(beyond_three), 0.0026998 * n, 5 * std::sqrt(2700.));
}

class PoissonMean : public testing::TestWithParam<double> {};

TEST_P(PoissonMean, IsTheMeanAndTheVariance) {
  Random random(3, RandomStream::exposure);
  const double mean = GetParam();
  constexpr std::size_t draws = 400000;
  constexpr auto n = static_cast<double>(draws);
  const auto found = moments_of(draws, [&] {
    const double count = random.poisson(mean);
    EXPECT_EQ(count, std::floor(count));
    EXPECT_GE(count, 0);
    return count;
  });
  EXPECT_NEAR(found.mean, mean, 5 * std::sqrt(mean / n));
  EXPECT_NEAR(found.variance, mean, 5 * std::sqrt((mean + 2 * mean * mean) / n));
}

INSTANTIATE_TEST_SUITE_P(Random, PoissonMean, testing::Values(0.01, 0.5, 4., 9.999, 10., 47., 3e3, 1e8));

TEST(Random, APoissonVariableOfNoMeanIsZero) {
  Random random(3, RandomStream::exposure);
  for (const double mean : {0., -1., std::nan("")}) EXPECT_EQ(random.poisson(mean), 0);
}

TEST(NoiseTables, QuantilesInvertTheNormalDistribution) {
  for (const double p : {1e-12, 1e-6, 0.001, 0.02, 0.3, 0.5, 0.7, 0.999}) {
    EXPECT_NEAR(0.5 * std::erfc(-normal_quantile(p) / std::sqrt(2.)), p, 1e-11 * p + 1e-15);
  }
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
}

TEST(NoiseTables, NormalNoiseHasItsWidthAndItsRareValues) {
  const NormalTable table(8);
  Random random(5, RandomStream::exposure);
  std::vector<float> noise(4000003);
  table.fill(random, noise);
  std::size_t at = 0;
  double beyond_two = 0, beyond_four = 0;
  const auto [mean, variance] = moments_of(noise.size(), [&] {
    const double value = noise[at++];
    beyond_two += std::abs(value) > 16 ? 1 : 0;
    beyond_four += std::abs(value) > 32 ? 1 : 0;
    return value;
  });
  const auto n = static_cast<double>(noise.size());
  EXPECT_NEAR(mean, 0, 5 * 8 / std::sqrt(n));
  EXPECT_NEAR(variance, 64, 0.3);
  EXPECT_NEAR(beyond_two, n * 0.0455003, 5 * std::sqrt(n * 0.0455));
  EXPECT_NEAR(beyond_four, n * 6.33425e-5, 5 * std::sqrt(n * 6.33e-5));
}

TEST(NoiseTables, PoissonCountsFollowTheDistributionCountByCount) {
  for (const double mean : {0.07, 0.5, 6., 100.}) {
    const PoissonTable table(mean);
    Random random(5, RandomStream::exposure);
    std::vector<std::uint16_t> counts(1000001);
    table.fill<std::uint16_t>(random, counts);
    std::vector<double> seen(1000);
    for (const auto count : counts) ++seen.at(count);
    const auto n = static_cast<double>(counts.size());
    for (std::size_t k = 0; k < 400; ++k) {
      const auto count = static_cast<double>(k);
      const double expected = n * std::exp(count * std::log(mean) - mean - std::lgamma(count + 1));
      EXPECT_NEAR(seen[k], expected, 5 * std::sqrt(expected) + 3) << "mean " << mean << " count " << k;
    }
  }
}

}  // namespace
}  // namespace braggd
