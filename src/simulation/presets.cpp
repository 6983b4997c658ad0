#include "simulation/presets.hpp"

#include <algorithm>
#include <string>

#include <braggd/error.hpp>

#include "core/text.hpp"

namespace braggd {
namespace {

SimulationConfig demo() {
  SimulationConfig config;
  config.frames = 180;
  config.rows = config.cols = 1024;
  config.pixel_um = 400;
  config.omega_step_deg = 1;
  config.grains = 30;
  config.mosaic_deg = 0.2;
  config.load_step = 2;
  config.background_counts = 0.2;
  return config;
}

SimulationConfig far_field() {
  SimulationConfig config;
  config.detector = DetectorKind::panel;
  config.encoding = Encoding::raw;
  config.peak_intensity = 800;
  return config;
}

SimulationConfig benchmark(DetectorKind detector) {
  SimulationConfig config;
  config.layout = SpotLayout::uniform;
  config.detector = detector;
  config.frames = 64;
  config.rows = config.cols = 4096;
  config.lorentz_fraction = 0;
  config.gaps = false;
  return config;
}

}  // namespace

SimulationConfig simulation_preset(std::string_view name) {
  if (name == "demo") return demo();
  if (name == "far_field") return far_field();
  if (name == "counting") return benchmark(DetectorKind::counting);
  if (name == "panel") return benchmark(DetectorKind::panel);
  std::string message = "there is no preset '" + printable(name, 64) + "'";
  if (const auto meant = did_you_mean(name, simulation_preset_names)) {
    message += "; did you mean '" + std::string(*meant) + "'?";
  } else {
    message += "; there are";
    for (const auto known : simulation_preset_names) message += " " + std::string(known);
  }
  throw ConfigError(message, "preset");
}

}  // namespace braggd
