#include "simulation/simulated_scan.hpp"

#include <string>

namespace braggd {
namespace {

const SimulationConfig& checked(const SimulationConfig& config) {
  check(config);
  return config;
}

std::string scan_id(const SimulationConfig& config) {
  const std::string id =
      "simulated-seed" + std::to_string(config.seed) + "-load" + std::to_string(config.load_step);
  return config.repeat == 0 ? id : id + "-repeat" + std::to_string(config.repeat);
}

FrameError no_such_frame(std::uint64_t index, const ScanHeader& header) {
  return {DropReason::missing, "there is no frame " + std::to_string(index) + " among " +
                                   std::to_string(header.expected_frames) + " simulated frames"};
}

}  // namespace

SimulatedScan::SimulatedScan(const SimulationConfig& config)
    : config_(checked(config)),
      renderer_(config_),
      spots_(config_),
      header_(renderer_.header(config_.frames, scan_id(config_))) {}

Result<Frame> SimulatedScan::read(std::uint64_t index) {
  if (index >= config_.frames) return no_such_frame(index, *header_);
  return renderer_.exposure(index, profiles(index));
}

std::vector<SpotProfile> SimulatedScan::profiles(std::uint64_t index) const {
  std::vector<SpotProfile> profiles;
  const auto members = spots_.on_frame(index);
  profiles.reserve(members.size());
  for (const std::uint32_t member : members) {
    const TrueSpot& spot = truth()[member];
    const SpotOnFrame part = part_on_frame(config_, spot, index);
    profiles.emplace_back(spot.shape, part.row, part.col, spot.intensity * part.fraction);
  }
  return profiles;
}

std::vector<TruthRow> SimulatedScan::truth_of_frame(std::uint64_t index) const {
  std::vector<TruthRow> rows;
  for (const std::uint32_t member : spots_.on_frame(index)) {
    rows.push_back(truth_row(config_, truth()[member], index));
  }
  return rows;
}

std::vector<TruthRow> SimulatedScan::truth_table() const {
  std::vector<TruthRow> table;
  for (std::uint64_t frame = 0; frame < config_.frames; ++frame) {
    const auto rows = truth_of_frame(frame);
    table.insert(table.end(), rows.begin(), rows.end());
  }
  return table;
}

std::vector<float> SimulatedScan::expected(std::uint64_t index) {
  return renderer_.expected(profiles(index));
}

SimulatedDark::SimulatedDark(const SimulationConfig& config, std::uint64_t frames)
    : renderer_(checked(config)), header_(renderer_.header(frames, scan_id(config) + "-dark")) {}

Result<Frame> SimulatedDark::read(std::uint64_t index) {
  if (index >= header_->expected_frames) return no_such_frame(index, *header_);
  return renderer_.dark(index);
}

}  // namespace braggd
