#include "formats/rehearsal.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

namespace braggd {
namespace {

TEST(Rehearsal, WhatKillsTheChildIsAnErrorThatNamesTheFile) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGALRM}) {
    try {
      rehearse("scan.h5", [&] { std::raise(signal); });
      ADD_FAILURE() << "no error for signal " << signal;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("scan.h5 is damaged"));
    }
  }
}

TEST(Rehearsal, WhatGoesWellOrThrowsIsNoErrorYet) {
  bool here = false;
  rehearse("scan.h5", [&] { here = true; });
  rehearse("scan.h5", [] { throw InputError("said again by the caller"); });
  EXPECT_FALSE(here) << "it ran in this process";
}

}  // namespace
}  // namespace braggd
