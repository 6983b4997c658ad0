// What a sender makes of a frame before it is sent.
#pragma once

#include <cstddef>
#include <vector>

#include <braggd/error.hpp>
#include <braggd/frame.hpp>

#include "sinks/stream2_sender_plan.hpp"
#include "wire/stream2_messages.hpp"

namespace braggd {

/// The frame in the wanted encoding; an error where it cannot be decoded.
Result<Frame> recode(Frame frame, Encoding wanted);

/// The frame's message, damaged as it was planned.
std::vector<std::byte> encode_damaged(const SeriesName& series, Frame frame, Damage damage);

}  // namespace braggd
