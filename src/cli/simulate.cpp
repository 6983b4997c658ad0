#include <filesystem>

#include "cli/exit_code.hpp"
#include "cli/simulated_files.hpp"
#include "cli/verb.hpp"

namespace braggd {

namespace {

struct SimulateOptions {
  std::string output;
  std::vector<std::string> assignments;
  bool json = false;
};

int simulate(const SimulateOptions& options) {
  const auto config =
      make_config<SimulationConfig>(settings_from_overrides("source", "simulator", options.assignments));
  const SimulatedFiles files = write_simulated_files(config, options.output);
  std::fputs((options.json ? to_json(files) : to_text(files)).c_str(), stdout);
  return exit_ok;
}

}  // namespace

void add_simulate(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<SimulateOptions>();
  CLI::App* verb = add_verb(
      app, "simulate", "write a simulated scan with its truth",
      "Simulates a far-field diffraction experiment: a polycrystal turned through omega in front of a photon "
      "counter or "
      "a flat panel. Writes the scan to OUTPUT (say scan.h5) and beside it scan_truth.h5 (every spot on "
      "every frame: "
      "row, col, intensity, width), scan_mask.h5 (gaps, hot pixels) and, for a panel, scan_dark.h5. The same "
      "options "
      "and seed give the same bytes. `braggd list simulator` shows every option.",
      "braggd simulate scan.h5 --set frames=90\n"
      "braggd simulate panel.h5 --set detector=panel --set rows=1024 --set cols=1024 --set load_step=3");
  verb->add_option("OUTPUT", options->output, "the scan's file; it must not exist")->required();
  verb->add_option("--set", options->assignments,
                   "an option of the simulator, for example grains=20; may be repeated")
      ->type_name("KEY=VALUE")
      ->take_all();
  verb->add_flag("--json", options->json, "answer as JSON");
  on_chosen(verb, chosen, options, &simulate);
}

}  // namespace braggd
