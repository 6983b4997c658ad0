#include "kernels/spot_math.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace braggd::spot_math {
namespace {

TEST(SpotMath, AgreesWithTheLibrarysFunctions) {
  for (int i = 0; i <= 20000; ++i) {
    const double x = i * 1e-3;
    EXPECT_NEAR(decayed(-30 * x) / std::exp(-30 * x), 1, 1e-14) << x;
    EXPECT_NEAR(arctangent(x - 10), std::atan(x - 10), 1e-15) << x;
    const double y = std::exp(-x);
    EXPECT_NEAR(logarithm(y), std::log(y), 1e-15 * (1 + x)) << x;
  }
}

TEST(SpotMath, HasMillsRatioFromTheMiddleFarIntoTheTail) {
  for (int i = 0; i <= 2000; ++i) {
    const double x = i * 1e-2;
    const double ratio =
        std::exp(x * x / 2) * std::sqrt(std::numbers::pi / 2) * std::erfc(x / std::numbers::sqrt2);
    EXPECT_NEAR(mills_ratio(x) / ratio, 1, 2e-14 * (1 + x * x)) << x;
  }
  EXPECT_NEAR(mills_ratio(1e9) * 1e9, 1, 1e-8);
}

TEST(SpotMath, StaysFiniteWhereDensitiesVanish) {
  EXPECT_GT(decayed(-1e300), 0);
  EXPECT_LT(decayed(-1e300), 1e-300);
  EXPECT_NEAR(arctangent(1e300), std::numbers::pi / 2, 1e-15);
}

}  // namespace
}  // namespace braggd::spot_math
