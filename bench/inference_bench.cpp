// What one core places in a second: `inference_bench BUNDLE...` prints JSON. For each network that locates peaks, patches
// from raw ones to positions, and its script alone in LibTorch on patches that are prepared already; spots that are
// fitted, in the plain form too. The forms take turns and the best of several runs counts: on a machine that others use,
// the fastest is nearest to the truth, and ratios nearer than rates.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "core/allocator.hpp"
#include "inference/peak_network.hpp"
#include "inference/script_module.hpp"
#include "kernels/spot_fit.hpp"
#include "learning/training_patches.hpp"

namespace {

using namespace braggd;

constexpr std::size_t n_patches = 4096;
constexpr std::size_t n_fits = 500;
constexpr int n_runs = 15;

double seconds_of(const auto& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

void print_network(const ModelBundle& bundle, const char* precision, const TrainingPatches& patches) {
  const ModelManifest& manifest = bundle.manifest;
  const PeakNetwork network(bundle, {"cpu", precision}, manifest.id);
  const ScriptModule script(bundle.script,
                            {manifest.batch, manifest.channels(), manifest.patch_px, manifest.outputs()},
                            "cpu", network.running_on().ends_with("bfloat16"));
  std::vector<PatchPosition> places(patches.size());
  std::vector<float> input(manifest.batch * manifest.channels() * manifest.patch_pixels(), 0.5F),
      answers(std::size_t{manifest.batch} * manifest.outputs());
  double whole = 1e30, alone = 1e30;
  for (int run = 0; run < n_runs; ++run) {
    whole = std::min(whole, seconds_of([&] {
                       network.locate(patches.pixels, patches.thresholds, patches.noises, places);
                     }));
    alone = std::min(alone, seconds_of([&] {
                       for (std::size_t i = 0; i < n_patches; i += manifest.batch) script.run(input, answers);
                     }));
  }
  std::printf(
      "{\"id\": \"%s\", \"precision\": \"%s\", \"patches_per_second\": %.0f, "
      "\"script_patches_per_second\": %.0f}",
      manifest.id.c_str(), precision, n_patches / whole, n_patches / alone);
}

struct Spot {
  std::vector<float> patch;
  PatchTruth truth;
  std::optional<PatchPlace> other;
};

/// `together`: with the second spot where the patch shows one.
void print_fits(std::uint32_t patch_px, bool together) {
  PatchSet set(judging_set(patch_px, {.seed = 1}));
  std::vector<Spot> spots(n_fits);
  const double middle = patch_px / 2;
  for (std::size_t i = 0; i < spots.size(); ++i) {
    Spot& spot = spots[i];
    spot.patch.resize(std::size_t{patch_px} * patch_px);
    spot.truth = set.make(i, spot.patch);
    const PatchPlace other{std::round(spot.truth.other_row), std::round(spot.truth.other_col)};
    const bool shown = std::abs(other.row - middle) <= middle && std::abs(other.col - middle) <= middle;
    if (together && shown) spot.other = other;
  }
  const auto fit_all = [&](auto fit) {
    for (const Spot& spot : spots) {
      const NoiseModel noise{double{spot.truth.noise_sigma}, double{spot.truth.signal_variance}};
      fit(spot.patch, patch_px, double{spot.truth.threshold}, noise, PatchPlace{middle, middle}, spot.other);
    }
  };
  double lanes = 1e30, plain = 1e30;
  for (int run = 0; run < n_runs; ++run) {
    lanes = std::min(lanes, seconds_of([&] { fit_all(fit_spot); }));
    plain = std::min(plain, seconds_of([&] { fit_all(fit_spot_plainly); }));
  }
  std::printf(
      "{\"patch_px\": %u, \"second_spots\": %s, \"fits_per_second\": %.0f, \"of_the_plain_form\": %.0f}",
      patch_px, together ? "true" : "false", n_fits / lanes, n_fits / plain);
}

}  // namespace

int main(int argc, char** argv) {
  tune_allocator();
  try {
    std::printf("{\"linear_algebra\": \"%s\", \"networks\": [", linear_algebra_in_use().c_str());
    const char* comma = "\n  ";
    for (int i = 1; i < argc; ++i) {
      const ModelBundle bundle = read_bundle(argv[i]);
      if (bundle.manifest.task != locate_peaks_task) continue;
      const TrainingPatches patches =
          make_training_patches(judging_set(bundle.manifest.patch_px, {.seed = 1}), n_patches);
      for (const char* precision : {"float32", "bfloat16"}) {
        std::printf("%s", comma);
        print_network(bundle, precision, patches);
        comma = ",\n  ";
      }
    }
    std::printf("\n], \"fits\": [\n  ");
    print_fits(11, false);
    std::printf(",\n  ");
    print_fits(11, true);
    std::printf("\n]}\n");
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "inference_bench: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
