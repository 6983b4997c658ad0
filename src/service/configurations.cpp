#include "service/configurations.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

#include "core/clock.hpp"
#include "core/sha256.hpp"
#include "pipeline/stored_models.hpp"

namespace braggd {

namespace {

constexpr std::size_t most_records = 100;

std::string sha256_of(const Plan& plan) {
  return sha256_hex(plan.config.text);
}

/// Which models of the store the stages have, in words.
std::string models_of(const PipelineConfig& config) {
  std::string text;
  for (const Entry& stage : config.stages) {
    for (const auto& [key, name] : stage.stored_models) {
      const std::filesystem::path bundle = std::get<std::string>(stage.settings.at(key));
      text += (text.empty() ? "" : ", ") + stage.name + ": " + bundle.filename().string();
    }
  }
  return text;
}

}  // namespace

Configurations::Configurations(Loader load, Plan running)
    : load_(std::move(load)), running_(std::move(running)) {
  remember(sha256_of(running_), ConfigurationOutcome::running, "");
}

void Configurations::remember(const std::string& sha256, ConfigurationOutcome outcome,
                              const std::string& detail) {
  records_.push_back({sha256, unix_ns(), outcome, detail});
  if (records_.size() > most_records) records_.erase(records_.begin());
}

void Configurations::wait_for_turn(const Engine& engine, const std::string& detail) {
  const std::lock_guard lock(mutex_);
  std::erase_if(records_, [](const ConfigurationRecord& record) {
    return record.outcome == ConfigurationOutcome::waiting;
  });
  remember(engine.provenance->configuration_sha256, ConfigurationOutcome::waiting, detail);
  waiting_ = engine.plan;
}

std::shared_ptr<Engine> Configurations::load(const std::shared_ptr<const ScanHeader>& header) {
  try {
    Plan plan = load_();
    if (plan.config.text == running().config.text && !waiting_sha256()) return nullptr;
    auto engine = std::make_shared<Engine>(std::move(plan));
    if (header) engine->rehearse(header);
    wait_for_turn(*engine, "");
    return engine;
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    remember("", ConfigurationOutcome::rejected, error.what());
    throw;
  }
}

std::shared_ptr<Engine> Configurations::load_active_models(const std::shared_ptr<const ScanHeader>& header) {
  auto config = with_active_models(waiting().value_or(running()).config);
  if (!config) return nullptr;
  auto engine = std::make_shared<Engine>(make_plan(std::move(*config), {}));
  {
    const std::lock_guard lock(mutex_);
    if (engine->provenance->expanded == refused_) return nullptr;
  }
  if (header) engine->rehearse(header);
  wait_for_turn(*engine, models_of(engine->plan.config));
  return engine;
}

std::shared_ptr<Engine> Configurations::previous() {
  std::optional<Plan> plan;
  {
    const std::lock_guard lock(mutex_);
    plan = previous_;
  }
  if (!plan) return nullptr;
  auto engine = std::make_shared<Engine>(std::move(*plan));
  wait_for_turn(*engine, "asked back by the operator");
  return engine;
}

void Configurations::on_adopted(const Engine& engine) {
  const std::lock_guard lock(mutex_);
  const std::string& sha256 = engine.provenance->configuration_sha256;
  waiting_.reset();
  // An operator who rolls back wants the pipeline before, not the model before, which is the store's to say.
  const bool other_text = running_.config.text != engine.plan.config.text;
  Plan before = std::exchange(running_, engine.plan);
  if (other_text) previous_ = std::move(before);
  for (ConfigurationRecord& record : records_) {
    if (record.outcome == ConfigurationOutcome::running) record.outcome = ConfigurationOutcome::replaced;
    if (record.outcome == ConfigurationOutcome::waiting) record.outcome = ConfigurationOutcome::running;
  }
  spdlog::info("pipeline={} configuration={} is in force from this scan on", engine.plan.config.file.string(),
               sha256);
}

void Configurations::on_refused(const Engine& engine, const std::string& why) {
  const std::lock_guard lock(mutex_);
  waiting_.reset();
  refused_ = engine.provenance->expanded;
  for (ConfigurationRecord& record : records_) {
    if (record.outcome != ConfigurationOutcome::waiting) continue;
    record.outcome = ConfigurationOutcome::rolled_back;
    record.detail = why;
  }
  spdlog::error("configuration={} could not be taken, the one before stays in force: {}",
                engine.provenance->configuration_sha256, why);
}

Plan Configurations::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::optional<Plan> Configurations::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

std::vector<ConfigurationRecord> Configurations::history() const {
  const std::lock_guard lock(mutex_);
  return {records_.rbegin(), records_.rend()};
}

std::optional<std::string> Configurations::waiting_sha256() const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find(records_, ConfigurationOutcome::waiting, &ConfigurationRecord::outcome);
  return found == records_.end() ? std::nullopt : std::optional(found->sha256);
}

}  // namespace braggd
