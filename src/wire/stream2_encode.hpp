// Stream V2 messages as a detector sends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <braggd/frame.hpp>

#include "wire/cbor_writer.hpp"
#include "wire/stream2_messages.hpp"

namespace braggd {

/// How the messages look; the defaults are those of a detector, the rest is what a receiver must bear.
struct Stream2Style {
  std::vector<std::string> channels{"threshold_1"};  ///< an image carries its pixels once for each
  bool self_described = true;                        ///< the prefix (tag 55799)
  bool unknown_keys = false;                         ///< keys of no standard, with nested values
  CborStyle cbor;
};

/// The start message; what the header does not know is left out. The pixel mask is sent bslz4-compressed.
std::vector<std::byte> encode_start(const ScanHeader& header, const Stream2Style& style = {});

/// One image. The pixels come last, so that a message cut short still names its frame. The frame's shape is
/// at most 65535 x 65535; its number is meta.frame_number.
std::vector<std::byte> encode_image(const SeriesName& series, const Frame& frame,
                                    const Stream2Style& style = {});

/// The same in the default style without the frame's bytes, which follow it: for those who put them in their place themselves.
std::vector<std::byte> encode_image_head(const SeriesName& series, const Frame& frame);

std::vector<std::byte> encode_end(const SeriesName& series, const Stream2Style& style = {});

}  // namespace braggd
