// The kernels of the frame path on simulated 4096 x 4096 frames, beside the plain liblz4 decoding of the same bytes and
// a copy of the same frame, so that every figure can be read as a ratio.
#include <benchmark/benchmark.h>
#include <cstring>
#include <lz4.h>
#include <map>
#include <string>
#include <vector>

#include "core/allocator.hpp"
#include "kernels/chunk.hpp"
#include "kernels/components.hpp"
#include "kernels/sparsify.hpp"
#include "simulation/presets.hpp"
#include "simulation/simulated_scan.hpp"

namespace {

using namespace braggd;

constexpr std::uint64_t frames_in_rotation = 16;  // more than the last-level cache holds

/// A data set: some frames of it, encoded, with the threshold that suits it.
struct DataSet {
  Shape shape;
  std::vector<Frame> frames;
  float at_least = 0;
};

DataSet make_data_set(const std::string& name) {
  const bool panel = name == "panel 5";
  SimulationConfig config = simulation_preset(panel ? "panel" : "counting");
  config.frames = frames_in_rotation;
  config.background_counts = name == "counting 0" ? 0 : 0.1;
  config.noise_sigma = 5;
  if (name == "counting 0") config.spots_per_frame = 50;
  SimulatedScan scan(config);
  DataSet set{{config.rows, config.cols}, {}, panel ? 1960.F : 6.F};
  for (std::uint64_t i = 0; i < frames_in_rotation; ++i) set.frames.push_back(scan.read(i).value());
  return set;
}

const DataSet& data_set(const std::string& name) {
  static std::map<std::string, DataSet> sets;
  auto found = sets.find(name);
  if (found == sets.end()) found = sets.emplace(name, make_data_set(name)).first;
  return found->second;
}

const char* const names[] = {"counting 0", "counting 0.1", "panel 5"};

SparsifyRule rule_of(const DataSet& set) {
  SparsifyRule rule;
  rule.at_least = set.at_least;
  rule.max_pixels = 1U << 22U;
  return rule;
}

/// Runs `body` on one frame after the other.
template <class Body>
void over_frames(benchmark::State& state, Body&& body) {
  const DataSet& set = data_set(names[state.range(0)]);
  std::size_t at = 0;
  for (auto _ : state) body(set, set.frames[at++ % set.frames.size()]);
  state.SetLabel(names[state.range(0)]);
  state.counters["frames/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

// L: what liblz4 alone needs for the blocks of the frame.
void liblz4_alone(benchmark::State& state) {
  std::vector<char> block(8192);
  over_frames(state, [&](const DataSet&, const Frame& frame) {
    const auto bytes = frame.bytes.view();
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data()) + 12;
    const auto* end = reinterpret_cast<const unsigned char*>(bytes.data()) + bytes.size();
    while (at + 4 < end) {
      const int size = at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
      benchmark::DoNotOptimize(
          LZ4_decompress_safe(reinterpret_cast<const char*>(at + 4), block.data(), size, 8192));
      at += 4 + size;
    }
  });
}

void decode_chunk_to_frame(benchmark::State& state) {
  std::vector<std::byte> pixels(std::size_t{4096} * 4096 * 2);
  over_frames(state, [&](const DataSet&, const Frame& frame) {
    if (decode_chunk(frame.encoding, 2, frame.bytes.view(), pixels) != ChunkError::none)
      state.SkipWithError("damaged");
  });
}

void sparsify_chunk(benchmark::State& state) {
  const Sparsifier sparsifier(PixelType::u16, data_set(names[state.range(0)]).shape,
                              rule_of(data_set(names[state.range(0)])));
  SparseFrame sparse;
  over_frames(state, [&](const DataSet&, const Frame& frame) {
    sparsifier.run(frame.encoding, frame.bytes.view(), sparse);
  });
  state.counters["pixels"] = static_cast<double>(sparse.index.size());
}

void components_of_sparse_pixels(benchmark::State& state) {
  std::vector<std::byte> pixels(std::size_t{4096} * 4096 * 2);
  const DataSet& set = data_set(names[state.range(0)]);
  SparseFrame sparse;
  Sparsifier(PixelType::u16, set.shape, rule_of(set))
      .run(set.frames[0].encoding, set.frames[0].bytes.view(), sparse);
  sparse.shape = set.shape;
  over_frames(state, [&](const DataSet&, const Frame&) {
    ComponentList list;
    find_components(sparse, 1, 100000, list);
    benchmark::DoNotOptimize(list.components.data());
  });
  state.counters["ns/pixel"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(sparse.index.size()) * 1e-9,
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void copy_of_a_frame(benchmark::State& state) {
  std::vector<std::byte> from(std::size_t{4096} * 4096 * 2 * 4), to(std::size_t{4096} * 4096 * 2);
  std::size_t at = 0;
  for (auto _ : state) {
    std::memcpy(to.data(), from.data() + (at++ % 4) * to.size(), to.size());
    benchmark::ClobberMemory();
  }
}

BENCHMARK(liblz4_alone)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);
BENCHMARK(decode_chunk_to_frame)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);
BENCHMARK(sparsify_chunk)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);
BENCHMARK(components_of_sparse_pixels)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);
BENCHMARK(copy_of_a_frame)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  braggd::tune_allocator();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
