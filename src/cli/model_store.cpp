#include "cli/model_store.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include <braggd/error.hpp>

#include "cli/exit_code.hpp"
#include "cli/model_import.hpp"
#include "core/text.hpp"
#include "learning/model_store.hpp"
#include "learning/stored_bundles.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct StoreVerb {
  std::string store;
  std::string model;
  std::string directory;
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

CLI::App* add_store_verb(CLI::App& model, Action& chosen, const std::shared_ptr<StoreVerb>& options,
                         const char* name, const char* summary, const char* description, const char* example,
                         int (*action)(const StoreVerb&)) {
  CLI::App* verb = add_verb(model, name, summary, description, example);
  add_store_option(verb, options->store);
  on_chosen(verb, chosen, options, action);
  return verb;
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

}  // namespace

fs::path store_of(const std::string& option) {
  return option.empty() ? default_model_store() : fs::path(option);
}

void add_reason(CLI::App* verb, std::string& reason) {
  verb->add_option("--reason", reason, "why, in a few words; `model list` shows it")->type_name("TEXT");
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
  add_model_import(model, chosen);
}

}  // namespace braggd
