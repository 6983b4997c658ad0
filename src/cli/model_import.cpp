#include "cli/model_import.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include <braggd/error.hpp>

#include "cli/exit_code.hpp"
#include "cli/model_store.hpp"
#include "core/scratch_directory.hpp"
#include "core/text.hpp"
#include "inference/model_bundle.hpp"
#include "inference/network_library.hpp"
#include "learning/make_bundle.hpp"
#include "learning/model_store.hpp"
#include "learning/verify_bundle.hpp"
#include "learning/weight_file.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct ImportVerb {
  std::string store;
  std::vector<std::string> bundles;
  std::string name;
  std::string reason;
};

// What `model verify` does, where that can be done.
void try_bundle(const fs::path& bundle) {
  if (networks_available()) {
    verify_bundle(bundle, {});
  } else {
    std::fprintf(stderr, "%s: was not tried on its golden examples, for want of LibTorch\n", bundle.c_str());
  }
}

void import_bundle(const fs::path& bundle, const ImportVerb& options) {
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
void import_weights(const fs::path& file, const ImportVerb& options) {
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

int import_bundles(const ImportVerb& options) {
  if (!options.name.empty() && options.bundles.size() > 1) {
    throw ConfigError("--name is for one bundle; import them one by one", "name");
  }
  for (const std::string& bundle : options.bundles) {
    fs::is_regular_file(bundle) ? import_weights(bundle, options) : import_bundle(bundle, options);
  }
  return exit_ok;
}

}  // namespace

void add_model_import(CLI::App& model, Action& chosen) {
  const auto options = std::make_shared<ImportVerb>();
  CLI::App* verb = add_verb(
      model, "import", "register bundles as candidates, and make the store",
      "Checks a bundle, runs it on its golden examples where LibTorch is there, copies it into the store and "
      "registers it. A bundle that is there already changes nothing; one whose copy was damaged is mended. A "
      "store whose metadata.sqlite was lost is made anew from its own bundles. A file is taken for weights "
      "of BraggNN "
      "that others trained (its state dictionary, in HDF5): the two generations of its code, whose weights "
      "have the same "
      "names and do not work in one another, are told apart, and a bundle is made and judged.",
      "braggd model import models/braggnn-fast\nbraggd model import models/braggnn-fast --name my-network");
  add_store_option(verb, options->store);
  verb->add_option("BUNDLE", options->bundles, "bundles, or files of weights")
      ->required()
      ->expected(1, 100'000);
  verb->add_option("--name", options->name, "call the model so in the store")
      ->check(some("letters, digits, '.', '_' and '-'"))
      ->type_name("NAME");
  add_reason(verb, options->reason);
  on_chosen(verb, chosen, options, &import_bundles);
}

}  // namespace braggd
