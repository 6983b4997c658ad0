// Several writers of one store, and writers that die.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <braggd/error.hpp>

#include "learning/file_lock.hpp"
#include "learning/model_store.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/learning/tiny_bundles.hpp"

namespace braggd {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

/// A scan, a model and its score, over and over, each with a name of its own; `done` is called after each round.
void write_rounds(
    const fs::path& work, const std::string& who, int rounds, const std::function<void()>& done = [] {}) {
  ModelStore store = ModelStore::open(work / "store");
  for (int i = 0; i < rounds; ++i) {
    const std::string name = who + "-" + std::to_string(i);
    const fs::path bundle = work / ("bundle-" + who);
    const ModelRecord record = record_of(write_tiny_bundle(bundle, who, name));
    store.add_scan(some_scan(name));
    store.add_model(bundle, record);
    store.add_score(some_score(name, record.id));
    if (i % 3 == 0) store.promote(record.id);
    done();
  }
}

/// A child that does `work` and ends; the parent has no thread and no store open.
template <class Work>
pid_t start_child(const Work& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    work();
    ::_exit(0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    ::_exit(1);
  }
}

int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(ModelStoreWriters, TwoProgramsThatMakeAndFillOneStoreLoseNothing) {
  constexpr int rounds = 40;
  const TemporaryDirectory work;
  const pid_t one = start_child([&] { write_rounds(work.path(), "one", rounds); });
  const pid_t two = start_child([&] { write_rounds(work.path(), "two", rounds); });
  EXPECT_EQ(status_of(one), 0);
  EXPECT_EQ(status_of(two), 0);
  const ModelStore store = ModelStore::open_existing(work / "store");
  EXPECT_EQ(store.models().size(), 2U * rounds);
  EXPECT_EQ(store.n_scans(), 2U * rounds);
  for (const ModelRecord& model : store.models()) EXPECT_EQ(store.scores(model.id).size(), 1U);
  EXPECT_TRUE(store.active_model("one"));
  EXPECT_TRUE(store.active_model("two"));
  EXPECT_THAT(store.problems(), IsEmpty());
}

TEST(ModelStoreWriters, ThreadsWithAnObjectEachLoseNothing) {
  constexpr int rounds = 15;
  const TemporaryDirectory work;
  {
    std::vector<std::jthread> threads;
    for (const char* who : {"a", "b", "c", "d"}) {
      threads.emplace_back([&work, who] { write_rounds(work.path(), who, rounds); });
    }
  }
  const ModelStore store = ModelStore::open_existing(work / "store");
  EXPECT_EQ(store.models().size(), 4U * rounds);
  EXPECT_EQ(store.n_scans(), 4U * rounds);
  EXPECT_THAT(store.problems(), IsEmpty());
}

/// A child that writes until it is killed: some time, from nothing to 30 ms, after it was done with so many rounds.
void write_and_die(const fs::path& work, const std::string& who, int rounds, std::chrono::microseconds more) {
  std::array<int, 2> done{};
  ASSERT_EQ(::pipe(done.data()), 0);
  const pid_t child = start_child([&] {
    write_rounds(work, who, 100'000, [&] {
      if (::write(done[1], "x", 1) != 1) ::_exit(2);
    });
  });
  ::close(done[1]);  // a child that ends by itself is not waited for
  char byte = 0;
  for (int i = 0; i < rounds; ++i) ASSERT_EQ(::read(done[0], &byte, 1), 1);
  std::this_thread::sleep_for(more);
  ::kill(child, SIGKILL);
  ASSERT_TRUE(WIFSIGNALED(status_of(child)));
  ::close(done[0]);
}

TEST(ModelStoreWriters, OneThatIsKilledAtAnyPointLosesNothingAndLeavesAStoreThatIsInOrder) {
  const TemporaryDirectory work;
  std::size_t n_done = 0;
  for (int death = 0; death < 40; ++death) {
    const int rounds = death % 4;
    const std::string who = "killed-" + std::to_string(death);
    write_and_die(work.path(), who, rounds, std::chrono::microseconds(death * 7919 % 30'000));
    n_done += static_cast<std::size_t>(rounds);

    ModelStore store = ModelStore::open(work / "store");
    std::vector<std::string> problems = store.problems();
    std::erase_if(problems, [](const std::string& problem) {
      return problem.find("belongs to no registered model") != std::string::npos;
    });
    ASSERT_THAT(problems, IsEmpty());  // a bundle for each row, among other things
    ASSERT_GE(store.models().size(), n_done);
    for (int i = 0; i < rounds; ++i) {
      const std::string scan = who + "-" + std::to_string(i);
      ASSERT_TRUE(store.scan(scan));
      const auto models = store.models();
      ASSERT_TRUE(std::any_of(models.begin(), models.end(), [&](const ModelRecord& model) {
        return store.score(scan, model.id, ReiMode::stream).has_value();
      }));
    }
  }
  write_rounds(work.path(), "alive", 2);  // and it can be written to
}

TEST(ModelStoreWriters, ALockOfAFileLetsOneInAndDiesWithItsProgram) {
  const TemporaryDirectory work;
  const pid_t child = start_child([&] {
    const FileLock lock(work / "lock");
    ::raise(SIGKILL);
  });
  EXPECT_TRUE(WIFSIGNALED(status_of(child)));
  const FileLock lock(work / "lock", std::chrono::milliseconds(0));
  EXPECT_THROW(FileLock(work / "lock", std::chrono::milliseconds(20)), OutputError);
}

}  // namespace
}  // namespace braggd
