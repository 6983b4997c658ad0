#include "cli/model_tasks.hpp"

#include <cstdio>
#include <sched.h>
#include <unistd.h>

#include "cli/exit_code.hpp"
#include "cli/model_store.hpp"
#include "service/model_tasks.hpp"
#include "service/signals.hpp"

namespace braggd {

namespace {

struct TaskVerb {
  PipelineOptions pipeline;
  BaselineTask task;
  std::string store;
  bool background = false;
};

/// From now on this process and its threads run only where no other wants the core.
void step_back() {
  const sched_param nothing{};
  if (::sched_setscheduler(0, SCHED_IDLE, &nothing) != 0) ::nice(19);
}

void print_epoch(const EncoderProgress& at) {
  constexpr int width = 30;
  const int done = at.epochs == 0 ? width : static_cast<int>(width * at.epoch / at.epochs);
  std::string bar(static_cast<std::size_t>(done), '#');
  bar.resize(width, '-');
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  std::fprintf(stderr, "%straining [%s] epoch %u/%u  loss %.4f  %.0f s left%s", terminal ? "\r\033[K" : "",
               bar.c_str(), at.epoch, at.epochs, at.loss, at.seconds_left,
               terminal && at.epoch < at.epochs ? "" : "\n");
}

void print_outcome(const LearntOutcome& outcome) {
  const LearntBaseline& learnt = outcome.learnt;
  std::printf("%s: %llu patches in %u clusters, %u epochs in %.0f s, loss %.4f to %.4f%s\n",
              outcome.model.id.c_str(), static_cast<unsigned long long>(learnt.n_patches), learnt.n_clusters,
              outcome.trained.epochs, outcome.trained.seconds, outcome.trained.first_loss,
              outcome.trained.last_loss,
              outcome.trained.interrupted ? ", interrupted: what was learnt so far" : "");
  if (learnt.n_repeats == 0) {
    std::printf(
        "  no repeat of the baseline was given, so scans get a score but no decision: give two scans or "
        "more\n");
  } else {
    std::printf("  %s", null_distribution_text(learnt).c_str());
  }
  if (outcome.parent) {
    std::printf("  went on from %s, %.3f away; REI of held-out patches %.4f, of the model in use %.4f\n",
                outcome.parent->id.c_str(), outcome.parent_distance, outcome.held_out_rei,
                outcome.held_out_rei_before);
  }
  std::printf(outcome.promoted
                  ? "  it is the active model of its name now\n"
                  : "  no better than the model in use, which stays active; this one is a candidate\n");
}

int run_task(const TaskVerb& options,
             LearntOutcome (*task)(ModelStore&, const BaselineTask&, const TrainingProgressSink&,
                                   const std::stop_token&)) {
  if (options.background) step_back();
  block_stop_signals();
  std::stop_source stop;
  const SignalWatcher watcher(
      {.on_stop = [&] { stop.request_stop(); }, .on_abort = [] { ::_exit(exit_failure); }, .on_reload = {}});
  BaselineTask what = options.task;
  what.reduction = {options.pipeline.file, parse_overrides(options.pipeline.overrides)};
  ModelStore store = ModelStore::open(store_of(options.store));
  print_outcome(task(store, what, &print_epoch, stop.get_token()));
  return exit_ok;
}

int initialise(const TaskVerb& options) {
  return run_task(options, &initialise_model);
}

int retrain(const TaskVerb& options) {
  return run_task(options, &retrain_model);
}

void add_options(CLI::App* verb, TaskVerb& options) {
  BaselineOptions& baseline = options.task.options;
  EncoderTraining& training = baseline.training;
  verb->add_option("-p,--pipeline", options.pipeline.file,
                   "the pipeline file: its stages make peaks of the scans; not needed for files that a sink "
                   "rei_patches wrote (NAME.patches.h5), which may be given in place of scans")
      ->type_name("FILE");
  add_store_option(verb, options.store);
  verb->add_option("--clusters", baseline.n_clusters, "clusters of the baseline's patches")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  verb->add_option("--confidence", baseline.threshold, "a patch of less confidence counts as an anomaly")
      ->check(number_within(0.001, 1))
      ->capture_default_str();
  verb->add_option("--epochs", training.epochs, "times that every patch is seen")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb->add_option("--seed", training.seed, "seed of the weights, views and clusters")
      ->check(whole_number())
      ->capture_default_str();
  verb->add_option("--checkpoint", training.checkpoint,
                   "file that is written now and then and taken up again")
      ->type_name("FILE");
  add_device_option(verb, training.device);
  verb->add_flag("--background", options.background, "leave the cores to everything else that wants them");
  add_overrides(verb, options.pipeline.overrides);
}

void add_init(CLI::App& model, Action& chosen) {
  const auto options = std::make_shared<TaskVerb>();
  CLI::App* verb = add_verb(
      model, "init", "make a model that scores scans from scans of a baseline",
      "Reduces the SCANs with the pipeline's stages, trains an encoder of patches on the first (BYOL, "
      "without labels), "
      "clusters its patches, and takes from the other scans, repeats of the same state, how much the score "
      "varies by "
      "itself. The model goes into the store and becomes the active one of its name. Ctrl-C ends the "
      "training with "
      "what was learnt so far.",
      "braggd model init baseline_1.h5 baseline_2.h5 baseline_3.h5 --name steel -p config/counting.yaml\n"
      "braggd model init baseline.ge5 repeat.ge5 --name steel -p config/panel.yaml --epochs 20 --clusters "
      "30");
  verb->add_option("SCAN", options->task.scans, "the baseline's scan and its repeats")
      ->required()
      ->expected(1, 1000);
  verb->add_option("--name", options->task.name, "of the model: letters, digits, '.', '_' and '-'")
      ->required()
      ->check(some("a name"));
  add_options(verb, *options);
  on_chosen(verb, chosen, options, &initialise);
}

void add_retrain(CLI::App& model, Action& chosen) {
  const auto options = std::make_shared<TaskVerb>();
  options->task.options.training.epochs = 20;
  CLI::App* verb =
      add_verb(model, "retrain", "teach a model that scores scans a changed baseline",
               "As `model init`, but goes on from the registered model whose clusters resemble the patches "
               "of the new baseline "
               "most. The new model becomes the active one of NAME only if it finds fewer anomalies than the "
               "one in use among "
               "patches of the new baseline that it did not learn from.",
               "braggd model retrain steel --from new_1.h5 --from new_2.h5 -p config/counting.yaml");
  verb->add_option("NAME", options->task.name, "name of the models")->required();
  verb->add_option("--from", options->task.scans, "the new baseline's scan, then its repeats")
      ->required()
      ->type_name("SCAN");
  add_options(verb, *options);
  on_chosen(verb, chosen, options, &retrain);
}

}  // namespace

void add_model_tasks(CLI::App& model, Action& chosen) {
  add_init(model, chosen);
  add_retrain(model, chosen);
}

}  // namespace braggd
