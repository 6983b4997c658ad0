#include "kernels/locate_rule.hpp"

#include <gtest/gtest.h>

namespace braggd {
namespace {

TEST(BestEstimator, IsNeverANetworkWhereThereIsNone) {
  for (const bool saturated : {false, true}) {
    for (const bool cut : {false, true}) {
      for (const bool overlapped : {false, true}) {
        for (const bool wide : {false, true}) {
          for (const double height : {1.0, 4.0, 10.0, 49.0, 51.0, 500.0}) {
            const LocateBy by = best_estimator({saturated, cut, overlapped, wide, height}, false);
            EXPECT_NE(by, LocateBy::network);
            EXPECT_NE(by, LocateBy::automatic);
          }
        }
      }
    }
  }
}

TEST(BestEstimator, OfASaturatedPeakIsTheFitWhichLeavesThePixelOut) {
  EXPECT_EQ(best_estimator({.saturated = true, .height = 500}, true), LocateBy::fit);
  EXPECT_EQ(best_estimator({.saturated = true, .cut = true, .height = 500}, true), LocateBy::fit);
}

TEST(BestEstimator, IsTheNetworkWhereThereIsOneElseTheFitOfAPeakThatIsNotWholeAndAlone) {
  EXPECT_EQ(best_estimator({.cut = true, .height = 10}, true), LocateBy::network);
  EXPECT_EQ(best_estimator({.overlapped = true, .height = 10}, true), LocateBy::network);
  EXPECT_EQ(best_estimator({.wide = true, .height = 500}, true), LocateBy::network);
  EXPECT_EQ(best_estimator({.cut = true, .height = 10}, false), LocateBy::fit);
  EXPECT_EQ(best_estimator({.overlapped = true, .height = 10}, false), LocateBy::fit);
  EXPECT_EQ(best_estimator({.wide = true, .height = 10}, false), LocateBy::fit);
}

TEST(BestEstimator, OfAWholePeakByItselfFollowsItsHeight) {
  EXPECT_EQ(best_estimator({.height = 2}, true), LocateBy::network);
  EXPECT_EQ(best_estimator({.height = 2}, false), LocateBy::centroid_squared);
  EXPECT_EQ(best_estimator({.height = 7}, false), LocateBy::centroid_above);
  EXPECT_EQ(best_estimator({.height = 200}, true), LocateBy::network);
  EXPECT_EQ(best_estimator({.height = 200}, false), LocateBy::centroid_above);
}

}  // namespace
}  // namespace braggd
