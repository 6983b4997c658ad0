#include <atomic>
#include <cstdio>
#include <unistd.h>

#include "cli/exit_code.hpp"
#include "cli/model_judge.hpp"
#include "cli/model_store.hpp"
#include "cli/model_tasks.hpp"
#include "cli/verb.hpp"
#include "inference/model_bundle.hpp"
#include "inference/script_module.hpp"
#include "learning/make_bundle.hpp"
#include "learning/verify_bundle.hpp"
#include "service/signals.hpp"

namespace braggd {

namespace {

struct TrainVerb {
  TrainingOptions training;
  JudgingOptions judging;
  std::string output;
};

struct BundlesVerb {
  std::vector<std::string> bundles;
  std::string store;  // where `show` looks for what is no directory
  InferenceOptions inference;
};

void print_progress(const TrainingProgress& at, std::uint64_t patches) {
  std::fprintf(stderr, "%7.2f of %.2f M patches  loss %.4f px  validation %.4f px  %.0f s left\n",
               static_cast<double>(at.patches) / 1e6, static_cast<double>(patches) / 1e6, at.loss_px,
               at.validation_px, at.seconds_left);
}

int train(const TrainVerb& options) {
  const TrainingOptions& training = options.training;
  network_plan(training.network);  // a wrong name is the first thing to say
  if (training.spots.sigma.min_px > training.spots.sigma.max_px) {
    throw ConfigError("the narrowest spots are wider than the widest", "sigma-min");
  }
  if (training.spots.background_min > training.spots.background_max) {
    throw ConfigError("the lowest background is above the highest", "background-min");
  }
  block_stop_signals();
  std::atomic<bool> stopped = false;
  const SignalWatcher watcher(
      {.on_stop = [&] { stopped = true; }, .on_abort = [] { ::_exit(exit_failure); }, .on_reload = {}});
  const TrainedNetwork trained = train_peak_network(
      training, [&](const TrainingProgress& at) { print_progress(at, training.patches); },
      [&] { return stopped.load(); });
  JudgingOptions judging = options.judging;
  judging.sigma = judging_widths(training.spots.sigma);
  const ModelManifest manifest = make_bundle(options.output, training, trained, judging);
  std::printf("%s: %s, %.2f M patches in %.0f s%s\n%s", options.output.c_str(), manifest.id.c_str(),
              static_cast<double>(trained.patches) / 1e6, trained.seconds,
              trained.interrupted ? ", interrupted: the best so far" : "", accuracy_text(manifest).c_str());
  return exit_ok;
}

void print_network(const ModelManifest& manifest) {
  std::printf("  takes patches of %u x %u px, gives %s%s\n", manifest.patch_px, manifest.patch_px,
              manifest.residual ? "what to add to the centroid with squared weights" : "absolute positions",
              manifest.sigmas ? " and their errors" : "");
}

void print_baseline(const LearntBaseline& learnt) {
  std::printf(
      "  baseline of %llu patches in %u clusters; a patch of confidence below %g counts as an anomaly\n",
      static_cast<unsigned long long>(learnt.n_patches), learnt.n_clusters, learnt.threshold);
  if (learnt.n_repeats == 0) {
    std::printf("  without repeats of the baseline: scans get a score and no decision\n");
  } else {
    std::printf("  %s", null_distribution_text(learnt).c_str());
  }
}

int show(const BundlesVerb& options) {
  for (const std::string& text : options.bundles) {
    const NamedBundle bundle = find_bundle(text, options.store);
    const ModelManifest manifest = read_bundle(bundle.directory).manifest;
    std::printf("%s\n%s  task %s\n", manifest.id.c_str(), bundle.from_store.c_str(), manifest.task.c_str());
    if (manifest.anomaly) {
      print_baseline(*manifest.anomaly);
    } else {
      print_network(manifest);
    }
    std::printf("  trained: %s\n%s", manifest.training.c_str(),
                manifest.anomaly ? "" : accuracy_text(manifest).c_str());
  }
  return exit_ok;
}

int verify(const BundlesVerb& options) {
  bool good = true;
  for (const std::string& bundle : options.bundles) {
    try {
      std::printf("%s: good: %s\n", bundle.c_str(), verify_bundle(bundle, options.inference).c_str());
    } catch (const ConfigError& error) {
      good = false;
      std::fprintf(stderr, "%s\n", error.what());
    }
  }
  std::printf("%s\n", linear_algebra_in_use().c_str());
  return good ? exit_ok : exit_config;
}

void add_train(CLI::App& model, Action& chosen) {
  const auto options = std::make_shared<TrainVerb>();
  TrainingOptions& training = options->training;
  CLI::App* verb = add_verb(
      model, "train", "train a network on simulated patches and write its bundle",
      "Trains NETWORK (braggnn-fast, braggnn-11 or braggnn-15) on simulated spots whose centres are known, "
      "on one "
      "thread or a GPU. The "
      "same options give the same weights on the same machine. Ctrl-C ends it with the best so far, which is "
      "judged and written; "
      "with "
      "--checkpoint a "
      "training that was broken off goes on where it was.",
      "braggd model train braggnn-fast --out my-model --patches 30000000\n"
      "braggd model train braggnn-11 --out my-braggnn --patches 6000000 --checkpoint braggnn.checkpoint");
  verb->add_option("NETWORK", training.network, "the network's name")->required();
  verb->add_option("--out", options->output, "the bundle, a directory; an older bundle is replaced")
      ->required()
      ->check(some("a directory"))
      ->type_name("BUNDLE");
  verb->add_option("--seed", training.seed, "seed of the patches and of the first weights")
      ->check(whole_number())
      ->capture_default_str();
  verb->add_option("--patches", training.patches, "patches that the network sees")
      ->check(CLI::Range(512.0, 1e12))
      ->capture_default_str();
  verb->add_option("--pool", training.pool, "different patches, each seen turned and mirrored in eight ways")
      ->check(CLI::Range(512.0, 1e8))
      ->capture_default_str();
  add_number(verb, "--sigma-min", training.spots.sigma.min_px, "sigma of the narrowest spots", {0.3, 5},
             "PX");
  add_number(verb, "--sigma-max", training.spots.sigma.max_px, "sigma of the widest spots", {0.3, 5}, "PX");
  add_number(verb, "--peak-max", training.spots.peak_max,
             "highest pixel of the brightest spots, in thresholds", {2, 1e4}, "TIMES");
  add_number(verb, "--lorentz-max", training.spots.lorentz_max, "highest share of the Lorentzian in a spot",
             {0, 1}, "SHARE");
  add_number(verb, "--winged", training.spots.winged_share,
             "share of spots whose Lorentzian falls with the square of the distance; others': the cube",
             {0, 1}, "SHARE");
  add_number(verb, "--background-min", training.spots.background_min, "lowest background of photon counters",
             {0, 2}, "COUNTS");
  add_number(verb, "--background-max", training.spots.background_max, "highest background of photon counters",
             {0, 2}, "COUNTS");
  add_number(verb, "--tailed", training.tailed_share, "share of spots that are smeared to one side", {0, 1},
             "SHARE");
  verb->add_option(
          "--start-from", training.start_from,
          "bundle of the same network whose training goes on, with half the learning rate: a new detector "
          "or beam needs few patches")
      ->type_name("BUNDLE");
  verb->add_option("--minutes", training.minutes, "end after so many minutes; 0: no limit")
      ->check(number_within(0, 1e6))
      ->type_name("MINUTES");
  verb->add_option("--checkpoint", training.checkpoint,
                   "file that is written now and then and taken up again")
      ->type_name("FILE");
  add_device_option(verb, training.device);
  add_judging_options(verb, options->judging);
  on_chosen(verb, chosen, options, &train);
}

void add_bundles_verb(CLI::App& model, Action& chosen, const char* name, const char* summary,
                      const char* description, const char* example, int (*action)(const BundlesVerb&)) {
  const auto options = std::make_shared<BundlesVerb>();
  CLI::App* verb = add_verb(model, name, summary, description, example);
  verb->add_option("BUNDLE", options->bundles, "model bundles")->required()->expected(1, 100);
  const std::string_view is = name;
  if (is == "show") add_store_option(verb, options->store);
  if (is != "show") add_device_option(verb, options->inference.device);
  if (is == "verify") {
    verb->add_option("--precision", options->inference.precision, "auto, float32 or bfloat16")
        ->capture_default_str();
  }
  on_chosen(verb, chosen, options, action);
}

}  // namespace

void add_model(CLI::App& app, Action& chosen) {
  CLI::App* verb = add_verb(
      app, "model", "train, show, verify and judge model bundles, and keep them in a store",
      "A model bundle is a directory with manifest.json and script.pt: a trained network that "
      "places peaks, what it takes and gives, how it was trained and how good it is. A script is "
      "a program: take bundles only from where you would take programs. A store keeps bundles and what is "
      "known of them; one model of a name is the active one.",
      "braggd model show models/braggnn-fast\nbraggd model verify models/braggnn-fast\n"
      "braggd model import models/braggnn-fast\nbraggd model list");
  verb->require_subcommand(1);
  add_train(*verb, chosen);
  add_bundles_verb(
      *verb, chosen, "show", "say what a bundle is",
      "Reads the manifest and holds the script against its SHA-256; runs nothing. What is no "
      "directory is looked for in the store, by id, by the beginning of an id or by the name of an "
      "active model.",
      "braggd model show models/braggnn-fast\nbraggd model show braggnn-fast", &show);
  add_bundles_verb(
      *verb, chosen, "verify", "load bundles and run them on their golden examples",
      "Does all that a pipeline does with a bundle before it is used, and says which linear algebra is "
      "in use.",
      "braggd model verify models/braggnn-fast --precision bfloat16", &verify);
  add_model_judge(*verb, chosen);
  add_model_store(*verb, chosen);
  add_model_tasks(*verb, chosen);
}

}  // namespace braggd
