// Stream V2 messages read from bytes that nobody vouches for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <braggd/bytes.hpp>
#include <braggd/error.hpp>
#include <braggd/frame.hpp>

#include "wire/stream2_messages.hpp"

namespace braggd {

/// Reads one message, with or without the self-describe prefix. Never throws for what the bytes say: what
/// cannot be used is a DamagedMessage. Unknown keys are passed over, a key of the start message that makes no
/// sense is passed over with a warning. Pixels stay where they are: arrays are views that keep `message`
/// alive.
Stream2Message parse_stream2(const Bytes& message);

/// The frame of one channel (empty: the first), without omega and arrival time; or the reason why there is
/// none.
Result<Frame> make_frame(const ImageMessage& image, std::string_view channel);

/// What the start message says of the scan. Numbers that are not finite or beyond all reason become unknown;
/// a pixel mask that does not decode to the shape of the images is left out. Each adds a line to `warnings`.
/// The magnitude of detector_translation's third component is taken as distance.
/// Where the message does not say of what type the pixels are, that is guessed from the saturation value; the
/// images know better.
ScanHeader make_header(const StartMessage& start, std::string_view channel,
                       std::vector<std::string>& warnings);

/// The channel that `wanted` selects from those of a start message: itself, or the first; empty if there is
/// none.
std::string choose_channel(const StartMessage& start, std::string_view wanted);

}  // namespace braggd
