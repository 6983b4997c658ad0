// A disk that is full in the middle of a scan.
#include <csignal>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/formats/temporary_directory.hpp"
#include "unit/sinks/nexus_file_samples.hpp"

namespace braggd {
namespace {

struct Trial {
  KeepPixels keep_pixels;
  std::uint64_t first_frame;  ///< 1: frame 0 never comes, so that everything waits and spills
  std::uint64_t limit_bytes;
};

// Runs a scan against a file size limit. Exits with 0 if the sink reports it and everything can go on
// afterwards.
int run_against_the_limit(const std::filesystem::path& directory, const Trial& trial) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{trial.limit_bytes, trial.limit_bytes};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
  NexusFileConfig config;
  config.directory = directory;
  config.keep_pixels = trial.keep_pixels;
  config.reorder_bytes = 1000;
  const auto header = sample_header(0);
  bool reported = false;
  NexusFile sink(config, sample_context(header));
  try {
    for (std::uint64_t i = trial.first_frame; i < 200000; ++i) sink.consume(sample_envelope(*header, i, 20));
    sink.finish(complete_summary(200000));
  } catch (const OutputError& error) {
    reported = std::string(error.what()).find("File too large") != std::string::npos;
  }
  if (!reported) return 2;
  sink.abandon();
  if (!std::filesystem::exists(directory / "scan.h5.part")) return 3;
  if (std::filesystem::exists(directory / "scan.h5")) return 4;
  config.directory = directory / "next";
  config.keep_pixels = KeepPixels::none;
  NexusFile next(config, sample_context(header));  // another scan goes on
  next.consume(sample_envelope(*header, 0, 5));
  return std::filesystem::exists(next.finish(complete_summary(1))) ? 0 : 5;
}

class FullDisk : public testing::TestWithParam<Trial> {};

TEST_P(FullDisk, IsReportedOnceAndLeavesTheProcessAndItsExitSound) {
  const TemporaryDirectory directory;
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(120);
    std::exit(
        run_against_the_limit(directory.path(), GetParam()));  // with all the clean-up of an ordinary exit
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

INSTANTIATE_TEST_SUITE_P(Limits, FullDisk,
                         testing::Values(Trial{KeepPixels::none, 0, 400 << 10},
                                         Trial{KeepPixels::none, 0, 1 << 20},
                                         Trial{KeepPixels::all, 0, 3 << 20},
                                         Trial{KeepPixels::none, 1, 2 << 20}));

}  // namespace
}  // namespace braggd
