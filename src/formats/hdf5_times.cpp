#include "formats/hdf5_times.hpp"

namespace braggd::hdf5 {

namespace {

std::array<LatencyHistogram, timed_call_names.size()>& all_times() {
  static std::array<LatencyHistogram, timed_call_names.size()> times;
  return times;
}

}  // namespace

const std::array<LatencyHistogram, timed_call_names.size()>& call_times() {
  return all_times();
}

void add_call_time(TimedCall call, std::chrono::nanoseconds time) {
  all_times()[static_cast<std::size_t>(call)].add(static_cast<std::uint64_t>(time.count()));
}

}  // namespace braggd::hdf5
