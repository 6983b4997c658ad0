#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/exit_code.hpp"
#include "cli/verb.hpp"

namespace braggd {

namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  std::vector<std::string> overrides;
  bool json = false;
};

nlohmann::ordered_json to_json(const Problem& problem) {
  return {{"file", problem.file}, {"line", problem.line}, {"column", problem.column},
          {"key", problem.key},   {"text", problem.text}, {"suggestion", problem.suggestion}};
}

int validate(const ValidateOptions& options) {
  bool valid = true;
  nlohmann::ordered_json answers = nlohmann::ordered_json::array();
  for (const std::string& file : options.files) {
    nlohmann::ordered_json problems = nlohmann::ordered_json::array();
    try {
      load_plan({file, options.overrides});
      if (!options.json) std::printf("%s: valid\n", file.c_str());
    } catch (const ConfigProblems& error) {
      valid = false;
      for (const Problem& problem : error.problems()) problems.push_back(to_json(problem));
      if (!options.json) std::fprintf(stderr, "%s\n", error.what());
    }
    answers.push_back({{"file", file}, {"valid", problems.empty()}, {"problems", problems}});
  }
  if (options.json) {
    std::printf("%s\n",
                answers.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
  }
  return valid ? exit_ok : exit_config;
}

}  // namespace

void add_validate(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<ValidateOptions>();
  CLI::App* verb = add_verb(
      app, "validate", "check pipeline files and report every mistake at once",
      "Checks options, their types and ranges, names, connections, types of products, and that files "
      "exist and can be read. Each mistake is a line: file, line, column, option, what is wrong, what "
      "to do. Nothing is run.",
      "braggd validate config/counting.yaml config/stream.yaml\nbraggd validate config/stream.yaml --json");
  verb->add_option("PIPELINE", options->files, "pipeline files")->required()->expected(1, 1000);
  add_overrides(verb, options->overrides);
  verb->add_flag("--json", options->json, "answer as JSON");
  on_chosen(verb, chosen, options, &validate);
}

}  // namespace braggd
