// What the pipeline counts around every stage and sink, in the same words for all.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "core/latency_histogram.hpp"

namespace braggd {

/// A snapshot of counters.
struct StepReport {
  std::string label;
  std::uint64_t in = 0, out = 0, dropped = 0, busy_ns = 0;
  LatencyHistogram busy{};  ///< of the frames
};

/// Live counters of one step or sink; threads add to them without locks.
struct StepCounters {
  std::atomic<std::uint64_t> in{0};
  std::atomic<std::uint64_t> out{0};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint64_t> busy_ns{0};
  LatencyHistogram busy;

  void add_busy_since(std::chrono::steady_clock::time_point start) {
    const auto elapsed = std::chrono::steady_clock::now() - start;
    const auto ns =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count());
    busy_ns.fetch_add(ns, std::memory_order_relaxed);
    busy.add(ns);
  }
  StepReport report(std::string label) const { return {std::move(label), in, out, dropped, busy_ns, busy}; }
};

}  // namespace braggd
