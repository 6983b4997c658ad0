#include "cli/verb.hpp"

#include "cli/man_page.hpp"

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
