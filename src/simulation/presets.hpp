// Ready-made experiments.
#pragma once

#include <array>
#include <string_view>

#include "simulation/config.hpp"

namespace braggd {

/// demo: a small, quick scan with a photon counter. far_field: aluminium on a 2048 x 2048 flat panel at 71.676 keV,
/// a full turn in steps of 0.25 deg. counting, panel: 4096 x 4096 frames with 500 spots each, for measuring speed.
inline constexpr std::array<std::string_view, 4> simulation_preset_names{"demo", "far_field", "counting",
                                                                         "panel"};

/// The experiment of that name; throws ConfigError for another one.
SimulationConfig simulation_preset(std::string_view name);

}  // namespace braggd
