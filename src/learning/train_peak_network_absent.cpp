// In place of what trains and writes scripts in a build without LibTorch.
#include <braggd/error.hpp>

#include "learning/script_writer.hpp"
#include "learning/train_peak_network.hpp"

namespace braggd {

namespace {

constexpr const char* no_torch =
    "networks are trained by a build with LibTorch, which this is not; install libtorch-dev and build again";

}  // namespace

std::vector<char> write_script(const Script&) {
  throw ConfigError(no_torch);
}

TrainedNetwork train_peak_network(const TrainingOptions&, const std::function<void(const TrainingProgress&)>&,
                                  const std::function<bool()>&) {
  throw ConfigError(no_torch);
}

}  // namespace braggd
