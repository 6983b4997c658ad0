// What `inspect` says of a file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/scan_reader.hpp"
#include "formats/result_file.hpp"

namespace braggd {

/// The pixels of a scan's first frame that have a value.
struct FirstFrame {
  std::uint64_t valid_pixels = 0;
  double minimum = 0, maximum = 0, mean = 0;
  std::string encoding;
};

struct InspectedScan {
  std::shared_ptr<const ScanHeader> header;
  std::optional<FirstFrame> first_frame;  ///< nothing: the scan is empty or the frame damaged
  std::string damage;                     ///< of the first frame
};

InspectedScan inspect_scan(ScanReader& reader);

std::string to_text(const InspectedScan& scan);
std::string to_json(const InspectedScan& scan);
std::string to_text(const ResultSummary& result);
std::string to_json(const ResultSummary& result);

}  // namespace braggd
