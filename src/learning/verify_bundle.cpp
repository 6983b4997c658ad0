#include "learning/verify_bundle.hpp"

#include "inference/model_bundle.hpp"
#include "inference/peak_network.hpp"
#include "learning/anomaly_model.hpp"

namespace braggd {

std::string verify_bundle(const std::filesystem::path& bundle, const InferenceOptions& options) {
  const std::string task = read_bundle(bundle).manifest.task;
  if (task == score_anomaly_task) {
    return load_anomaly_model(bundle).baseline->model_id + " on " + std::string(name_of(kernel_set())) +
           " kernels";
  }
  const PeakNetwork network = PeakNetwork::load(bundle, options);
  return network.manifest().id + " on " + network.running_on();
}

}  // namespace braggd
