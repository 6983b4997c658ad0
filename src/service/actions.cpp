// What rules can do.
#include <chrono>
#include <httplib.h>
#include <spdlog/fmt/fmt.h>

#include <braggd/error.hpp>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "pipeline/rule_registry.hpp"
#include "service/child_process.hpp"
#include "service/retrain_action.hpp"
#include "service/steering.hpp"
#include "sockets/message_pusher.hpp"

namespace braggd {

using nlohmann::ordered_json;

namespace {

std::string text_of(const ScanFacts& facts, std::string_view name) {
  const FactValue& value = facts.find(name)->second;
  if (const auto* word = std::get_if<std::string>(&value)) return *word;
  return fmt::format("{:.6g}", std::get<double>(value));
}

std::string filled(const std::string& text, const ScanFacts& facts) {
  return fill_in(text, [&](std::string_view name) { return text_of(facts, name); });
}

std::string body_of(const ordered_json& message) {
  return message.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

class RaiseAlarm final : public RuleAction {
 public:
  RaiseAlarm(const Entry& rule, AlarmBoard& alarms)
      : id_(alarm_id_of(rule)), rule_(make_config<AlarmRule>(rule.settings)), alarms_(alarms) {}

  void act(const ScanFacts& facts, const ordered_json& /*message*/,
           const std::stop_token& /*stop*/) override {
    alarms_.raise({id_, Severity::warning, filled(rule_.text, facts),
                   "a rule of the pipeline says so: " + rule_.when, 0, 1});
  }

 private:
  std::string id_;
  AlarmRule rule_;
  AlarmBoard& alarms_;
};

class PostWebhook final : public RuleAction {
 public:
  explicit PostWebhook(const Entry& rule) : rule_(make_config<WebhookRule>(rule.settings)) {
    const auto path = rule_.url.find('/', std::string_view("http://").size());
    host_ = rule_.url.substr(0, path);
    path_ = path == std::string::npos ? "/" : rule_.url.substr(path);
  }

  void act(const ScanFacts& /*facts*/, const ordered_json& message, const std::stop_token& stop) override {
    const std::string body = body_of(message);
    std::string failure;
    auto pause = std::chrono::seconds(1);
    for (std::uint32_t attempt = 0; attempt <= rule_.retries; ++attempt, pause *= 2) {
      if (attempt > 0 && !sleep_for(pause, stop)) break;
      failure = post(body);
      if (failure.empty()) return;
    }
    throw OutputError(printable(rule_.url, 200) + ": " + failure);
  }

 private:
  // Why it did not work; empty: it did.
  std::string post(const std::string& body) const {
    httplib::Client client(host_);
    const auto patience = std::chrono::duration_cast<std::chrono::microseconds>(seconds_of(rule_.timeout_s));
    client.set_connection_timeout(patience);
    client.set_read_timeout(patience);
    client.set_write_timeout(patience);
    const auto answer = client.Post(path_, body, "application/json");
    if (!answer)
      return "no answer within " + fmt::format("{:g} s", rule_.timeout_s) + " (" + to_string(answer.error()) +
             ")";
    return answer->status < 300 ? "" : "it answered " + std::to_string(answer->status);
  }

  WebhookRule rule_;
  std::string host_, path_;
};

class PushMessage final : public RuleAction {
 public:
  explicit PushMessage(const Entry& rule) : pusher_(make_config<MessageRule>(rule.settings).connect) {}

  void act(const ScanFacts& /*facts*/, const ordered_json& message,
           const std::stop_token& /*stop*/) override {
    pusher_.push(body_of(message), std::chrono::seconds(5));
  }

 private:
  MessagePusher pusher_;
};

class RunCommand final : public RuleAction {
 public:
  explicit RunCommand(const Entry& rule) : rule_(make_config<CommandRule>(rule.settings)) {}

  void act(const ScanFacts& facts, const ordered_json& message, const std::stop_token& stop) override {
    std::vector<std::string> words = rule_.command;
    for (std::size_t i = 1; i < words.size(); ++i) words[i] = filled(words[i], facts);
    const std::string facts_text = body_of(message) + "\n";
    run_program(words, facts_text, seconds_of(rule_.timeout_s), stop);
  }

 private:
  CommandRule rule_;
};

}  // namespace

std::string alarm_id_of(const Entry& rule) {
  return "rule_" + rule.name;
}

std::unique_ptr<RuleAction> make_action(const Entry& rule, const ActionContext& context) {
  if (rule.type == "webhook") return std::make_unique<PostWebhook>(rule);
  if (rule.type == "message") return std::make_unique<PushMessage>(rule);
  if (rule.type == "command") return std::make_unique<RunCommand>(rule);
  if (rule.type == "retrain") return std::make_unique<RetrainModel>(rule, context.model_store);
  return std::make_unique<RaiseAlarm>(rule, context.alarms);
}

}  // namespace braggd
