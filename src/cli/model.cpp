#include <atomic>
#include <cstdio>
#include <unistd.h>

#include "cli/exit_code.hpp"
#include "cli/model_store.hpp"
#include "cli/model_tasks.hpp"
#include "cli/verb.hpp"
#include "inference/peak_network.hpp"
#include "inference/script_module.hpp"
#include "learning/accuracy.hpp"
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
  JudgingOptions judging;
};

void print_progress(const TrainingProgress& at, std::uint64_t patches) {
  std::fprintf(stderr, "%7.2f of %.2f M patches  loss %.4f px  validation %.4f px  %.0f s left\n",
               static_cast<double>(at.patches) / 1e6, static_cast<double>(patches) / 1e6, at.loss_px,
               at.validation_px, at.seconds_left);
}

int train(const TrainVerb& options) {
  const TrainingOptions& training = options.training;
  network_plan(training.network);  // a wrong name is the first thing to say
  block_stop_signals();
  std::atomic<bool> stopped = false;
  const SignalWatcher watcher([&] { stopped = true; }, [] { ::_exit(exit_failure); });
  const TrainedNetwork trained = train_peak_network(
      training, [&](const TrainingProgress& at) { print_progress(at, training.patches); },
      [&] { return stopped.load(); });
  const ModelManifest manifest = make_bundle(options.output, training, trained, options.judging);
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
    std::printf("  REI of %u repeats %.4f, standard deviation %.4f beyond counting, overdispersion %.2f\n",
                learnt.n_repeats, learnt.rei_mean, learnt.rei_sd, learnt.overdispersion);
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

void print_row(const std::string& name, const std::vector<ClassAccuracy>& classes) {
  std::printf("| %s |", name.c_str());
  for (const ClassAccuracy& c : classes) std::printf(" %.4f %.4f %.4f |", c.mean_px, c.median_px, c.p95_px);
  std::printf("\n");
}

void print_head(const TrainingPatches& patches) {
  const std::vector<ClassAccuracy> classes = judge(patches, centroid_estimator(CentroidWeight::squared));
  std::printf("\nPatches of %u x %u px; mean, median, 95 %% of the distance to the truth in px\n\n| |",
              patches.patch_px, patches.patch_px);
  for (const ClassAccuracy& c : classes) {
    std::printf(" %s (%llu) |", c.name.c_str(), static_cast<unsigned long long>(c.n_patches));
  }
  std::printf("\n| --- |");
  for (std::size_t i = 0; i < classes.size(); ++i) std::printf(" --- |");
  std::printf("\n");
  print_row("centroid, weights x", judge(patches, centroid_estimator(CentroidWeight::intensity)));
  print_row("centroid, weights x - threshold",
            judge(patches, centroid_estimator(CentroidWeight::above_threshold)));
  print_row("centroid, weights x^2", classes);
}

// The accuracy table of models/README.md, networks by the size of their patches.
int judge_bundles(const BundlesVerb& options) {
  for (const std::uint32_t patch_px : {11U, 15U}) {
    TrainingPatches patches;
    for (const std::string& bundle : options.bundles) {
      if (read_bundle(bundle, locate_peaks_task).manifest.patch_px != patch_px) continue;
      if (patches.size() == 0) {
        patches = make_training_patches(judging_set(patch_px, options.judging.seed), options.judging.patches);
        print_head(patches);
      }
      for (const char* precision : {"float32", "bfloat16"}) {
        const PeakNetwork network = PeakNetwork::load(bundle, {options.inference.device, precision});
        print_row(network.manifest().name + ", " + precision, judge(patches, network_estimator(network)));
        const std::vector<double> shares = within_one_sigma(patches, network_estimator(network));
        if (shares.empty()) continue;
        std::printf("| its errors: share within one sigma |");
        for (const double share : shares) std::printf(" %.3f |", share);
        std::printf("\n");
      }
    }
  }
  return exit_ok;
}

void add_judging(CLI::App* verb, JudgingOptions& judging) {
  verb->add_option("--judge-seed", judging.seed, "seed of the patches to be judged on")
      ->check(whole_number())
      ->capture_default_str();
  verb->add_option("--judge-patches", judging.patches, "number of patches to be judged on")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
}

void add_train(CLI::App& model, Action& chosen) {
  const auto options = std::make_shared<TrainVerb>();
  TrainingOptions& training = options->training;
  CLI::App* verb = add_verb(
      model, "train", "train a network on simulated patches and write its bundle",
      "Trains NETWORK (braggnn-fast, braggnn-11 or braggnn-15) on simulated spots whose centres are known, "
      "on one "
      "thread. The "
      "same options give the same weights. Ctrl-C ends it with the best so far, which is judged and written; "
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
  verb->add_option("--minutes", training.minutes, "end after so many minutes; 0: no limit")
      ->check(number_within(0, 1e6))
      ->type_name("MINUTES");
  verb->add_option("--checkpoint", training.checkpoint,
                   "file that is written now and then and taken up again")
      ->type_name("FILE");
  add_judging(verb, options->judging);
  on_chosen(verb, chosen, options, &train);
}

void add_bundles_verb(CLI::App& model, Action& chosen, const char* name, const char* summary,
                      const char* description, const char* example, int (*action)(const BundlesVerb&)) {
  const auto options = std::make_shared<BundlesVerb>();
  CLI::App* verb = add_verb(model, name, summary, description, example);
  verb->add_option("BUNDLE", options->bundles, "model bundles")->required()->expected(1, 100);
  const std::string_view is = name;
  if (is == "show") add_store_option(verb, options->store);
  if (is != "show") {
    verb->add_option("--device", options->inference.device, "auto, cpu, cuda or cuda:N")
        ->capture_default_str();
  }
  if (is == "verify") {
    verb->add_option("--precision", options->inference.precision, "auto, float32 or bfloat16")
        ->capture_default_str();
  }
  if (is == "judge") add_judging(verb, options->judging);
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
  add_bundles_verb(
      *verb, chosen, "judge", "print the accuracy table of bundles beside the centroids",
      "Simulates patches that no network has seen, of spots distributed otherwise than those for "
      "training, and prints how far each estimator is off, by class of patch.",
      "braggd model judge models/braggnn-fast --judge-patches 1000", &judge_bundles);
  add_model_store(*verb, chosen);
  add_model_tasks(*verb, chosen);
}

}  // namespace braggd
