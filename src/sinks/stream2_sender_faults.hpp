// What may go wrong with a stream, on request.
#pragma once

#include <cstdint>
#include <string_view>

namespace braggd {

/// Numbers are of frames, chosen at random by a seed; no frame has two of them.
struct StreamFaults {
  std::uint64_t drop = 0;         ///< never sent
  std::uint64_t duplicate = 0;    ///< sent twice
  std::uint64_t swap = 0;         ///< pairs of neighbours whose order is exchanged
  std::uint64_t truncate = 0;     ///< the message is cut within its pixels
  std::uint64_t corrupt = 0;      ///< the pixels' compressed bytes lie about their length
  std::uint64_t wrong_shape = 0;  ///< one row too many or too few
  double stall_s = 0;             ///< silence in mid-scan
  bool missing_start = false;
  bool missing_end = false;
  bool second_scan =
      false;  ///< another scan starts in mid-scan; the first is abandoned, the second suffers the rest
};

/// Reads "drop=3,duplicate=2,missing_end,stall=0.5". Throws ConfigError.
StreamFaults parse_faults(std::string_view spec);

}  // namespace braggd
