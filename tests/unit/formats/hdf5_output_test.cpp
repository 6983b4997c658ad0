#include "formats/hdf5_output.hpp"

#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <braggd/error.hpp>

#include "formats/hdf5_values.hpp"
#include "formats/output_directory.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using hdf5::OutputFile;
using testing::HasSubstr;

template <class F>
std::string failure(F&& function) {
  try {
    function();
  } catch (const OutputError& error) {
    return error.what();
  }
  return "none";
}

std::size_t files_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(OutputFile, ItHasItsNameOnlyWhenItIsPublished) {
  const TemporaryDirectory directory;
  OutputFile output(directory / "new" / "deep" / "a.h5", OutputFile::NameTaken::refuse);
  hdf5::write_number(output.file(), "value", 3.0);
  EXPECT_FALSE(std::filesystem::exists(output.final_path()));
  EXPECT_EQ(output.publish(), directory / "new" / "deep" / "a.h5");
  EXPECT_EQ(hdf5::read_number(hdf5::open_file(output.final_path()), "value"), 3.0);
  EXPECT_EQ(files_in(directory / "new" / "deep"), 1U);
}

TEST(OutputFile, NamesThatAreTakenGetNumbers) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "a.h5") << "taken";
  std::ofstream(directory / "a_2.h5.part") << "taken too";
  OutputFile third(directory / "a.h5", OutputFile::NameTaken::numbered);
  EXPECT_EQ(third.final_path(), directory / "a_3.h5");
  std::ofstream(directory / "a_3.h5") << "taken meanwhile";
  EXPECT_EQ(third.publish(), directory / "a_4.h5");
}

TEST(OutputFile, PlacesWhereNothingCanBeWrittenAreRefusedInWords) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "file") << "in the way";
  const auto create = [](const std::filesystem::path& path) {
    return failure([&] { OutputFile(path, OutputFile::NameTaken::numbered); });
  };
  EXPECT_THAT(create(directory / "file" / "a.h5"), HasSubstr("no directory is in its place"));
  EXPECT_THAT(create(directory / "file" / "below" / "a.h5"), HasSubstr("cannot make"));
  if (::geteuid() != 0) {
    std::filesystem::permissions(directory.path(),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    EXPECT_THAT(create(directory / "a.h5"), HasSubstr("cannot write"));
    std::filesystem::permissions(directory.path(), std::filesystem::perms::owner_all);
  }
  EXPECT_THAT(create("/proc/a.h5"), HasSubstr("/proc"));
}

TEST(OutputFile, MoreThanTheDiskHoldsIsRefusedBeforeItIsWritten) {
  const TemporaryDirectory directory;
  OutputFile output(directory / "a.h5", OutputFile::NameTaken::refuse);
  output.require_room(1000);
  EXPECT_THAT(failure([&] { output.require_room(std::uint64_t{1} << 62); }), HasSubstr("full"));
}

// Writes noise until the file size limit stops it, then lets go in one way or another. Exits with 0 if all
// went well.
int write_against_the_limit(const std::filesystem::path& path, bool publish) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{256 << 10, 256 << 10};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> noise(1 << 13);
  for (auto& value : noise) value = random();
  OutputFile output(path, OutputFile::NameTaken::refuse);
  const std::string why = failure([&] {
    for (int i = 0; i < 100; ++i) {
      hdf5::write_array<std::uint64_t>(output.file(), "noise" + std::to_string(i), noise);
      output.check();
    }
  });
  if (why.find("File too large") == std::string::npos) return 2;
  if (publish && failure([&] { output.publish(); }).find("File too large") == std::string::npos) return 3;
  output.abandon();
  if (std::filesystem::exists(path)) return 4;
  if (!std::filesystem::exists(path.string() + ".part")) return 5;
  OutputFile another(path.string() + "2", OutputFile::NameTaken::refuse);  // HDF5 is sound afterwards
  hdf5::write_number(another.file(), "value", 1.0);
  another.publish();
  return hdf5::read_number(hdf5::open_file(path.string() + "2"), "value") == 1.0 ? 0 : 6;
}

TEST(OutputFile, AWriteThatFailsIsToldAndLeavesHdf5AndTheExitOfTheProcessSound) {
  for (const bool publish : {true, false}) {
    const TemporaryDirectory directory;
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);
      std::exit(write_against_the_limit(directory / "a.h5", publish));  // with HDF5's own clean-up at exit
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
}

}  // namespace
}  // namespace braggd
