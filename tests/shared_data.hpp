// Where the shared test data lies: BRAGGD_SHARED_DATA, else ../shared/data beside the checkout.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace braggd {

/// The path of `relative` within the shared data; it need not exist, and tests skip themselves where it does not.
inline std::filesystem::path shared_data(const char* relative) {
  const char* given = std::getenv("BRAGGD_SHARED_DATA");
  return std::filesystem::path(given != nullptr ? given : BRAGGD_SHARED_DATA_DEFAULT) / relative;
}

}  // namespace braggd

#define BRAGGD_SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "shared data is absent: " << (path)
