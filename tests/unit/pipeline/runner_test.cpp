#include "pipeline/runner.hpp"

#include <atomic>
#include <chrono>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <set>
#include <thread>

#include "unit/pipeline/plans.hpp"

namespace braggd {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<ScanHeader> small_header(std::uint64_t frames) {
  auto header = std::make_shared<ScanHeader>();
  header->scan_id = "test";
  header->shape = {8, 8};
  header->pixel_type = PixelType::u16;
  header->expected_frames = frames;
  return header;
}

Frame frame_at(std::uint64_t index, std::uint16_t value = 100) {
  std::vector<std::byte> bytes(8 * 8 * 2);
  std::memcpy(&bytes[2 * (3 * 8 + 4)], &value, 2);
  Frame frame;
  frame.meta.index = frame.meta.frame_number = index;
  frame.meta.received_ns = index + 1;
  frame.shape = {8, 8};
  frame.pixel_type = PixelType::u16;
  frame.bytes = Bytes::own(std::move(bytes));
  return frame;
}

// What the recording sink saw. (Not the envelopes: they would keep their leases on the budget.)
struct Seen {
  std::vector<std::uint64_t> indices;
  ScanSummary summary;
};
Seen* seen = nullptr;

class RecordingSink final : public Sink {
 public:
  void consume(const Envelope& envelope) override { seen->indices.push_back(envelope.meta.index); }
  std::filesystem::path finish(const ScanSummary& summary) override {
    seen->summary = summary;
    return {};
  }
  void abandon() noexcept override {}
};

class FailingSink final : public Sink {
 public:
  void consume(const Envelope& envelope) override {
    if (envelope.meta.index == 3) throw OutputError("the disk is full");
  }
  std::filesystem::path finish(const ScanSummary&) override { return "never"; }
  void abandon() noexcept override {}
};

// Takes nothing until it is opened.
std::atomic<bool> gate_open{false};
class GatedSink final : public Sink {
 public:
  void consume(const Envelope&) override { gate_open.wait(false); }
  std::filesystem::path finish(const ScanSummary&) override { return {}; }
  void abandon() noexcept override {}
};

// Fails on every 7th frame and throws on every 11th.
struct UnreliableConfig {
  static constexpr auto fields() { return std::tuple{}; }
};
class Unreliable {
 public:
  using Config = UnreliableConfig;
  using Input = SparseFrame;
  using Output = SparseFrame;
  static constexpr StageInfo info{"unreliable", "Fails now and then."};
  Unreliable(const Config&, const StageContext&) {}
  Result<SparseFrame> process(const SparseFrame& frame) const {
    if (frame.meta.index % 7 == 3) return FrameError{DropReason::stage_error, "seven"};
    if (frame.meta.index % 11 == 5) throw std::runtime_error("eleven");
    return frame;
  }
};

// Takes one frame at a time and checks that they come in order.
class InOrder {
 public:
  using Config = UnreliableConfig;
  using Input = SparseFrame;
  using Output = SparseFrame;
  static constexpr StageInfo info{"in_order", "Wants order."};
  InOrder(const Config&, const StageContext&) {}
  Result<SparseFrame> process(const SparseFrame& frame) {
    if (frame.meta.index < next_) return FrameError{DropReason::aborted, "out of order"};
    next_ = frame.meta.index + 1;
    return frame;
  }

 private:
  std::uint64_t next_ = 0;
};

template <class S>
LogicalStage logical(std::size_t producer) {
  static const StageEntry entry = stage_entry<S>();
  return {std::string(S::info.type), &entry, {}, producer, false};
}

template <class S>
const SinkEntry* sink_of() {
  static const SinkEntry entry{
      {"recording", ""},
      std::nullopt,
      {},
      nullptr,
      [](const Settings&, const SinkContext&) -> std::unique_ptr<Sink> { return std::make_unique<S>(); }};
  return &entry;
}

// decode, threshold, then the given stages, then the recording sink.
template <class... Stages>
Plan test_plan(const std::string& engine = "{threads: 2}") {
  Plan plan = testing::plan_of("engine: " + engine + "\n" + testing::spine);
  plan.stages.resize(2);
  (plan.stages.push_back(logical<Stages>(plan.stages.size() - 1)), ...);
  plan.sinks = {{"recording", sink_of<RecordingSink>(), {}, plan.stages.size() - 1}};
  plan_tasks(plan, {});
  return plan;
}

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() { seen = &seen_; }
  Seen seen_;
};

TEST_F(RunnerTest, EveryFrameIsWrittenOnceAndTheLedgerCloses) {
  Runner runner(test_plan<>(), {});
  runner.begin(small_header(100));
  for (std::uint64_t i = 0; i < 100; ++i) runner.push(frame_at(99 - i));
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.status, ExitStatus::complete);
  EXPECT_EQ(summary.ledger.written, 100u);
  EXPECT_TRUE(summary.ledger.closes());
  EXPECT_EQ(seen_.indices.size(), 100u);
  EXPECT_EQ(std::set(seen_.indices.begin(), seen_.indices.end()).size(), 100u);
  EXPECT_TRUE(seen_.summary.ledger.closes());
}

TEST_F(RunnerTest, AStageThatErrsOrThrowsGivesTombstonesAndOrderedStagesSeeNoHole) {
  Runner runner(test_plan<Unreliable, InOrder>(), {});
  runner.begin(small_header(1000));
  for (std::uint64_t i = 0; i < 1000; ++i) runner.push(frame_at(i ^ 1U));
  const ScanSummary summary = runner.finish({});
  std::uint64_t expected_drops = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) expected_drops += i % 7 == 3 || i % 11 == 5 ? 1 : 0;
  EXPECT_EQ(summary.ledger.dropped[static_cast<std::size_t>(DropReason::stage_error)], expected_drops);
  EXPECT_EQ(summary.ledger.dropped[static_cast<std::size_t>(DropReason::aborted)], 0u) << "out of order";
  EXPECT_EQ(summary.ledger.written, 1000 - expected_drops);
  EXPECT_TRUE(summary.ledger.closes());
  EXPECT_EQ(summary.status, ExitStatus::incomplete);
  EXPECT_EQ(seen_.indices.size(), 1000u);
}

TEST_F(RunnerTest, MissingFramesReachOrderedStagesAsTombstonesAndBlockNothing) {
  Runner runner(test_plan<InOrder>("{threads: 1, memory: 2 MiB}"), {});
  runner.begin(small_header(5000));
  for (std::uint64_t i = 0; i < 5000; ++i) {
    if (i != 2) runner.push(frame_at(i));
  }
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.ledger.missing, 1u);
  EXPECT_EQ(summary.ledger.written, 4999u);
  EXPECT_TRUE(summary.ledger.closes());
  EXPECT_LE(runner.budget().peak_bytes(), 2u << 20U);
}

TEST_F(RunnerTest, DuplicatesAndFramesOutsideTheScanAreCountedAndIgnored) {
  Runner runner(test_plan<>(), {});
  runner.begin(small_header(3));
  for (const std::uint64_t i : {0U, 1U, 1U, 7U, 2U, 0U}) runner.push(frame_at(i));
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.ledger.duplicate, 2u);
  EXPECT_EQ(summary.ledger.stale, 1u);
  EXPECT_EQ(summary.ledger.written, 3u);
  EXPECT_EQ(summary.status, ExitStatus::complete);
}

TEST_F(RunnerTest, AScanOfUnknownLengthHasTheLengthThatItReached) {
  Runner runner(test_plan<>(), {});
  runner.begin(small_header(0));
  for (const std::uint64_t i : {0U, 1U, 4U}) runner.push(frame_at(i));
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.ledger.expected, 5u);
  EXPECT_EQ(summary.ledger.missing, 2u);
}

TEST_F(RunnerTest, AFrameBeyondTheMemoryBudgetFailsTheScanWithTheReason) {
  Runner runner(test_plan<>("{memory: 1 MiB}"), {});
  auto header = small_header(2);
  header->shape = {60000, 60000};
  runner.begin(header);
  Frame frame = frame_at(0);
  frame.shape = header->shape;
  runner.push(frame);
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.status, ExitStatus::failed);
  EXPECT_THAT(summary.reason, HasSubstr("raise engine.memory"));
  EXPECT_EQ(summary.ledger.dropped[static_cast<std::size_t>(DropReason::too_large)], 1u);
  EXPECT_TRUE(summary.ledger.closes());
}

TEST_F(RunnerTest, AScanThatAnnouncesTooManyFramesFailsButIsCounted) {
  Runner runner(test_plan<>(), {});
  runner.begin(small_header(std::uint64_t{1} << 60U));
  runner.push(frame_at(0));
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.status, ExitStatus::failed);
  EXPECT_EQ(summary.ledger.expected, 1u);
  EXPECT_TRUE(summary.ledger.closes());
}

TEST_F(RunnerTest, AnAbortedScanCountsItsFramesAsAborted) {
  Runner runner(test_plan<>(), {});
  runner.begin(small_header(10));
  runner.push(frame_at(0));
  runner.abort();
  for (std::uint64_t i = 1; i < 10; ++i) runner.push(frame_at(i));
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.status, ExitStatus::aborted);
  EXPECT_GE(summary.ledger.dropped[static_cast<std::size_t>(DropReason::aborted)], 9u);
  EXPECT_TRUE(summary.ledger.closes());
}

TEST_F(RunnerTest, ASinkThatFailsLeavesTheLedgerClosedAndTheFramesCounted) {
  Plan plan = test_plan<>();
  plan.sinks[0].entry = sink_of<FailingSink>();
  bool output_failed = false;
  Runner runner(std::move(plan), [&](const ScanReport& report) { output_failed = report.output_failed; });
  runner.begin(small_header(10));
  for (std::uint64_t i = 0; i < 10; ++i) runner.push(frame_at(i));
  const ScanSummary summary = runner.finish({});
  EXPECT_TRUE(output_failed);
  EXPECT_EQ(summary.status, ExitStatus::incomplete);
  EXPECT_THAT(summary.reason, HasSubstr("the disk is full"));
  EXPECT_EQ(summary.ledger.dropped[static_cast<std::size_t>(DropReason::output_error)], 10u);
  EXPECT_EQ(summary.ledger.written, 0u);
  EXPECT_TRUE(summary.ledger.closes());
}

TEST_F(RunnerTest, FramesInFlightStayWithinTheMemoryBudget) {
  Runner runner(test_plan<>("{threads: 2, memory: 1 MiB}"), {});
  runner.begin(small_header(20000));
  for (std::uint64_t i = 0; i < 20000; ++i) runner.push(frame_at(i));
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.ledger.written, 20000u);
  EXPECT_LE(runner.budget().peak_bytes(), 1u << 20U);
}

// Notes on how many cores the workers may run. (The thread that feeds the graph helps at the end; it is no worker.)
class Whereabouts {
 public:
  using Config = UnreliableConfig;
  using Input = SparseFrame;
  using Output = SparseFrame;
  static constexpr StageInfo info{"whereabouts", ""};
  Whereabouts(const Config&, const StageContext&) {}
  Result<SparseFrame> process(const SparseFrame& frame) const {
    if (std::this_thread::get_id() == feeder) return frame;
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    const int cores = CPU_COUNT(&allowed);
    if (cores > most_cores) most_cores = cores;
    return frame;
  }
  static inline std::thread::id feeder;
  static inline std::atomic<int> most_cores{0};
};

TEST_F(RunnerTest, PinnedWorkersStayOnOneCoreEach) {
  Whereabouts::feeder = std::this_thread::get_id();
  Runner runner(test_plan<Whereabouts>("{threads: 2, pin_threads: true}"), {});
  runner.begin(small_header(0));
  for (std::uint64_t i = 0; i < 5000 && (i < 200 || Whereabouts::most_cores == 0); ++i) {
    runner.push(frame_at(i));
    if (i >= 200) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // until a worker is there
  }
  EXPECT_TRUE(runner.finish({}).ledger.closes());
  EXPECT_EQ(Whereabouts::most_cores, 1);
}

TEST_F(RunnerTest, WithDropNewestAFrameThatFindsTheBudgetSpentIsCountedAndTheSourceGoesOn) {
  Plan plan = test_plan<>("{threads: 2, memory: 1 MiB, when_full: drop_newest}");
  plan.sinks[0].entry = sink_of<GatedSink>();
  const std::uint64_t needed = plan.bytes_in_flight(*small_header(1), 128);
  const std::uint64_t fit = (1U << 20U) / needed;
  Runner runner(std::move(plan), {});
  gate_open = false;
  runner.begin(small_header(fit + 50));
  for (std::uint64_t i = 0; i < fit + 50; ++i) runner.push(frame_at(i));
  gate_open = true;
  gate_open.notify_all();
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.ledger.written, fit);
  EXPECT_EQ(summary.ledger.dropped[static_cast<std::size_t>(DropReason::back_pressure)], 50u);
  EXPECT_EQ(summary.status, ExitStatus::incomplete);
  EXPECT_TRUE(summary.ledger.closes());
  EXPECT_LE(runner.budget().peak_bytes(), 1u << 20U);
}

}  // namespace
}  // namespace braggd
