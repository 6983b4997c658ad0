#include "pipeline/rule_registry.hpp"

#include <algorithm>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "pipeline/condition.hpp"

namespace braggd {

namespace {

void check_text(const std::string& text, const char* key) {
  try {
    fill_in(text, [](std::string_view) { return std::string(); });
  } catch (const ConfigError& error) {
    throw ConfigError(error.what(), key);
  }
}

void check_rule(const AlarmRule& rule) {
  check_text(rule.text, "text");
}

void check_rule(const WebhookRule& rule) {
  if (!rule.url.starts_with("http://") || rule.url.find('/', 7) == 7 || rule.url.size() == 7) {
    throw ConfigError("\"" + printable(rule.url, 200) + "\" is no address: write http://HOST:PORT/PATH",
                      "url");
  }
}

void check_rule(const MessageRule& rule) {
  if (rule.connect.starts_with("tcp://") && !rule.connect.starts_with("tcp://*") &&
      rule.connect.find(':', 6) != std::string::npos)
    return;
  if (rule.connect.starts_with("ipc:///")) return;
  throw ConfigError("\"" + printable(rule.connect, 200) + "\" is no endpoint: tcp://HOST:PORT or ipc:///PATH",
                    "connect");
}

void check_rule(const CommandRule& rule) {
  if (rule.command.empty() || !rule.command.front().starts_with('/')) {
    throw ConfigError("name the program by its absolute path", "command");
  }
  for (std::size_t i = 1; i < rule.command.size(); ++i) check_text(rule.command[i], "command");
}

void check_rule(const RetrainRule& rule) {
  if (rule.model.empty() || safe_file_name(rule.model) != rule.model)
    throw ConfigError("a model's name is made of letters, digits, '.', '_' and '-'", "model");
  if (rule.when.find("phase") == std::string::npos && rule.when.find("exit_status") == std::string::npos) {
    throw ConfigError("a scan's patches are known when it has ended: add `and phase == ended`", "when");
  }
}

template <class Rule>
RuleEntry entry_of() {
  return {Rule::info, describe_fields<Rule>(), [](const Settings& settings) {
            const auto rule = make_config<Rule>(settings);
            const Condition condition(rule.when);
            check_rule(rule);
          }};
}

}  // namespace

std::span<const RuleEntry> rule_registry() {
  static const std::vector<RuleEntry> table{entry_of<AlarmRule>(), entry_of<WebhookRule>(),
                                            entry_of<MessageRule>(), entry_of<CommandRule>(),
                                            entry_of<RetrainRule>()};
  return table;
}

std::string fill_in(std::string_view text, const std::function<std::string(std::string_view)>& value) {
  std::string filled;
  while (!text.empty()) {
    const auto open = text.find('{');
    filled += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    const std::string_view name =
        close == std::string_view::npos ? std::string_view{} : text.substr(open + 1, close - open - 1);
    if (std::ranges::find(known_facts(), name, &FactInfo::name) == known_facts().end()) {
      throw ConfigError("{" + printable(name, 64) + "} is nothing that is known of a scan", "");
    }
    filled += value(name);
    text.remove_prefix(close + 1);
  }
  return filled;
}

}  // namespace braggd
