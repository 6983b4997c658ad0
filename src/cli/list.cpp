#include <cstdio>
#include <string_view>

#include "cli/exit_code.hpp"
#include "cli/verb.hpp"
#include "core/text.hpp"
#include "pipeline/component_table.hpp"
#include "pipeline/reference.hpp"

namespace braggd {

namespace {

struct ListOptions {
  std::string type;
  bool json = false, schema = false, markdown = false;
};

int list_one(const ListOptions& options) {
  const std::string text = options.json ? list_type_json(options.type) : list_type_text(options.type);
  if (!text.empty()) {
    std::fputs(text.c_str(), stdout);
    return exit_ok;
  }
  std::vector<std::string_view> types{"engine", "service"};
  for (const ComponentKind& kind : component_table()) types.push_back(kind.type);
  const auto guess = did_you_mean(options.type, types);
  std::fprintf(
      stderr, "braggd: there is no source, stage or sink '%s'%s\n", options.type.c_str(),
      guess ? ("; did you mean '" + std::string(*guess) + "'?").c_str() : "; `braggd list` shows them all");
  return exit_usage;
}

int list(const ListOptions& options) {
  if (!options.type.empty()) return list_one(options);
  const std::string text = options.schema     ? pipeline_json_schema()
                           : options.markdown ? reference_markdown()
                           : options.json     ? list_json()
                                              : list_text();
  std::fputs(text.c_str(), stdout);
  return exit_ok;
}

}  // namespace

void add_list(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App* verb = add_verb(
      app, "list", "show sources, stages and sinks, or every option of one",
      "Without TYPE a line for each; with TYPE every option with its default, unit, range and meaning. The "
      "JSON Schema lets editors complete and check pipeline files.",
      "braggd list\nbraggd list threshold\nbraggd list --json-schema > pipeline.schema.json");
  verb->add_option("TYPE", options->type, "a source, stage or sink, or engine");
  verb->add_flag("--json", options->json, "as JSON");
  verb->add_flag("--json-schema", options->schema, "the JSON Schema of a whole pipeline file");
  verb->add_flag("--markdown", options->markdown, "the reference page");
  on_chosen(verb, chosen, options, &list);
}

}  // namespace braggd
