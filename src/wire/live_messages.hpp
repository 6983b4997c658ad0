// Live results as messages of two parts: a header in JSON, which begins with {"type":"…","v":1,"seq":n, so that
// subscribers can choose by prefix, and a binary table, empty in all messages but `frame`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <braggd/peak.hpp>
#include <braggd/sink.hpp>

#include "kernels/rei_score.hpp"

namespace braggd {

/// Grows with every change that an old subscriber would misread; new keys and columns at the end are none.
inline constexpr int live_version = 1;

/// A column of the binary table: four bytes of each record, little-endian.
struct LiveColumn {
  std::string_view name;
  std::string_view dtype;  ///< as numpy has it: "<f4" or "<u4"
  std::string_view unit;   ///< empty: none
};

inline constexpr std::array<LiveColumn, 14> live_columns{{
    {"row", "<f4", "px"},
    {"col", "<f4", "px"},
    {"row_error", "<f4", "px"},
    {"col_error", "<f4", "px"},
    {"sum_intensity", "<f4", ""},
    {"max_intensity", "<f4", ""},
    {"sigma_row", "<f4", "px"},
    {"sigma_col", "<f4", "px"},
    {"anomaly_confidence", "<f4", ""},
    {"n_pixels", "<u4", "px"},
    {"component", "<u4", ""},
    {"position_source", "<u4", ""},
    {"cluster", "<u4", ""},
    {"flags", "<u4", ""},
}};
inline constexpr std::size_t live_record_bytes = 4 * live_columns.size();

/// Writes a record for each peak; `out` has live_record_bytes for each. Values are those of the result file, rounded to
/// single precision.
void pack_live_peaks(std::span<const Peak> peaks, std::span<std::byte> out);

/// What a scan is. `welcome`: said again to a subscriber that came later.
std::string scan_start_header(std::uint64_t seq, const ScanHeader& header,
                              std::string_view configuration_sha256, bool welcome);

/// A frame that came through or was dropped; `so_far`: over the frames that were published up to this one, null where
/// none was scored.
std::string frame_header(std::uint64_t seq, const ScanHeader& header, const Envelope& envelope,
                         const ReiCounts* so_far);

/// How a scan ended. Where no sink summed the scores up, those of the frames that were published stand for them.
std::string scan_end_header(std::uint64_t seq, const FinishedScan& scan, const ReiCounts* so_far);

/// A file that is complete. No digest: nobody had the time to compute it.
std::string file_finalised_header(std::uint64_t seq, std::string_view scan_id, std::string_view path,
                                  const std::optional<std::string>& sha256, std::uint64_t bytes);

}  // namespace braggd
