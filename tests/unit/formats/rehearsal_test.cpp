#include "formats/rehearsal.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

namespace fs = std::filesystem;

/// A program of one shell line, in use while it is there.
class RehearsalProgram {
 public:
  explicit RehearsalProgram(const std::string& line) : program_(directory_.path() / "program") {
    std::ofstream(program_) << "#!/bin/sh\n" << line << "\n";
    fs::permissions(program_, fs::perms::owner_all);
    use_rehearsal_program(program_);
  }
  ~RehearsalProgram() { use_rehearsal_program({}); }
  fs::path folder() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
  fs::path program_;
};

TEST(Rehearsal, WhatKillsTheOtherProcessIsAnErrorThatNamesTheFile) {
  for (const std::string line : {"kill -SEGV $$", "kill -ABRT $$", "kill -XCPU $$", "exit 1"}) {
    const RehearsalProgram program(line);
    try {
      rehearse(rehearse_scan, "scan.h5");
      ADD_FAILURE() << "no error for " << line;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("scan.h5 is damaged"));
    }
  }
}

TEST(Rehearsal, TheOtherProcessIsToldWhatToOpen) {
  const RehearsalProgram program("echo \"$@\" > \"$(dirname \"$0\")/said\"");
  const auto said = [&] {
    std::string line;
    std::ifstream file(program.folder() / "said");
    std::getline(file, line);
    return line;
  };
  rehearse(rehearse_scan, "-scan.h5", "/entry/data");
  EXPECT_EQ(said(), "rehearse scan -- -scan.h5 /entry/data");
  rehearse(rehearse_mask, "mask.h5");
  EXPECT_EQ(said(), "rehearse mask -- mask.h5");
}

TEST(Rehearsal, TheSignalsThatAskUsToStopDoNotReachIt) {
  const RehearsalProgram program("kill -INT $$; kill -TERM $$; kill -HUP $$; exit 0");
  EXPECT_NO_THROW(rehearse(rehearse_scan, "scan.h5"));
}

TEST(Rehearsal, WithoutAProgramNothingIsRehearsed) {
  EXPECT_NO_THROW(rehearse(rehearse_scan, "scan.h5"));
  use_rehearsal_program("/nowhere/at/all");
  EXPECT_NO_THROW(rehearse(rehearse_scan, "scan.h5"));
  use_rehearsal_program({});
}

}  // namespace
}  // namespace braggd
