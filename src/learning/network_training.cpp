// What the library of networks does for learning.
#include <cmath>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "inference/model_bundle.hpp"
#include "inference/network_library.hpp"
#include "inference/script_weights.hpp"
#include "learning/braggnn.hpp"
#include "learning/script_writer.hpp"
#include "learning/train_peak_network.hpp"

namespace braggd {

std::vector<char> write_script(const Script& script) {
  std::vector<char> bytes;
  network_function_as<WriteScript>("braggd_write_script")(script, bytes);
  return bytes;
}

StartingWeights weights_of_bundle(const NetworkPlan& plan, const std::filesystem::path& directory) {
  const auto refuse = [&](const std::string& text) {
    throw ConfigError(directory.string() + ": " + text, "start-from");
  };
  const ModelBundle bundle = read_bundle(directory, locate_peaks_task);
  const std::string& architecture = bundle.manifest.architecture;
  if (architecture != plan.manifest.architecture) {
    refuse("a bundle of " + printable(architecture, 64) + ", which cannot begin the training of " +
           plan.manifest.architecture);
  }
  NamedWeights found = read_script_weights(bundle.script);
  if (plan.manifest.input == PatchInput::min_max) found = expanded_weights(found);
  StartingWeights start{{}, bundle.manifest.id};
  for (const WeightPlan& planned : plan.weights) {
    const auto at = found.find(planned.name);
    if (at == found.end()) {
      refuse("its script has no weight " + planned.name + "; train the network anew");
    }
    if (at->second.shape != planned.shape) refuse("its weight " + planned.name + " has another shape");
    for (const float value : at->second.values) {
      if (!std::isfinite(value)) refuse("its weight " + planned.name + " is not finite");
    }
    start.weights.emplace(planned.name, std::move(at->second));
  }
  return start;
}

TrainedNetwork train_peak_network(const TrainingOptions& options,
                                  const std::function<void(const TrainingProgress&)>& progress,
                                  const std::function<bool()>& stopped) {
  const NetworkPlan plan = network_plan(options.network);
  const StartingWeights start = options.start_from.empty()
                                    ? StartingWeights{initial_weights(plan, options.seed), {}}
                                    : weights_of_bundle(plan, options.start_from);
  TrainedNetwork trained;
  network_function_as<TrainPeakNetwork>("braggd_train_peak_network")(options, start, progress, stopped,
                                                                     trained);
  trained.started_from = start.from;
  return trained;
}

}  // namespace braggd
