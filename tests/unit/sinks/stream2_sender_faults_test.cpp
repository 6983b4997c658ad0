#include "sinks/stream2_sender_faults.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

namespace braggd {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(StreamFaults, AListOfFaultsIsRead) {
  const auto faults = parse_faults(
      "drop=3,duplicate=2,swap=2,truncate=1,corrupt=4,wrong_shape=5,missing_end,stall=0.5,second_scan");
  EXPECT_EQ(faults.drop, 3u);
  EXPECT_EQ(faults.duplicate, 2u);
  EXPECT_EQ(faults.swap, 2u);
  EXPECT_EQ(faults.truncate, 1u);
  EXPECT_EQ(faults.corrupt, 4u);
  EXPECT_EQ(faults.wrong_shape, 5u);
  EXPECT_EQ(faults.stall_s, 0.5);
  EXPECT_TRUE(faults.missing_end);
  EXPECT_TRUE(faults.second_scan);
  EXPECT_FALSE(faults.missing_start);
  EXPECT_TRUE(parse_faults("missing_start").missing_start);
  EXPECT_EQ(parse_faults("").drop, 0u);
}

TEST(StreamFaults, AMistakeIsExplained) {
  const auto says = [](const char* spec, const char* words) {
    EXPECT_THAT([&] { parse_faults(spec); }, ThrowsMessage<ConfigError>(HasSubstr(words))) << spec;
  };
  says("dorp=3", "did you mean drop?");
  says("banana", "unknown fault \"banana\"; drop, duplicate");
  says("drop", "needs a number of frames, as in drop=1");
  says("drop=-1", "needs a number of frames");
  says("drop=3x", "and not \"3x\"");
  says("drop=99999999999999999999", "needs a number of frames");
  says("stall=nan", "at most 3600 seconds");
  says("stall=1e9", "at most 3600 seconds");
  says("missing_end=2", "takes no value");
  says("missing_start,second_scan", "exclude each other");
}

}  // namespace
}  // namespace braggd
