#include "formats/omega_axis.hpp"

#include <algorithm>
#include <cmath>

namespace braggd {

namespace {

constexpr double max_angle_deg = 1e6;

bool are_angles(std::span<const double> angles) {
  return std::ranges::all_of(angles, [](double angle) { return std::abs(angle) <= max_angle_deg; });
}

bool are_equal(double a, double b) {
  return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b));
}

}  // namespace

void set_omega_ranges(ScanHeader& header, std::span<const double> begin_deg,
                      std::span<const double> end_deg) {
  const std::uint64_t frames = header.expected_frames;
  if (frames == 0 || begin_deg.size() < frames || end_deg.size() < frames) return;
  begin_deg = begin_deg.first(frames);
  end_deg = end_deg.first(frames);
  if (!are_angles(begin_deg) || !are_angles(end_deg)) return;

  const double start = begin_deg[0];
  const double step = frames > 1 ? (begin_deg[frames - 1] - start) / static_cast<double>(frames - 1)
                                 : end_deg[0] - begin_deg[0];
  bool even = true;
  for (std::uint64_t i = 0; even && i < frames; ++i) {
    const double expected = start + step * static_cast<double>(i);
    even = are_equal(begin_deg[i], expected) && are_equal(end_deg[i], expected + step);
  }
  if (even) {
    header.omega_start_deg = start;
    header.omega_step_deg = end_deg[0] - begin_deg[0];
    return;
  }
  header.omega_deg.resize(frames);
  for (std::uint64_t i = 0; i < frames; ++i) header.omega_deg[i] = (begin_deg[i] + end_deg[i]) / 2;
}

void set_omega_centres(ScanHeader& header, std::span<const double> centre_deg) {
  const std::uint64_t frames = header.expected_frames;
  if (frames == 0 || centre_deg.size() < frames || !are_angles(centre_deg.first(frames))) return;
  header.omega_deg.assign(centre_deg.begin(), centre_deg.begin() + static_cast<std::ptrdiff_t>(frames));
}

}  // namespace braggd
