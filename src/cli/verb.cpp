#include "cli/verb.hpp"

#include <charconv>
#include <cstdint>

#include "cli/man_page.hpp"
#include "core/text.hpp"
#include "pipeline/yaml_value.hpp"

namespace braggd {

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& summary,
                   const std::string& description, const std::string& examples) {
  CLI::App* verb = app.add_subcommand(name, summary);
  verb->formatter(std::make_shared<ManPage>(description, examples));
  return verb;
}

void add_overrides(CLI::App* verb, std::vector<std::string>& overrides) {
  verb->add_option("--set", overrides,
                   "set an option of the pipeline in place of the file's, for example "
                   "stages.threshold.at_least=30; may be repeated")
      ->type_name("PATH=VALUE")
      ->take_all();
}

void add_device_option(CLI::App* verb, std::string& device) {
  verb->add_option("--device", device,
                   "where networks run: auto (a GPU where there is one), cpu, cuda or cuda:N")
      ->capture_default_str();
}

CLI::Validator number_within(double minimum, double maximum) {
  const auto check = [=](std::string& text) -> std::string {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool number = error == std::errc{} && end == text.data() + text.size();
    if (number && value >= minimum && value <= maximum) return {};
    return "'" + printable(text, 64) + "' is not a number from " + format_number(minimum) + " to " +
           format_number(maximum);
  };
  return {check, ""};
}

void add_number(CLI::App* verb, const char* name, double& value, const char* text,
                std::pair<double, double> within, const char* unit) {
  verb->add_option(name, value, text)
      ->check(number_within(within.first, within.second))
      ->type_name(unit)
      ->capture_default_str();
}

CLI::Validator whole_number() {
  const auto check = [](std::string& text) -> std::string {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return {};
    return "'" + printable(text, 64) + "' is not a whole number from 0 to 2^64 - 1";
  };
  return {check, ""};
}

CLI::Validator some(const std::string& what) {
  return {[what](std::string& text) { return text.empty() ? "it is empty: name " + what : std::string(); },
          ""};
}

std::vector<Override> parse_overrides(const std::vector<std::string>& texts) {
  std::vector<Override> overrides;
  for (const std::string& text : texts) overrides.push_back(parse_override(text));
  return overrides;
}

Plan load_plan(const PipelineOptions& options, const PlanOptions& plan_options) {
  std::vector<Problem> problems;
  PipelineConfig config = read_config(options.file, parse_overrides(options.overrides), problems);
  return make_plan(std::move(config), std::move(problems), plan_options);
}

}  // namespace braggd
