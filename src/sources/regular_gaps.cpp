#include "sources/regular_gaps.hpp"

#include <algorithm>
#include <array>

namespace braggd {

namespace {

// From long to short: a client that came late leaves its trace in the latest frames only.
constexpr std::array<std::uint64_t, 4> windows{256, 128, 64, 32};
constexpr std::uint64_t longest_period = 16;
constexpr std::uint64_t periods_needed = 8;

enum class Class : std::uint8_t { all, none, some };

Class look_at(const FrameSet& arrived, std::uint64_t first, std::uint64_t end, std::uint64_t period) {
  const bool there = arrived.contains(first);
  for (std::uint64_t frame = first + period; frame < end; frame += period) {
    if (arrived.contains(frame) != there) return Class::some;
  }
  return there ? Class::all : Class::none;
}

std::optional<RegularGaps> gaps_between(const FrameSet& arrived, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t longest = std::min(longest_period, (end - begin) / periods_needed);
  for (std::uint64_t period = 2; period <= longest; ++period) {
    RegularGaps gaps{period, 0};
    bool regular = true;
    for (std::uint64_t residue = 0; residue < period && regular; ++residue) {
      const Class found = look_at(arrived, begin + residue, end, period);
      regular = found != Class::some;
      gaps.arriving += found == Class::all ? 1 : 0;
    }
    if (regular && gaps.arriving < period) return gaps;
  }
  return std::nullopt;
}

}  // namespace

std::optional<RegularGaps> find_regular_gaps(const FrameSet& arrived) {
  const std::uint64_t end = arrived.end();
  if (arrived.size() == end) return std::nullopt;
  for (const std::uint64_t window : windows) {
    if (window > end) continue;
    if (const auto gaps = gaps_between(arrived, end - window, end)) return gaps;
  }
  return std::nullopt;
}

}  // namespace braggd
