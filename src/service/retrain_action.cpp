#include "service/retrain_action.hpp"

#include <spdlog/spdlog.h>
#include <utility>

#include <braggd/error.hpp>

#include "core/clock.hpp"
#include "core/this_program.hpp"
#include "learning/model_store.hpp"
#include "service/child_process.hpp"

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

RetrainModel::RetrainModel(const Entry& rule, std::filesystem::path model_store)
    : rule_(make_config<RetrainRule>(rule.settings)),
      store_(model_store.empty() ? default_model_store() : std::move(model_store)) {}

void RetrainModel::act(const ScanFacts& facts, const nlohmann::ordered_json& /*message*/,
                       const std::stop_token& stop) {
  if (Clock::now() < next_ || !is_of_active_model(facts)) return;
  const auto& patches = std::get<std::string>(facts.at("patches_file"));
  const auto& scan = std::get<std::string>(facts.at("scan_id"));
  if (patches.empty()) throw OutputError("scan " + scan + " left no patches to learn from");
  collected_.push_back(patches);
  spdlog::info("scan={} model={}: scan {} of {} of a new state", scan, rule_.model, collected_.size(),
               rule_.scans);
  if (collected_.size() < rule_.scans) return;
  next_ = Clock::now() + seconds_of(rule_.rest_s);  // if the training fails, too
  train(std::exchange(collected_, {}), stop);
  next_ = Clock::now() + seconds_of(rule_.rest_s);
}

bool RetrainModel::is_of_active_model(const ScanFacts& facts) const {
  const auto active = ModelStore::open_existing(store_).active_model(rule_.model);
  if (!active) throw OutputError("no model of the name " + rule_.model + " is active in " + store_.string());
  const auto& judge = std::get<std::string>(facts.at("anomaly.model"));
  if (judge == active->id) return true;
  spdlog::info(
      "scan={} model={}: it was held against {}, which is not the active one any more, so it does not count",
      std::get<std::string>(facts.at("scan_id")), rule_.model, judge);
  return false;
}

void RetrainModel::train(const std::vector<std::string>& patches, const std::stop_token& stop) const {
  std::vector<std::string> words{this_program(), "model", "retrain", rule_.model, "--background"};
  const auto add = [&](std::string option, std::string value) {
    words.push_back(std::move(option));
    words.push_back(std::move(value));
  };
  add("--store", store_.string());
  add("--epochs", std::to_string(rule_.epochs));
  add("--clusters", std::to_string(rule_.clusters));
  for (const std::string& file : patches) add("--from", file);
  spdlog::info("model={}: retraining from {} scans begins", rule_.model, patches.size());
  run_program(words, "", seconds_of(rule_.timeout_s), stop);
  const auto active = ModelStore::open_existing(store_).active_model(rule_.model);
  spdlog::info("model={}: retraining has ended; active is {}", rule_.model, active ? active->id : "none");
}

}  // namespace braggd
