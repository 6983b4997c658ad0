#include "core/allocator.hpp"

#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <sys/resource.h>

namespace braggd {
namespace {

long page_faults() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_minflt;
}

/// Pages that are faulted in while messages of the size of a raw frame come and go, each written whole.
long faults_per_message(std::size_t bytes, int messages) {
  const auto take_one = [&] {
    const std::unique_ptr<char[]> message(new char[bytes]);
    std::memset(message.get(), 1, bytes);
    EXPECT_EQ(message[bytes / 2], 1);
  };
  take_one();
  const long before = page_faults();
  for (int i = 0; i < messages; ++i) take_one();
  return (page_faults() - before) / messages;
}

#if defined(__has_feature)
#define BRAGGD_HAS_FEATURE(feature) __has_feature(feature)
#else
#define BRAGGD_HAS_FEATURE(feature) 0
#endif
#if !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    BRAGGD_HAS_FEATURE(address_sanitizer) || BRAGGD_HAS_FEATURE(thread_sanitizer)
constexpr bool allocator_is_glibcs = false;
#else
constexpr bool allocator_is_glibcs = true;
#endif

TEST(Allocator, AMessageOf33MegabytesIsNotFaultedInAnew) {
  if (!allocator_is_glibcs) GTEST_SKIP() << "another allocator than glibc's";
  constexpr std::size_t raw_frame_bytes = std::size_t{4096} * 4096 * 2 + 512;
  const long untuned = faults_per_message(raw_frame_bytes, 8);
  tune_allocator();
  const long tuned = faults_per_message(raw_frame_bytes, 8);
  EXPECT_GT(untuned, 8000) << "glibc does what it is tuned for by itself: the tuning can go";
  EXPECT_LT(tuned, 10);
}

}  // namespace
}  // namespace braggd
