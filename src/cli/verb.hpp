// What all verbs share: how they are added, and the options that several of them have.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/plan.hpp"

namespace braggd {

/// The verb that was chosen, ready to run; returns the exit code.
using Action = std::function<int()>;

void add_run(CLI::App& app, Action& chosen);
void add_replay(CLI::App& app, Action& chosen);
void add_validate(CLI::App& app, Action& chosen);
void add_explain(CLI::App& app, Action& chosen);
void add_list(CLI::App& app, Action& chosen);
void add_simulate(CLI::App& app, Action& chosen);
void add_send(CLI::App& app, Action& chosen);
void add_keys(CLI::App& app, Action& chosen);
void add_inspect(CLI::App& app, Action& chosen);
void add_bench(CLI::App& app, Action& chosen);
void add_rehearse(CLI::App& app, Action& chosen);
void add_model(CLI::App& app, Action& chosen);
void add_analyze(CLI::App& app, Action& chosen);
/// status, top, and the orders start, stop, abort, reload, rollback.
void add_service_verbs(CLI::App& app, Action& chosen);

/// Adds the verb `name`. The manual page is put together from the options and from `description` (paragraphs) and
/// `examples` (lines).
CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& summary,
                   const std::string& description, const std::string& examples);

/// Makes `action` the chosen one when `verb` is on the command line.
template <class Options>
void on_chosen(CLI::App* verb, Action& chosen, const std::shared_ptr<Options>& options,
               int (*action)(const Options&)) {
  verb->callback([options, action, &chosen] { chosen = [options, action] { return action(*options); }; });
}

/// `PIPELINE` and `--set`.
struct PipelineOptions {
  std::string file;
  std::vector<std::string> overrides;
};
void add_overrides(CLI::App* verb, std::vector<std::string>& overrides);

/// `--device`: where networks run.
void add_device_option(CLI::App* verb, std::string& device);

/// Reads and plans; throws ConfigProblems.
Plan load_plan(const PipelineOptions& options, const PlanOptions& plan_options = {});

/// Checks of option values; unlike CLI11's own they refuse "nan" for a number, and a sign for a whole number.
CLI::Validator number_within(double minimum, double maximum);
/// An option that takes a number in [minimum, maximum]; what it says of the default is `value` as it is.
void add_number(CLI::App* verb, const char* name, double& value, const char* text,
                std::pair<double, double> within, const char* unit);
CLI::Validator whole_number();
/// Refuses an empty text; `what` is to be named instead, say "a directory".
CLI::Validator some(const std::string& what);

/// The same list of overrides, parsed.
std::vector<Override> parse_overrides(const std::vector<std::string>& texts);

}  // namespace braggd
