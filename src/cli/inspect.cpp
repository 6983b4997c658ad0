#include <cstdio>

#include "cli/exit_code.hpp"
#include "cli/inspected.hpp"
#include "cli/verb.hpp"
#include "formats/open_scan.hpp"
#include "formats/result_file.hpp"

namespace braggd {

namespace {

struct InspectOptions {
  std::string file;
  std::string dataset;
  bool json = false;
};

int inspect(const InspectOptions& options) {
  std::string text;
  require_readable_file(options.file);
  if (const auto result = read_result_summary(options.file)) {
    text = options.json ? to_json(*result) : to_text(*result);
  } else {
    const InspectedScan scan = inspect_scan(*open_scan(options.file, {options.dataset}));
    text = options.json ? to_json(scan) : to_text(scan);
  }
  std::fputs(text.c_str(), stdout);
  return exit_ok;
}

}  // namespace

void add_inspect(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* verb = add_verb(
      app, "inspect", "summarise a result file or a scan",
      "Of a result: how the scan ended, its account of frames, its peaks and how they were made. Of a scan: "
      "frames, shape, geometry, omega, and the range of the first frame's pixels.",
      "braggd inspect results/scan.h5\nbraggd inspect scan.h5 --json");
  verb->add_option("FILE", options->file, "a result file, or a scan in any format that `replay` reads")
      ->required();
  verb->add_option("--dataset", options->dataset,
                   "HDF5 path of a scan's frames; found by itself when not given")
      ->type_name("PATH");
  verb->add_flag("--json", options->json, "answer as JSON");
  on_chosen(verb, chosen, options, &inspect);
}

}  // namespace braggd
