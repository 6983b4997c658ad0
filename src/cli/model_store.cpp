#include "cli/model_store.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include <braggd/error.hpp>

#include "cli/exit_code.hpp"
#include "core/scratch_directory.hpp"
#include "core/text.hpp"
#include "inference/model_bundle.hpp"
#include "inference/network_library.hpp"
#include "learning/make_bundle.hpp"
#include "learning/model_store.hpp"
#include "learning/stored_bundles.hpp"
#include "learning/verify_bundle.hpp"
#include "learning/weight_file.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct StoreVerb {
  std::string store;
  std::string model;
  std::string directory;
  std::vector<std::string> bundles;
  std::string name;
  std::string reason;
  bool json = false;
  bool check = false;
};

ordered_json or_null(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

template <class Value>
ordered_json or_null(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json to_json(const ModelStore& store, const ModelRecord& model) {
  ordered_json baseline(nullptr);
  if (model.baseline) {
    baseline = {{"rei_mean", or_null(model.baseline->rei_mean)},
                {"rei_sd", or_null(model.baseline->rei_sd)},
                {"threshold", or_null(model.baseline->threshold)},
                {"n_clusters", model.baseline->histogram.size()},
                {"histogram", model.baseline->histogram}};
  }
  return {{"id", model.id},
          {"name", model.name},
          {"status", name_of(model.status)},
          {"task", model.task},
          {"bundle", store.bundle(model.id).string()},
          {"parent_id", or_null(model.parent_id)},
          {"architecture", model.architecture},
          {"patch_px", model.patch_px},
          {"script_sha256", model.script_sha256},
          {"created", model.created},
          {"seed", or_null(model.seed)},
          {"training", ordered_json::parse(model.training)},
          {"trained_from", model.trained_from},
          {"accuracy", ordered_json::parse(model.accuracy)},
          {"baseline", std::move(baseline)},
          {"reason", model.reason}};
}

void print_models(const std::vector<ModelRecord>& models) {
  int width = 2;
  for (const ModelRecord& model : models) width = std::max(width, static_cast<int>(model.id.size()));
  std::printf("%-*s  %-9s  %-13s  %5s  %-20s  %s\n", width, "ID", "STATUS", "TASK", "PATCH", "REGISTERED",
              "REASON");
  for (const ModelRecord& model : models) {
    std::printf("%-*s  %-9s  %-13s  %2u px  %-20s  %s\n", width, model.id.c_str(),
                std::string(name_of(model.status)).c_str(), model.task.c_str(), model.patch_px,
                (model.created.substr(0, 19) + "Z").c_str(), model.reason.c_str());
  }
}

int list_models(const StoreVerb& options) {
  const ModelStore store = ModelStore::open_existing(store_of(options.store));
  if (options.check) {
    const std::vector<std::string> problems = store.problems();
    for (const std::string& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
    if (!problems.empty()) return exit_input;
  }
  const std::vector<ModelRecord> models = store.models();
  if (options.json) {
    auto answer = ordered_json::array();
    for (const ModelRecord& model : models) answer.push_back(to_json(store, model));
    std::printf("%s\n", answer.dump(2, ' ', false, ordered_json::error_handler_t::replace).c_str());
  } else {
    print_models(models);
  }
  return exit_ok;
}

int promote(const StoreVerb& options) {
  ModelStore store = ModelStore::open_existing(store_of(options.store));
  const ModelRecord model = store.find_model(options.model);
  const auto before = store.active_model(model.name);
  store.promote(model.id, options.reason);
  std::printf("%s: is the active %s%s\n", model.id.c_str(), model.name.c_str(),
              !before                  ? ""
              : before->id == model.id ? " already"
                                       : (", " + before->id + " is retired").c_str());
  return exit_ok;
}

int retire(const StoreVerb& options) {
  ModelStore store = ModelStore::open_existing(store_of(options.store));
  const ModelRecord model = store.find_model(options.model);
  store.retire(model.id, options.reason);
  std::printf("%s: is retired%s\n", model.id.c_str(),
              model.status == ModelStatus::active
                  ? (", and no " + model.name + " is active: `braggd model promote` chooses one").c_str()
                  : "");
  return exit_ok;
}

int export_bundle(const StoreVerb& options) {
  const ModelStore store = ModelStore::open_existing(store_of(options.store));
  const ModelRecord model = store.find_model(options.model);
  copy_bundle(store.bundle(model.id), options.directory);
  std::printf("%s: is in %s\n", model.id.c_str(), options.directory.c_str());
  return exit_ok;
}

// What `model verify` does, where that can be done.
void try_bundle(const fs::path& bundle) {
  if (networks_available()) {
    verify_bundle(bundle, {});
  } else {
    std::fprintf(stderr, "%s: was not tried on its golden examples, for want of LibTorch\n", bundle.c_str());
  }
}

void import_bundle(const fs::path& bundle, const StoreVerb& options) {
  ModelRecord record = record_of(read_bundle(bundle).manifest);
  try_bundle(bundle);
  if (!options.name.empty()) record.name = options.name;
  record.id = record.name + "@" + record.script_sha256.substr(0, 12);
  record.reason = options.reason;
  ModelStore store = ModelStore::open(store_of(options.store));
  const std::string where = store.directory().string();
  switch (store.add_model(bundle, record)) {
    case ModelStore::Added::added:
      std::printf("%s: is a candidate in %s; `braggd model promote %s` makes it the active %s\n",
                  record.id.c_str(), where.c_str(), record.id.c_str(), record.name.c_str());
      return;
    case ModelStore::Added::already_there:
      std::printf("%s: is in %s already, nothing is changed\n", record.id.c_str(), where.c_str());
      return;
    case ModelStore::Added::mended:
      std::printf("%s: its damaged bundle in %s is replaced\n", record.id.c_str(), where.c_str());
  }
}

/// Weights of BraggNN from elsewhere become a bundle, judged like our own.
void import_weights(const fs::path& file, const StoreVerb& options) {
  const ForeignBraggnn foreign = read_foreign_braggnn(file);
  NetworkPlan plan = network_plan("braggnn-" + std::to_string(foreign.patch_px));
  if (!options.name.empty()) plan.manifest.name = options.name;
  if (foreign.shares_theta) {
    std::printf(
        "%s: weights of the first generation of BraggNN's code: phi and g are evaluated with theta's layer\n",
        printable(file.string()).c_str());
  }
  const ordered_json training{
      {"imported_from", printable(file.filename().string())},
      {"code_generation", foreign.shares_theta ? "first, phi and g share theta" : "second"}};
  const ScratchDirectory scratch(fs::temp_directory_path());
  const fs::path bundle = scratch.path() / "bundle";
  std::printf("%s", accuracy_text(make_bundle(bundle, plan, foreign.weights, training.dump(), {})).c_str());
  import_bundle(bundle, options);
}

int import_bundles(const StoreVerb& options) {
  if (!options.name.empty() && options.bundles.size() > 1) {
    throw ConfigError("--name is for one bundle; import them one by one", "name");
  }
  for (const std::string& bundle : options.bundles) {
    fs::is_regular_file(bundle) ? import_weights(bundle, options) : import_bundle(bundle, options);
  }
  return exit_ok;
}

CLI::App* add_store_verb(CLI::App& model, Action& chosen, const std::shared_ptr<StoreVerb>& options,
                         const char* name, const char* summary, const char* description, const char* example,
                         int (*action)(const StoreVerb&)) {
  CLI::App* verb = add_verb(model, name, summary, description, example);
  add_store_option(verb, options->store);
  on_chosen(verb, chosen, options, action);
  return verb;
}

void add_reason(CLI::App* verb, std::string& reason) {
  verb->add_option("--reason", reason, "why, in a few words; `model list` shows it")->type_name("TEXT");
}

void add_list_models(CLI::App& model, Action& chosen) {
  const auto options = std::make_shared<StoreVerb>();
  CLI::App* verb = add_store_verb(
      model, chosen, options, "list", "show the models of the store",
      "One line a model. Of the models of one name at most one is active; candidates wait to be promoted, "
      "retired ones are kept.",
      "braggd model list\nbraggd model list --json\nbraggd model list --check", &list_models);
  verb->add_flag("--json", options->json, "answer as JSON, with all that is known");
  verb->add_flag("--check", options->check,
                 "look through the whole store first, bundles included; exit code 65 if anything is wrong");
}

void add_status_verb(CLI::App& model, Action& chosen, const char* name, const char* summary,
                     const char* description, const char* example, int (*action)(const StoreVerb&)) {
  const auto options = std::make_shared<StoreVerb>();
  CLI::App* verb = add_store_verb(model, chosen, options, name, summary, description, example, action);
  verb->add_option("ID", options->model, "the model's id, its beginning, or the name of an active model")
      ->required();
  add_reason(verb, options->reason);
}

void add_export(CLI::App& model, Action& chosen) {
  const auto options = std::make_shared<StoreVerb>();
  CLI::App* verb = add_store_verb(model, chosen, options, "export", "copy a model's bundle out of the store",
                                  "The bundle is checked as it is copied; it appears whole or not at all.",
                                  "braggd model export braggnn-fast my-copy", &export_bundle);
  verb->add_option("ID", options->model, "the model's id, its beginning, or the name of an active model")
      ->required();
  verb->add_option("DIR", options->directory, "the bundle, a directory that does not exist yet")
      ->required()
      ->check(some("a directory"));
}

void add_import(CLI::App& model, Action& chosen) {
  const auto options = std::make_shared<StoreVerb>();
  CLI::App* verb = add_store_verb(
      model, chosen, options, "import", "register bundles as candidates, and make the store",
      "Checks a bundle, runs it on its golden examples where LibTorch is there, copies it into the store and "
      "registers it. A bundle that is there already changes nothing; one whose copy was damaged is mended. A "
      "store whose metadata.sqlite was lost is made anew from its own bundles. A file is taken for weights "
      "of BraggNN "
      "that others trained (its state dictionary, in HDF5): the two generations of its code, whose weights "
      "have the same "
      "names and do not work in one another, are told apart, and a bundle is made and judged.",
      "braggd model import models/braggnn-fast\nbraggd model import models/braggnn-fast --name my-network",
      &import_bundles);
  verb->add_option("BUNDLE", options->bundles, "bundles, or files of weights")
      ->required()
      ->expected(1, 100'000);
  verb->add_option("--name", options->name, "call the model so in the store")
      ->check(some("letters, digits, '.', '_' and '-'"))
      ->type_name("NAME");
  add_reason(verb, options->reason);
}

}  // namespace

fs::path store_of(const std::string& option) {
  return option.empty() ? default_model_store() : fs::path(option);
}

void add_store_option(CLI::App* verb, std::string& store) {
  verb->add_option("--store", store,
                   "directory of the model store; else the one that BRAGGD_MODELS names, else "
                   "$XDG_DATA_HOME/braggd/models, else ~/.local/share/braggd/models")
      ->check(some("a directory"))
      ->type_name("DIR");
}

NamedBundle find_bundle(const std::string& text, const std::string& store_option) {
  if (text.find('/') != std::string::npos || fs::is_directory(text)) return {text, {}};
  try {
    const ModelStore store = ModelStore::open_existing(store_of(store_option));
    const ModelRecord model = store.find_model(text);
    std::string lines = "  " + std::string(name_of(model.status)) + " in " + store.directory().string() +
                        ", registered " + model.created;
    if (!model.reason.empty()) lines += ": " + model.reason;
    if (model.parent_id) lines += "\n  trained on from " + *model.parent_id;
    if (!model.trained_from.empty())
      lines += "\n  trained from " + std::to_string(model.trained_from.size()) + " scans of the store";
    const std::size_t n_scores = store.scores(model.id).size();
    if (n_scores > 0) lines += "\n  scored " + std::to_string(n_scores) + " scans";
    return {store.bundle(model.id), lines + "\n"};
  } catch (const ConfigError& error) {
    throw ConfigError("'" + printable(text, 256) +
                      "' is no directory, so it was looked for in the store: " + error.what());
  }
}

void add_model_store(CLI::App& model, Action& chosen) {
  add_list_models(model, chosen);
  add_status_verb(model, chosen, "promote", "make a model the active one of its name",
                  "The model that was active is retired. The bundle is checked before.",
                  "braggd model promote braggnn-fast\nbraggd model promote braggnn-fast --reason "
                  "'judged better'",
                  &promote);
  add_status_verb(model, chosen, "retire", "take a model out of use",
                  "The model stays in the store and can be promoted again.",
                  "braggd model retire braggnn-fast --reason 'drifts'", &retire);
  add_export(model, chosen);
  add_import(model, chosen);
}

}  // namespace braggd
