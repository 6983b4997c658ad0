// The kernels of the frame path on the standard data sets, beside what liblz4 alone needs for the same bytes (L), the
// plain form, a copy of the frame and the rate at which memory is read: every figure is to be read as a ratio. The rare
// event indicator's encoder is held against the most multiply-adds that a core does.
#include <benchmark/benchmark.h>
#include <cstring>
#include <lz4.h>
#include <numeric>
#include <random>
#include <string>

#include "core/allocator.hpp"
#include "data_sets.hpp"
#include "kernels/chunk.hpp"
#include "kernels/components.hpp"
#include "kernels/rei_encoder.hpp"
#include "kernels/sparsify.hpp"
#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>
#endif

namespace {

using namespace braggd;
using braggd::bench::data_set;
using braggd::bench::DataSet;
using braggd::bench::DataSetKey;

SparsifyRule rule_of(const DataSet& set) {
  SparsifyRule rule;
  rule.dark = set.dark;
  rule.at_least = set.at_least;
  rule.max_pixels = 1U << 22U;
  return rule;
}

/// Runs `body` on one frame after the other.
template <class Body>
void over_frames(benchmark::State& state, const DataSet& set, Body&& body) {
  std::size_t at = 0;
  for (auto _ : state) body(set.frames[at++ % set.frames.size()]);
  const double bytes = static_cast<double>(set.shape.pixels() * bytes_per_pixel(set.pixel_type));
  state.counters["frames/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["pixel_bytes/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * bytes, benchmark::Counter::kIsRate);
}

// L: what liblz4 alone needs for the blocks of the frame.
void liblz4_alone(benchmark::State& state, const DataSetKey& key) {
  std::vector<char> block(8192);
  over_frames(state, data_set(key), [&](const Frame& frame) {
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

// liblz4, unshuffled to a frame, compared pixel by pixel: the definition.
void plain_form(benchmark::State& state, const DataSetKey& key) {
  const DataSet& set = data_set(key);
  std::vector<std::byte> raw(set.shape.pixels() * bytes_per_pixel(set.pixel_type));
  DenseFrame dense;
  dense.shape = set.shape;
  dense.pixels.resize(set.shape.pixels());
  SparseFrame sparse;
  over_frames(state, set, [&](const Frame& frame) {
    decode_chunk(frame.encoding, bytes_per_pixel(set.pixel_type), frame.bytes.view(), raw);
    to_dense(set.pixel_type, raw, {}, ~std::uint64_t{0}, dense.pixels, dense.saturated);
    for (std::size_t i = 0; i < set.dark.size(); ++i) dense.pixels[i] -= set.dark[i];
    sparse.index.clear();
    sparse.value.clear();
    threshold_dense(dense, set.at_least, 1U << 22U, sparse);
  });
}

void sparsify(benchmark::State& state, const DataSetKey& key) {
  const DataSet& set = data_set(key);
  const Sparsifier sparsifier(set.pixel_type, set.shape, rule_of(set));
  SparseFrame sparse;
  sparsifier.run(set.frames[0].encoding, set.frames[0].bytes.view(), sparse);  // the limits are made
  over_frames(state, set, [&](const Frame& frame) {
    if (!sparsifier.run(frame.encoding, frame.bytes.view(), sparse).ok()) state.SkipWithError("damaged");
  });
  state.counters["kept"] = static_cast<double>(sparse.index.size());
}

void components(benchmark::State& state, const DataSetKey& key) {
  const DataSet& set = data_set(key);
  const Sparsifier sparsifier(set.pixel_type, set.shape, rule_of(set));
  std::vector<SparseFrame> sparse(set.frames.size());
  for (std::size_t i = 0; i < sparse.size(); ++i) {
    sparsifier.run(set.frames[i].encoding, set.frames[i].bytes.view(), sparse[i]);
  }
  ComponentList list;
  std::uint64_t kept = 0;
  over_frames(state, set, [&](const Frame& frame) {
    const SparseFrame& pixels = sparse[static_cast<std::size_t>(&frame - set.frames.data())];
    find_components(pixels, 1, 100000, list);
    kept += pixels.index.size();
    benchmark::DoNotOptimize(list.components.data());
  });
  state.counters["ns/kept"] = benchmark::Counter(static_cast<double>(kept) * 1e-9,
                                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

constexpr std::size_t frame_bytes = std::size_t{4096} * 4096 * 2;

void copy_of_a_frame(benchmark::State& state) {
  std::vector<std::byte> from(frame_bytes * 4), to(frame_bytes);
  std::size_t at = 0;
  for (auto _ : state) {
    std::memcpy(to.data(), from.data() + (at++ % 4) * to.size(), to.size());
    benchmark::ClobberMemory();
  }
}

void memory_read(benchmark::State& state) {
  const std::vector<std::uint64_t> words(std::size_t{512} << 17, 1);
  for (auto _ : state) benchmark::DoNotOptimize(std::reduce(words.begin(), words.end()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(words.size() * sizeof(words[0])));
}

void count_products(benchmark::State& state, double each) {
  state.counters["products/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * each, benchmark::Counter::kIsRate);
}

// Patches of noise through the encoder of the rare event indicator: its time does not depend on what it sees.
void rei_encoder(benchmark::State& state, KernelSet set) {
  constexpr std::size_t n = 256;
  std::mt19937 random(1);
  const auto noise = [&](std::size_t size) {
    std::vector<float> values(size);
    for (float& value : values) value = static_cast<float>(random() % 2001) / 10000 - 0.1F;
    return values;
  };
  ReiStatistics statistics;
  statistics.variance.fill(1);
  const ReiEncoder encoder(noise(rei_encoder_weights), statistics);
  const std::vector<float> patches = noise(n * rei_patch_pixels);
  std::vector<float> embeddings(n * rei_dimensions);
  for (auto _ : state) {
    encoder.encode_with(set, patches, embeddings);
    benchmark::DoNotOptimize(embeddings.data());
  }
  constexpr double products_a_patch = 528137;  // those on the borders of zeros left out
  count_products(state, n * products_a_patch);
  state.counters["patches/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * n, benchmark::Counter::kIsRate);
}

#if BRAGGD_X86_KERNELS
// The most fused multiply-adds that a core does: sums in registers that do not wait for each other.
constexpr int n_sums = 12, n_turns = 1000;

BRAGGD_TARGET_AVX2_FMA void most_products_avx2(benchmark::State& state) {
  __m256 sums[n_sums], x = _mm256_set1_ps(0.5F);
#pragma GCC unroll 12
  for (__m256& sum : sums) sum = _mm256_setzero_ps();
  for (auto _ : state) {
    benchmark::DoNotOptimize(x);
    for (int turn = 0; turn < n_turns; ++turn) {
#pragma GCC unroll 12
      for (__m256& sum : sums) sum = _mm256_fmadd_ps(x, x, sum);
    }
  }
#pragma GCC unroll 12
  for (__m256& sum : sums) benchmark::DoNotOptimize(sum);
  count_products(state, n_turns * n_sums * 8);
}

BRAGGD_TARGET_AVX512 void most_products_avx512(benchmark::State& state) {
  __m512 sums[n_sums], x = _mm512_set1_ps(0.5F);
#pragma GCC unroll 12
  for (__m512& sum : sums) sum = _mm512_setzero_ps();
  for (auto _ : state) {
    benchmark::DoNotOptimize(x);
    for (int turn = 0; turn < n_turns; ++turn) {
#pragma GCC unroll 12
      for (__m512& sum : sums) sum = _mm512_fmadd_ps(x, x, sum);
    }
  }
#pragma GCC unroll 12
  for (__m512& sum : sums) benchmark::DoNotOptimize(sum);
  count_products(state, n_turns * n_sums * 16);
}
#endif

void register_encoder() {
  for (const KernelSet set : supported_kernel_sets()) {
    if (set > KernelSet::avx512) continue;  // the encoder has no form of its own there
    benchmark::RegisterBenchmark(("rei_encoder:" + std::string(name_of(set))).c_str(), rei_encoder, set)
        ->Unit(benchmark::kMillisecond);
#if BRAGGD_X86_KERNELS
    if (set == KernelSet::avx2 && __builtin_cpu_supports("fma")) {
      benchmark::RegisterBenchmark("most_products:avx2", most_products_avx2);
    }
    if (set == KernelSet::avx512) benchmark::RegisterBenchmark("most_products:avx512", most_products_avx512);
#endif
  }
}

void register_all() {
  benchmark::RegisterBenchmark("memory_read", memory_read)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("copy_of_a_frame", copy_of_a_frame)->Unit(benchmark::kMillisecond);
  for (const DataSetKey& key : bench::standard_data_sets()) {
    const auto add = [&](const char* what, void (*function)(benchmark::State&, const DataSetKey&)) {
      benchmark::RegisterBenchmark((std::string(what) + "/" + name_of(key)).c_str(), function, key)
          ->Unit(benchmark::kMillisecond);
    };
    if (key.encoding == Encoding::bslz4) add("liblz4_alone", liblz4_alone);
    if (key.spots == 500) add("plain_form", plain_form);
    add("sparsify", sparsify);
    add("components", components);
  }
  register_encoder();
}

}  // namespace

int main(int argc, char** argv) {
  restart_with_huge_pages();
  tune_allocator();
  register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
