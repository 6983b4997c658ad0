#include <new>

#include "cli/exit_code.hpp"
#include "cli/verb.hpp"
#include "formats/dark_frame.hpp"
#include "formats/open_scan.hpp"
#include "formats/rehearsal.hpp"
#include "formats/result_file.hpp"

namespace braggd {

namespace {

struct RehearseOptions {
  std::string kind;
  std::string file;
  std::string dataset;
};

int rehearse(const RehearseOptions& options) {
  use_rehearsal_program({});  // this is the rehearsal
  const auto limits = limit_rehearsal();
  try {
    if (options.kind == rehearse_scan) open_scan(options.file, {options.dataset});
    if (options.kind == rehearse_result) read_result_summary(options.file);
    if (options.kind == rehearse_mask) {
      Shape shape;
      load_mask(options.file, options.dataset, shape);
    }
  } catch (const std::bad_alloc&) {
    return exit_failure;
  } catch (const std::exception&) {  // whoever asked meets it again
  }
  return exit_ok;
}

}  // namespace

void add_rehearse(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<RehearseOptions>();
  CLI::App* verb =
      add_verb(app, "rehearse", "open a file in a process of its own (for braggd itself)",
               "Opens FILE as braggd is about to, and says nothing. It ends with 0 unless the HDF5 "
               "library does not survive the file within bounds of time and memory.",
               "braggd rehearse scan scan.h5");
  verb->group("");  // not for people
  verb->add_option("KIND", options->kind, "scan, mask or result")->required();
  verb->add_option("FILE", options->file, "the file")->required();
  verb->add_option("DATASET", options->dataset, "HDF5 path within it");
  on_chosen(verb, chosen, options, &rehearse);
}

}  // namespace braggd
