#include "sources/simulator_source.hpp"

#include "simulation/simulated_scan.hpp"
#include "sources/play_scan.hpp"

namespace braggd {

void SimulatorSource::check(const Config& config) {
  braggd::check(config);
}

void SimulatorSource::run(FrameIntake& intake, std::stop_token stop) {
  SimulatedScan scan(config_);
  play_scan(scan, {.frames_per_second = config_.rate}, intake, stop);
}

}  // namespace braggd
