#include "formats/rehearsal.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

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

TEST(Rehearsal, AFloodOfMemoryEndsTheOtherProcess) {
  const auto flood = [] {
    const auto limits = limit_rehearsal(std::uint64_t{512} << 20);
    std::vector<std::vector<char>> blocks;
    for (int i = 0; i < 1024; ++i) blocks.emplace_back(1 << 20, 'x');
    std::this_thread::sleep_for(std::chrono::seconds(10));
    std::_Exit(EXIT_SUCCESS);
  };
  EXPECT_EXIT(flood(), testing::ExitedWithCode(EXIT_FAILURE), "");
}

TEST(Rehearsal, TheOtherProcessEndsWithTheOneThatWaitsForIt) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t waiting = ::fork();
  if (waiting == 0) {
    if (::fork() == 0) {
      const auto limits = limit_rehearsal();
      [[maybe_unused]] const auto said = ::write(pipe[1], "!", 1);
      ::sleep(60);
    }
    ::pause();
  }
  ::close(pipe[1]);
  char said = 0;
  ASSERT_EQ(::read(pipe[0], &said, 1), 1);
  ::kill(waiting, SIGKILL);
  ::waitpid(waiting, nullptr, 0);
  EXPECT_EQ(::read(pipe[0], &said, 1), 0);  // the last writer is gone
  ::close(pipe[0]);
}

TEST(Rehearsal, WithoutAProgramNothingIsRehearsed) {
  EXPECT_NO_THROW(rehearse(rehearse_scan, "scan.h5"));
  use_rehearsal_program("/nowhere/at/all");
  EXPECT_NO_THROW(rehearse(rehearse_scan, "scan.h5"));
  use_rehearsal_program({});
}

}  // namespace
}  // namespace braggd
