#include "kernels/kernel_set.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <braggd/error.hpp>

#include "kernels/kernel_choice.hpp"

namespace braggd {
namespace {

constexpr std::array<KernelSet, 2> up_to_avx2{KernelSet::scalar, KernelSet::avx2};

TEST(KernelSet, TheBestSupportedSetIsTakenUnlessOneIsNamed) {
  EXPECT_EQ(choose_kernel_set("", up_to_avx2), KernelSet::avx2);
  EXPECT_EQ(choose_kernel_set("scalar", up_to_avx2), KernelSet::scalar);
}

TEST(KernelSet, ASetThatIsUnknownOrUnsupportedIsRefusedWithTheChoices) {
  const auto message_of = [](std::string_view name) -> std::string {
    try {
      choose_kernel_set(name, up_to_avx2);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message_of("sse9"), testing::HasSubstr("sse9 is no kernel set; choose one of scalar avx2"));
  EXPECT_THAT(message_of("avx512"), testing::HasSubstr("avx512 is not supported by this processor"));
}

TEST(KernelSet, ScalarIsAlwaysSupportedAndTheListIsOrdered) {
  const auto sets = supported_kernel_sets();
  ASSERT_FALSE(sets.empty());
  EXPECT_EQ(sets.front(), KernelSet::scalar);
  EXPECT_TRUE(std::ranges::is_sorted(sets));
}

/// The choice is made once a process, hence one process a case.
TEST(KernelSetDeathTest, TheEnvironmentForcesEachSupportedSet) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const KernelSet set : supported_kernel_sets()) {
    EXPECT_EXIT(
        {
          setenv("BRAGGD_KERNELS", std::string(name_of(set)).c_str(), 1);
          std::exit(kernel_set() == set ? 7 : 1);
        },
        testing::ExitedWithCode(7), "")
        << name_of(set);
  }
}

TEST(KernelSetDeathTest, AnUnknownSetInTheEnvironmentIsAConfigError) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        setenv("BRAGGD_KERNELS", "fastest", 1);
        try {
          kernel_set();
        } catch (const ConfigError&) {
          std::exit(7);
        }
        std::exit(1);
      },
      testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace braggd
