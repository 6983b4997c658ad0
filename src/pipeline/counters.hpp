// What the pipeline counts around every stage, in the same words for all.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace braggd {

/// Live counters of one step; threads add to them without locks.
struct StepCounters {
  std::atomic<std::uint64_t> in{0};
  std::atomic<std::uint64_t> out{0};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint64_t> busy_ns{0};
};

/// A snapshot of them.
struct StepReport {
  std::string label;
  std::uint64_t in = 0, out = 0, dropped = 0, busy_ns = 0;
};

}  // namespace braggd
