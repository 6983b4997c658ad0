#include "core/latency_histogram.hpp"

#include <gtest/gtest.h>

namespace braggd {
namespace {

TEST(LatencyHistogram, QuantilesAreTrueToOne32thOfTheirValue) {
  for (const std::uint64_t unit : {1ULL, 7ULL, 1'000ULL, 12'345'678ULL}) {
    LatencyHistogram histogram;
    for (std::uint64_t i = 1; i <= 1000; ++i) histogram.add(i * unit);
    for (const double q : {0.001, 0.5, 0.99, 0.999, 1.0}) {
      const double exact = q * 1000 * static_cast<double>(unit);
      const auto found = static_cast<double>(histogram.quantile(q));
      EXPECT_GE(found, exact) << unit << " " << q;
      EXPECT_LE(found, exact * (1 + 1.0 / 32)) << unit << " " << q;
    }
    EXPECT_EQ(histogram.total(), 1000U);
  }
}

TEST(LatencyHistogram, AnEmptyOneHasNoQuantileAndAnEndlessDurationIsInTheLastBucket) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0U);
  histogram.add(~std::uint64_t{0});
  EXPECT_GT(histogram.quantile(0.5), 10'000'000'000'000U);
}

}  // namespace
}  // namespace braggd
