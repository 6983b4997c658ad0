#include "cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/man_page.hpp"
#include "cli/verb.hpp"
#include "core/text.hpp"
#include "core/this_program.hpp"
#include "core/version.hpp"
#include "formats/rehearsal.hpp"
#include "service/log.hpp"

namespace braggd {

namespace {

// The word on the command line where the verb should be; empty where there is none.
std::string verb_word(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--log-level") {
      ++i;  // and its value
    } else if (!word.starts_with('-')) {
      return std::string(word);
    }
  }
  return {};
}

// What is wrong in words, which CLI11 does not find for a verb that does not exist.
std::string explained(const CLI::App& app, const CLI::ParseError& error, const std::string& word) {
  std::vector<std::string> names;
  bool exists = word.empty();
  for (const CLI::App* verb : app.get_subcommands({})) {
    exists = exists || verb->get_name() == word;
    if (!verb->get_group().empty()) names.push_back(verb->get_name());
  }
  if (exists) return error.what();
  const std::vector<std::string_view> verbs(names.begin(), names.end());
  const auto guess = did_you_mean(word, verbs);
  return "there is no verb '" + printable(word, 64) + "'; " +
         (guess ? "did you mean '" + std::string(*guess) + "'?" : "there are " + join(verbs));
}

int print_and_choose(CLI::App& app, const CLI::ParseError& error, const std::string& word) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
  std::fprintf(stderr, "braggd: %s\n", explained(app, error, word).c_str());
  std::fprintf(stderr, "`braggd --help` and `braggd VERB --help` show what there is.\n");
  return exit_usage;
}

}  // namespace

int run_cli(int argc, char** argv) {
  CLI::App app("reduces detector scans to Bragg peaks", "braggd");
  app.formatter(
      std::make_shared<ManPage>("braggd takes frames of an X-ray detector, from a stream or from files, and "
                                "reduces each to its Bragg peaks: "
                                "dark level off, bad pixels out, threshold, connected components, positions. "
                                "What is done is written in a YAML "
                                "pipeline; what comes out is one NeXus HDF5 file a scan.",
                                "braggd simulate scan.h5 --set frames=90\nbraggd replay scan.h5 --pipeline "
                                "config/counting.yaml --output results\n"
                                "braggd inspect results/scan.h5"));
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("braggd ") + version);
  std::string log_level = "info";
  app.add_option("--log-level", log_level, "debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->capture_default_str();
  Action chosen;
  for (const auto add :
       {add_run, add_service_verbs, add_replay, add_validate, add_explain, add_list, add_simulate, add_send,
        add_keys, add_inspect, add_model, add_analyze, add_bench, add_rehearse}) {
    add(app, chosen);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return print_and_choose(app, error, verb_word(argc, argv));
  }
  set_up_log(log_level);
  use_rehearsal_program(this_program());
  return chosen();
}

}  // namespace braggd
