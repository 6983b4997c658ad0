// Which message is sent when, by whom, and with which fault: decided before the first one is sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sinks/stream2_sender_faults.hpp"

namespace braggd {

enum class Damage : std::uint8_t { none, truncate, corrupt, wrong_shape };

struct PlannedMessage {
  enum class Kind : std::uint8_t { start, image, copy, end, pause };
  Kind kind = Kind::image;
  Damage damage = Damage::none;
  std::uint32_t sender = 0;
  std::uint64_t frame = 0;  ///< of images and their copies
  double pause_s = 0;
};

struct PlannedScan {
  std::vector<PlannedMessage> messages;
  std::uint64_t dropped = 0;
  std::uint64_t swapped = 0;  ///< pairs
};

struct PlanRequest {
  std::uint64_t frames = 0;
  std::uint32_t senders = 1;       ///< images are dealt to them in turn; the first sends start and end
  std::uint64_t shuffle_seed = 0;  ///< 0: in order
  std::uint64_t fault_seed = 1;
  StreamFaults faults{};
};

/// The same request gives the same plan on every machine. Throws ConfigError where the scan has too few frames for
/// its faults. A copy follows its original at once; with several senders each has an undamaged-by-loss image to send
/// after its last copy, so that no copy can reach a receiver that has everything already.
std::vector<PlannedScan> plan_stream(const PlanRequest& request);

}  // namespace braggd
