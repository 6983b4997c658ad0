#include "sources/replay_source.hpp"

#include "formats/open_scan.hpp"
#include "sources/play_scan.hpp"

namespace braggd {

void ReplaySource::check(const Config& config) {
  if (config.file.empty()) return;  // `braggd replay` names the scan
  try {
    open_scan(config.file, {config.dataset});
  } catch (const InputError& error) {
    throw ConfigError(error.what(), "file");
  }
}

ReplaySource::ReplaySource(const Config& config) : config_(config) {
  if (config_.file.empty()) {
    throw ConfigError(
        "there is no scan to play: give source.file, or use `braggd replay SCAN --pipeline FILE`", "file");
  }
}

void ReplaySource::run(FrameIntake& intake, std::stop_token stop) {
  const auto reader = open_scan(config_.file, {config_.dataset});
  play_scan(*reader, {config_.rate, config_.shuffle}, intake, stop);
}

}  // namespace braggd
