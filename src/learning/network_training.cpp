// What the library of networks does for learning.
#include "inference/network_library.hpp"
#include "learning/script_writer.hpp"
#include "learning/train_peak_network.hpp"

namespace braggd {

std::vector<char> write_script(const Script& script) {
  std::vector<char> bytes;
  network_function_as<WriteScript>("braggd_write_script")(script, bytes);
  return bytes;
}

TrainedNetwork train_peak_network(const TrainingOptions& options,
                                  const std::function<void(const TrainingProgress&)>& progress,
                                  const std::function<bool()>& stopped) {
  TrainedNetwork trained;
  network_function_as<TrainPeakNetwork>("braggd_train_peak_network")(options, progress, stopped, trained);
  return trained;
}

}  // namespace braggd
