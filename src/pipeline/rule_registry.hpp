// The table of what a rule may do.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <braggd/field.hpp>
#include <braggd/stage.hpp>

namespace braggd {

/// What every rule has. In texts, {scan_id}, {anomaly.rei} and every other fact that `when` knows is replaced by its value.
struct RuleConfig {
  std::string when;
};

struct AlarmRule : RuleConfig {
  std::string text;
  static constexpr StageInfo info{"alarm",
                                  "Raises an alarm until an operator clears it or the next scan begins."};
  static constexpr auto fields() {
    using C = AlarmRule;
    return std::tuple{
        field("when", &C::when, "condition, such as dropped > 0").required(),
        field("text", &C::text, "what the alarm says, such as {scan_id}: {dropped} frames dropped")
            .required()};
  }
};

struct WebhookRule : RuleConfig {
  std::string url;
  double timeout_s = 5;
  std::uint32_t retries = 3;
  static constexpr StageInfo info{"webhook", "Posts the facts of the scan as JSON to an HTTP server."};
  static constexpr auto fields() {
    using C = WebhookRule;
    return std::tuple{
        field("when", &C::when, "condition, such as anomaly.decision == changed").required(),
        field("url", &C::url, "http://HOST:PORT/PATH").required(),
        field("timeout_s", &C::timeout_s, "for an answer", 0.1, 600).unit("s"),
        field("retries", &C::retries, "after a failure, at intervals that double from one second", 0, 20)};
  }
};

struct MessageRule : RuleConfig {
  std::string connect;
  static constexpr StageInfo info{"message", "Pushes the facts of the scan as JSON over ZeroMQ."};
  static constexpr auto fields() {
    using C = MessageRule;
    return std::tuple{
        field("when", &C::when, "condition, such as anomaly.decision == changed").required(),
        field("connect", &C::connect, "endpoint of a PULL socket, such as tcp://10.0.0.1:31010").required()};
  }
};

struct CommandRule : RuleConfig {
  std::vector<std::string> command;
  double timeout_s = 30;
  static constexpr StageInfo info{"command", "Runs a program, without a shell."};
  static constexpr auto fields() {
    using C = CommandRule;
    return std::tuple{field("when", &C::when, "condition, such as exit_status != complete").required(),
                      field("command", &C::command,
                            "the program, by its absolute path, and its arguments; the facts come as JSON on "
                            "its standard input")
                          .required(),
                      field("timeout_s", &C::timeout_s, "after which it is ended", 0.1, 86400).unit("s")};
  }
};

struct RetrainRule : RuleConfig {
  std::string model;
  std::uint32_t scans = 3;
  std::uint32_t epochs = 20;
  std::uint32_t clusters = 40;
  double rest_s = 3600;
  double timeout_s = 86400;
  static constexpr StageInfo info{"retrain",
                                  "Teaches a model of the store the scans for which the condition held, as "
                                  "`braggd model retrain` does, in "
                                  "a process of its own that gets only what time the frames leave; the "
                                  "pipeline needs a sink rei_patches."};
  static constexpr auto fields() {
    using C = RetrainRule;
    return std::tuple{
        field("when", &C::when, "condition, such as anomaly.decision == changed and phase == ended")
            .required(),
        field("model", &C::model, "the name of the model in the model store").required(),
        field("scans", &C::scans,
              "so many scans are learnt: the first of them, of which the others are repeats", 2, 100),
        field("epochs", &C::epochs, "times that every patch is seen", 1, 100000),
        field("clusters", &C::clusters, "clusters of the patches", 2, 1000),
        field("rest_s", &C::rest_s, "after a training none begins for so long", 0, 1e7).unit("s"),
        field("timeout_s", &C::timeout_s, "after which a training is ended", 1, 1e7).unit("s")};
  }
};

struct RuleEntry {
  StageInfo info;
  std::vector<FieldDescriptor> fields;
  void (*check)(const Settings&);
};

std::span<const RuleEntry> rule_registry();

/// Every {fact} in `text` by its value. Throws ConfigError, key "", for a fact that there is not.
std::string fill_in(std::string_view text, const std::function<std::string(std::string_view)>& value);

}  // namespace braggd
