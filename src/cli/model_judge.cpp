#include "cli/model_judge.hpp"

#include <algorithm>
#include <cstdio>
#include <list>

#include <braggd/error.hpp>

#include "cli/exit_code.hpp"
#include "learning/accuracy_report.hpp"
#include "learning/split_report.hpp"

namespace braggd {

namespace {

constexpr std::uint32_t usual_patch_px = 11;

struct JudgeVerb {
  std::vector<std::string> bundles;
  std::string device = "auto";
  JudgingOptions judging;
};

void print_table(const std::string& title, const std::string& table) {
  std::printf("\n%s\n\n%s", title.c_str(), table.c_str());
  std::fflush(stdout);
}

/// The tables of one set of patches: by class, detector and brightness.
void print_tables(const std::string& title, const PatchSetConfig& set, std::size_t n,
                  std::span<const JudgedNetwork> networks) {
  const JudgingPatches patches = make_judging_patches(set, n);
  const std::vector<JudgedEstimator> all = judge_all(patches, networks);
  print_table(
      title + "; mean, median, 75 %, 95 % of the distance to the truth in px; processor time in us a patch",
      accuracy_table(patches, all, groups_by_class(patches), true));
  for (const DetectorKind detector : {DetectorKind::counting, DetectorKind::panel}) {
    const std::string name = detector == DetectorKind::counting ? ", photon counters" : ", flat panels";
    print_table(title + name, accuracy_table(patches, all, groups_by_class(patches, detector), true));
    print_table(title + name + ", isolated spots by their highest expected pixel in thresholds",
                accuracy_table(patches, all, groups_by_brightness(patches, detector), false));
  }
}

/// All tables of one size of patches.
void print_report(std::uint32_t patch_px, const JudgingOptions& judging,
                  std::span<const JudgedNetwork> networks) {
  const std::string size = std::to_string(patch_px) + " x " + std::to_string(patch_px) + " px";
  print_tables("Spots with narrow wings, " + size, judging_set(patch_px, judging), judging.patches, networks);
  print_tables("Spots with wide wings over a background of 0 to 0.8 counts a pixel, " + size,
               winged_judging_set(patch_px, judging), judging.patches, networks);
  const JudgingPatches smeared = make_judging_patches(smeared_judging_set(patch_px, judging),
                                                      std::max<std::size_t>(judging.patches / 4, 100));
  print_table("Spots with a tail to one side, " + size + "; the truth is the centroid of the expected counts",
              accuracy_table(smeared, judge_all(smeared, networks), groups_by_class(smeared), false));
}

// The accuracy tables of models/README.md, networks by the size of their patches.
int judge_bundles(const JudgeVerb& options) {
  if (options.judging.sigma.min_px > options.judging.sigma.max_px) {
    throw ConfigError("the narrowest spots are wider than the widest", "sigma-min");
  }
  std::list<PeakNetwork> loaded;
  for (const std::string& bundle : options.bundles) {
    for (const char* precision : {"float32", "bfloat16"})
      loaded.push_back(PeakNetwork::load(bundle, {options.device, precision}));
  }
  std::vector<std::uint32_t> sizes;
  for (const PeakNetwork& network : loaded) sizes.push_back(network.manifest().patch_px);
  if (sizes.empty()) sizes.push_back(usual_patch_px);
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  print_table("Share of the maxima beside a higher one of their component that counts, by split_significance",
              split_table(judging_set(sizes.front(), options.judging), options.judging.patches));
  for (const std::uint32_t patch_px : sizes) {
    std::vector<JudgedNetwork> networks;
    const char* precision = "float32";
    for (const PeakNetwork& network : loaded) {
      if (network.manifest().patch_px == patch_px)
        networks.push_back({network.manifest().name + ", " + precision, &network});
      precision = precision == std::string_view("float32") ? "bfloat16" : "float32";
    }
    print_report(patch_px, options.judging, networks);
  }
  return exit_ok;
}

}  // namespace

void add_judging_options(CLI::App* verb, JudgingOptions& judging) {
  verb->add_option("--judge-seed", judging.seed, "seed of the patches to be judged on")
      ->check(whole_number())
      ->capture_default_str();
  verb->add_option("--judge-patches", judging.patches, "number of patches to be judged on")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
}

void add_model_judge(CLI::App& model, Action& chosen) {
  const auto options = std::make_shared<JudgeVerb>();
  CLI::App* verb =
      add_verb(model, "judge", "print how far every estimator of a peak's place is off",
               "Simulates patches that no network has seen, of spots distributed otherwise than those "
               "for training, and prints in Markdown how far the centroids, the fits, the networks of "
               "the bundles and the choice by peak are off, beside the Cramer-Rao bound: on spots with "
               "narrow and with wide wings by class of patch, detector and brightness, on spots with a "
               "tail to one side by class. Before it: which maxima `split` takes for spots.",
               "braggd model judge models/braggnn-fast\nbraggd model judge --judge-patches 1000");
  verb->add_option("BUNDLE", options->bundles, "model bundles; none: what needs no network")
      ->expected(0, 100);
  add_device_option(verb, options->device);
  add_judging_options(verb, options->judging);
  add_number(verb, "--sigma-min", options->judging.sigma.min_px,
             "sigma of the narrowest spots; those with wide wings have their own", {0.3, 5}, "PX");
  add_number(verb, "--sigma-max", options->judging.sigma.max_px,
             "sigma of the widest spots; those with wide wings have their own", {0.3, 5}, "PX");
  on_chosen(verb, chosen, options, &judge_bundles);
}

}  // namespace braggd
