#pragma once

#include <cstdint>
#include <tuple>

#include <braggd/source.hpp>
#include <braggd/stage.hpp>

#include "simulation/config.hpp"

namespace braggd {

/// The experiment's options and the pace at which it is played.
struct SimulatorConfig : SimulationConfig {
  double rate = 0;
  static constexpr auto fields() {
    const auto pace =
        field("rate", &SimulatorConfig::rate, "pace; 0: as fast as it goes", 0, 1e6).unit("frames/s");
    return std::tuple_cat(SimulationConfig::fields(), std::tuple{pace});
  }
};

/// A simulated far-field diffraction scan, once.
class SimulatorSource final : public Source {
 public:
  using Config = SimulatorConfig;
  static constexpr StageInfo info{"simulator", "Simulates a far-field diffraction scan of a polycrystal."};

  static void check(const Config& config);
  explicit SimulatorSource(const Config& config) : config_(config) {}
  void run(FrameIntake& intake, std::stop_token stop) override;

 private:
  Config config_;
};

}  // namespace braggd
