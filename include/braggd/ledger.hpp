// The account of a scan: nothing is lost silently.
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>

#include <braggd/error.hpp>

namespace braggd {

/// Counts of frames of one scan. Once closed, two equations hold exactly:
///   expected = written + missing + sum of dropped;   received = written + sum of dropped.
struct Ledger {
  std::uint64_t expected = 0;
  std::uint64_t received = 0;   ///< distinct frames of this scan that arrived, damaged ones included
  std::uint64_t processed = 0;  ///< went through every stage
  std::uint64_t written = 0;    ///< have their result in the file
  std::uint64_t missing = 0;    ///< never arrived
  std::array<std::uint64_t, drop_reason_names.size()>
      dropped{};  ///< by DropReason; `none` and `missing` stay 0

  // Messages beyond `received`:
  std::uint64_t duplicate = 0;   ///< a frame number that had been seen
  std::uint64_t stale = 0;       ///< of another scan, or a frame number outside this one
  std::uint64_t early = 0;       ///< arrived before the start and were held; they are also in `received`
  std::uint64_t unreadable = 0;  ///< could not be parsed far enough to name a frame

  std::uint64_t bytes_received = 0;
  std::uint64_t t_first_ns = 0;  ///< first and last frame's arrival, since the Unix epoch
  std::uint64_t t_last_ns = 0;

  std::uint64_t dropped_total() const {
    return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
  }
  bool closes() const {
    return expected == written + missing + dropped_total() && received == written + dropped_total();
  }
};

enum class ExitStatus : std::uint8_t { complete, incomplete, aborted, failed };

constexpr std::string_view name_of(ExitStatus status) {
  constexpr std::array<std::string_view, 4> names{"complete", "incomplete", "aborted", "failed"};
  return names[static_cast<std::size_t>(status)];
}

/// How a scan ended.
struct ScanSummary {
  std::string scan_id;
  ExitStatus status = ExitStatus::complete;
  std::string reason;  ///< why it is not complete, in words; else empty
  Ledger ledger;
};

}  // namespace braggd
