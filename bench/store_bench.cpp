// Look-ups and appends of a model store in which 100,000 scans, as many scores and 100 models are registered. The store is
// made anew in the directory for temporary files (TMPDIR), which must be on the kind of disk that is asked about.
#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "inference/model_bundle.hpp"
#include "learning/model_store.hpp"
#include "simulation/random.hpp"

namespace {

using namespace braggd;
namespace fs = std::filesystem;

constexpr std::size_t n_scans = 100'000, n_models = 100, n_clusters = 40;

ScanRecord scan_number(std::size_t i) {
  ScanRecord scan;
  scan.id = "scan-" + std::to_string(i);
  scan.file = "/data/2026-1/sample/" + scan.id + ".h5";
  scan.file_bytes = std::uint64_t{12} << 30U;
  scan.n_frames = 1440;
  scan.first_omega_deg = -180;
  scan.last_omega_deg = 179.75;
  scan.detector = "GE3";
  return scan;
}

ScoreRecord score_of(std::size_t scan, const std::string& model) {
  ScoreRecord score;
  score.scan_id = "scan-" + std::to_string(scan);
  score.model_id = model;
  score.n_patches = 50'000;
  score.n_low = 6'000;
  score.rei = 0.12;
  score.rei_error = 0.0015;
  score.jsd = 0.1;
  return score;
}

class FilledStore {
 public:
  FilledStore() {
    std::string name = (fs::temp_directory_path() / "braggd-store-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    work = name;
    store.emplace(ModelStore::open(work / "store"));
    Random random(1, RandomStream::cluster);
    const ModelBundle shipped = read_bundle(BRAGGD_BUNDLE);
    for (std::size_t i = 0; i < n_models; ++i) {
      ModelBundle bundle = shipped;
      bundle.manifest.name = "model-" + std::to_string(i);
      ModelRecord record = record_of(write_bundle(work / "bundle", bundle.manifest, bundle.script));
      record.baseline = ModelBaseline{0.1, 0.01, 0.4, {}};
      for (std::size_t k = 0; k < n_clusters; ++k) record.baseline->histogram.push_back(random.uniform(0, 1));
      store->add_model(work / "bundle", record);
      store->promote(record.id);
      models.push_back(record.id);
    }
    for (std::size_t i = 0; i < n_scans; ++i) {
      store->add_scan(scan_number(i));
      store->add_score(score_of(i, models[i % n_models]));
    }
  }
  ~FilledStore() {
    store.reset();
    std::error_code ignored;
    fs::remove_all(work, ignored);
  }

  fs::path work;
  std::optional<ModelStore> store;
  std::vector<std::string> models;
  std::size_t next_scan = n_scans, next_score = n_scans;
};

FilledStore& filled() {
  static FilledStore store;
  return store;
}

// One call after the other, with its tail: the mean alone would hide the checkpoints.
template <class Body>
void measure(benchmark::State& state, const Body& body) {
  FilledStore& all = filled();
  std::vector<double> times_us;
  std::size_t i = 0;
  for (auto _ : state) {
    const auto begun = std::chrono::steady_clock::now();
    body(all, i++);
    times_us.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun).count());
  }
  std::sort(times_us.begin(), times_us.end());
  const auto share = [&](double part) {
    return times_us[static_cast<std::size_t>(part * static_cast<double>(times_us.size() - 1))];
  };
  state.counters["median_us"] = share(0.5);
  state.counters["p99_us"] = share(0.99);
  state.counters["p99.9_us"] = share(0.999);
  state.counters["max_us"] = times_us.back();
}

// Far apart, so that it is not always the same page that is read.
std::size_t somewhere(std::size_t i) {
  return i * 7919 % n_scans;
}

void look_up_scan(benchmark::State& state) {
  measure(state, [](FilledStore& all, std::size_t i) {
    benchmark::DoNotOptimize(all.store->scan("scan-" + std::to_string(somewhere(i))));
  });
}

void look_up_score(benchmark::State& state) {
  measure(state, [](FilledStore& all, std::size_t i) {
    const std::size_t scan = somewhere(i);
    benchmark::DoNotOptimize(
        all.store->score("scan-" + std::to_string(scan), all.models[scan % n_models], ReiMode::stream));
  });
}

void look_up_active_model(benchmark::State& state) {
  measure(state, [](FilledStore& all, std::size_t i) {
    benchmark::DoNotOptimize(all.store->active_model("model-" + std::to_string(i % n_models)));
  });
}

void scores_of_a_model(benchmark::State& state) {
  measure(state, [](FilledStore& all, std::size_t i) {
    benchmark::DoNotOptimize(all.store->scores(all.models[i % n_models]));
  });
}

void append_scan(benchmark::State& state) {
  measure(state, [](FilledStore& all, std::size_t) { all.store->add_scan(scan_number(all.next_scan++)); });
}

// To scans that have none of this model yet.
void append_score(benchmark::State& state) {
  measure(state, [](FilledStore& all, std::size_t) {
    const std::size_t at = all.next_score++;
    all.store->add_score(score_of(somewhere(at), all.models[(somewhere(at) + at / n_scans) % n_models]));
  });
}

void open_store(benchmark::State& state) {
  measure(state, [](FilledStore& all, std::size_t) { ModelStore::open_existing(all.work / "store"); });
}

BENCHMARK(look_up_scan)->UseRealTime();
BENCHMARK(look_up_score)->UseRealTime();
BENCHMARK(look_up_active_model)->UseRealTime();
BENCHMARK(scores_of_a_model)->UseRealTime();
BENCHMARK(append_scan)->UseRealTime();
BENCHMARK(append_score)->UseRealTime();
BENCHMARK(open_store)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
