// Once a scan is warm, a frame allocates nothing on its way from the source to the sinks.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "kernels/chunk.hpp"
#include "pipeline/runner.hpp"
#include "unit/hot_path/counted_allocations.hpp"
#include "unit/pipeline/plans.hpp"

namespace braggd {
namespace {

constexpr std::uint64_t in_flight = 6;
constexpr unsigned threads = 2;
constexpr Shape shape{256, 256};

/// The queue through which a thread that is no worker hands tasks to TBB's workers (a deque of pointers in blocks of
/// 512 bytes) takes a block for every 64 of them: all that 200 frames may allocate.
constexpr std::uint64_t tbb_queue_blocks = 200 / 64 + 1;

std::shared_ptr<ScanHeader> header_of(std::uint64_t frames) {
  auto header = std::make_shared<ScanHeader>();
  header->scan_id = "warm";
  header->shape = shape;
  header->pixel_type = PixelType::u16;
  header->expected_frames = frames;
  header->saturation_value = 60000;
  return header;
}

/// A frame of `spots` crosses; a quarter of them saturated, one of them beside a pixel without a value.
Frame frame_with(std::uint32_t spots) {
  std::vector<std::uint16_t> pixels(shape.pixels());
  for (std::uint32_t s = 0; s < spots; ++s) {
    const std::size_t at = (4 + s / 24 * 8) * shape.cols + 4 + s % 24 * 10;
    pixels[at] = s % 4 == 0 ? 60000 : 500;
    for (const std::size_t beside : {at - shape.cols, at - 1, at + 1, at + shape.cols}) pixels[beside] = 90;
  }
  pixels[4 * shape.cols + 6] = 65535;
  std::vector<std::byte> raw(pixels.size() * 2), chunk;
  std::memcpy(raw.data(), pixels.data(), raw.size());
  encode_chunk(Encoding::bslz4, 2, raw, chunk);
  Frame frame;
  frame.shape = shape;
  frame.encoding = Encoding::bslz4;
  frame.bytes = Bytes::own(std::move(chunk));
  return frame;
}

struct NoConfig {
  static constexpr auto fields() { return std::tuple{}; }
};

/// Passes peaks on once every worker has had a frame, so that all of them are warm.
class MeetWorkers {
 public:
  using Config = NoConfig;
  using Input = PeakList;
  using Output = PeakList;
  static constexpr StageInfo info{"meet_workers", ""};
  MeetWorkers(const Config&, const StageContext&) {}
  Result<PeakList> process(const PeakList& in, PeakList out = {}) const {
    thread_local std::uint64_t met = 0;
    if (met != meeting) {
      met = meeting;
      ++arrived;
      arrived.notify_all();
      for (unsigned now = arrived; now < threads; now = arrived) arrived.wait(now);
    }
    out = in;
    return out;
  }
  static inline std::atomic<std::uint64_t> meeting{0};
  static inline std::atomic<unsigned> arrived{0};
};

/// The same product, made anew.
class Wasteful {
 public:
  using Config = NoConfig;
  using Input = PeakList;
  using Output = PeakList;
  static constexpr StageInfo info{"wasteful", ""};
  Wasteful(const Config&, const StageContext&) {}
  Result<PeakList> process(const PeakList& in) const { return in; }
};

/// Keeps all frames in flight until it is opened, so that as much memory is in use as ever will be.
class GatedSink final : public Sink {
 public:
  void consume(const Envelope&) override { is_open.wait(false); }
  std::filesystem::path finish(const ScanSummary&) override { return {}; }
  void abandon() noexcept override {}
  static void open(bool now) {
    is_open = now;
    is_open.notify_all();
  }
  static inline std::atomic<bool> is_open{false};
};

template <class S>
void add_stage(Plan& plan) {
  static const StageEntry entry = stage_entry<S>();
  plan.stages.push_back({std::string(S::info.type), &entry, {}, plan.stages.size() - 1, false});
}

template <class... Stages>
Plan warm_plan(const std::string& sink, std::uint64_t memory_bytes) {
  Plan plan = testing::plan_of("version: 1\nengine: {threads: " + std::to_string(threads) +
                               ", memory: " + std::to_string(memory_bytes) + "}\n" + R"(source: {type: replay}
stages:
  - {type: threshold, at_least: 10}
  - {type: find_components}
  - {type: locate_peaks}
sinks:
  - )" + sink + "\n");
  add_stage<MeetWorkers>(plan);
  (add_stage<Stages>(plan), ...);
  static const SinkEntry gated{{"gated", ""},
                               std::nullopt,
                               {},
                               nullptr,
                               [](const Settings&, const SinkContext&) -> std::unique_ptr<Sink> {
                                 return std::make_unique<GatedSink>();
                               }};
  plan.sinks[0].producer = plan.stages.size() - 1;
  plan.sinks.push_back({"gated", &gated, {}, plan.stages.size() - 1});
  plan_tasks(plan, {});
  return plan;
}

/// Allocations while 200 frames of a warm scan went in: the fewest of three times, because more objects than ever before
/// may be in use at once at any time, although hardly after some hundred frames.
template <class... Stages>
std::uint64_t allocations_when_warm(const std::string& sink, std::uint32_t spots) {
  const Frame frame = frame_with(spots);
  const auto header = header_of(800);
  const std::uint64_t charge =
      warm_plan<Stages...>(sink, 1U << 20U).bytes_in_flight(*header, frame.bytes.size());
  Runner runner(warm_plan<Stages...>(sink, in_flight * charge), {});
  const auto push = [&](std::uint64_t index) {
    Frame copy = frame;
    copy.meta.index = copy.meta.frame_number = index;
    runner.push(std::move(copy));
  };
  ++MeetWorkers::meeting;
  MeetWorkers::arrived = 0;
  GatedSink::open(false);
  runner.begin(header);
  for (std::uint64_t i = in_flight; i-- > 0;) push(i);  // the last first: the others wait for it
  while (runner.progress().finished < in_flight / 2)
    std::this_thread::yield();  // of the sink that is not gated
  GatedSink::open(true);
  for (std::uint64_t i = in_flight; i < 200; ++i) push(i);
  std::uint64_t fewest = ~std::uint64_t{0};
  for (std::uint64_t first = 200; first < 800; first += 200) {
    const std::uint64_t before = testing::allocations();
    for (std::uint64_t i = first; i < first + 200; ++i) push(i);
    fewest = std::min(fewest, testing::allocations() - before);
  }
  const ScanSummary summary = runner.finish({});
  EXPECT_EQ(summary.ledger.written, 800u);
  EXPECT_EQ(summary.reason, "");
  return fewest;
}

class HotPath : public ::testing::Test {
 protected:
  HotPath()
      : directory_(std::filesystem::temp_directory_path() /
                   ("braggd-hot-path-" + std::to_string(::getpid()))) {}
  ~HotPath() override { std::filesystem::remove_all(directory_); }
  void SetUp() override {
    if (!testing::allocations_are_counted()) GTEST_SKIP() << "allocations cannot be counted here";
  }
  std::string nexus_file() const { return "{type: nexus_file, directory: " + directory_.string() + "}"; }

 private:
  std::filesystem::path directory_;
};

TEST_F(HotPath, AWarmFrameAllocatesNothingOfItsOwnOnItsWayIntoTheNullSink) {
  EXPECT_LE(allocations_when_warm("{type: \"null\"}", 100), tbb_queue_blocks);
}

TEST_F(HotPath, AWarmFrameAllocatesNothingOfItsOwnOnItsWayIntoAFileWhoseChunksAreNotFull) {
  EXPECT_LE(allocations_when_warm(nexus_file(), 20), tbb_queue_blocks);
}

// 40000 peaks fill 2 chunks of 16384 rows, or 3; each is written column by column, and HDF5 allocates for it.
TEST_F(HotPath, AFullChunkOfPeaksCostsABoundedNumberOfAllocationsAColumn) {
  constexpr std::uint64_t chunks = 3, columns = 20, for_each = 200;
  const std::uint64_t made = allocations_when_warm(nexus_file(), 200);
  EXPECT_GT(made, tbb_queue_blocks) << "no chunk was written";
  EXPECT_LE(made, chunks * columns * for_each);
}

TEST_F(HotPath, AStageThatMakesItsProductAnewIsFoundOut) {
  EXPECT_GE(allocations_when_warm<Wasteful>("{type: \"null\"}", 100), 150u);  // some fall into the next 200
}

}  // namespace
}  // namespace braggd
