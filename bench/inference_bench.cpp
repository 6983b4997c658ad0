// Patches a second of one core, from raw patches to positions: `inference_bench BUNDLE...` prints JSON. Best of several
// runs: on a machine that others use, the fastest is nearest to the truth.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "core/allocator.hpp"
#include "inference/peak_network.hpp"
#include "inference/script_module.hpp"
#include "learning/training_patches.hpp"

namespace {

using namespace braggd;

constexpr std::size_t n_patches = 4096;
constexpr int n_runs = 15;

double patches_per_second(const PeakNetwork& network, const TrainingPatches& patches) {
  std::vector<PatchPosition> places(patches.size());
  double best = 1e30;
  for (int run = 0; run < n_runs; ++run) {
    const auto begun = std::chrono::steady_clock::now();
    network.locate(patches.pixels, patches.thresholds, places);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  }
  return static_cast<double>(patches.size()) / best;
}

}  // namespace

int main(int argc, char** argv) {
  tune_allocator();
  try {
    std::printf("{\"linear_algebra\": \"%s\", \"networks\": [", linear_algebra_in_use().c_str());
    const char* comma = "";
    for (int i = 1; i < argc; ++i) {
      TrainingPatches patches;
      for (const char* precision : {"float32", "bfloat16"}) {
        const PeakNetwork network = PeakNetwork::load(argv[i], {"cpu", precision});
        if (patches.size() == 0) {
          patches = make_training_patches(judging_set(network.manifest().patch_px, {.seed = 1}), n_patches);
        }
        std::printf(
            "%s\n  {\"id\": \"%s\", \"precision\": \"%s\", \"batch\": %u, \"patches_per_second\": %.0f}",
            comma, network.manifest().id.c_str(), precision, network.manifest().batch,
            patches_per_second(network, patches));
        comma = ",";
      }
    }
    std::printf("\n]}\n");
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "inference_bench: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
