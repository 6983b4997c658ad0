// How long the HDF5 library takes for what touches files that are written.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/latency_histogram.hpp"
#include "formats/hdf5.hpp"

namespace braggd::hdf5 {

enum class TimedCall : std::uint8_t { create, write, close };

inline constexpr std::array<std::string_view, 3> timed_call_names{"create", "write", "close"};

/// Of this process since its start, waiting for the library included; by TimedCall. To be read while it grows.
const std::array<LatencyHistogram, timed_call_names.size()>& call_times();

void add_call_time(TimedCall call, std::chrono::nanoseconds time);

/// `call`, and counts how long it took unless it throws.
template <class F>
auto timed_call(TimedCall kind, std::string_view tried, F&& function) {
  const auto begun = std::chrono::steady_clock::now();
  const auto result = call(tried, std::forward<F>(function));
  add_call_time(kind, std::chrono::steady_clock::now() - begun);
  return result;
}

}  // namespace braggd::hdf5
