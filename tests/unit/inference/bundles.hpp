// Bundles of untrained networks to be tried, patches for them, and ways to damage them.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "inference/model_bundle.hpp"
#include "inference/network_library.hpp"
#include "inference/peak_network.hpp"
#include "inference/script_module.hpp"
#include "learning/network_plan.hpp"
#include "learning/script_writer.hpp"
#include "simulation/random.hpp"

namespace braggd {

#define BRAGGD_SKIP_WITHOUT_NETWORKS() \
  if (!networks_available()) GTEST_SKIP() << "built without LibTorch"

/// The script of a network with random weights, not trained; what braggnn-fast says of its errors depends on the height.
inline Script random_script(const NetworkPlan& plan, std::uint64_t seed) {
  NamedWeights weights = initial_weights(plan, seed);
  if (plan.manifest.sigmas) weights.merge(error_by_height_weights({{0.5F, 3}, {-0.5F, 0.5F}, 0.25F}));
  return deployed_script(plan, weights);
}

inline ModelBundle random_bundle(const std::string& network = "braggnn-fast", std::uint64_t seed = 7) {
  const NetworkPlan plan = network_plan(network);
  return {plan.manifest, write_script(random_script(plan, seed))};
}

/// Patches of a spot each, somewhere, with holes and overhanging ends.
inline std::vector<float> random_patches(std::size_t n, std::uint32_t patch_px, std::uint64_t seed = 3) {
  Random random(seed, RandomStream::patch);
  std::vector<float> pixels;
  for (std::size_t i = 0; i < n; ++i) {
    const double row = random.uniform(2, patch_px - 3.0), col = random.uniform(2, patch_px - 3.0);
    const double peak = random.uniform(10, 1000);
    const bool cut = random.below(4) == 0;
    for (std::uint32_t r = 0; r < patch_px; ++r) {
      for (std::uint32_t c = 0; c < patch_px; ++c) {
        const double x = peak * std::exp(-0.4 * ((r - row) * (r - row) + (c - col) * (c - col)));
        pixels.push_back(cut && c == 0 ? NAN : x < 5 ? 0.0F : static_cast<float>(x));
      }
    }
  }
  return pixels;
}

/// With a golden example, on disk.
inline ModelManifest write_random_bundle(const std::filesystem::path& directory,
                                         const std::string& network = "braggnn-fast") {
  ModelBundle bundle = random_bundle(network);
  GoldenExample example{5, random_patches(1, bundle.manifest.patch_px), {}};
  const PeakNetwork trial(bundle, {"cpu", "float32"}, "trial");
  trial.locate(example.patch, example.threshold, {}, {&example.position, 1});
  bundle.manifest.golden.push_back(example);
  return write_bundle(directory, bundle.manifest, bundle.script);
}

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void replace_content(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace braggd
