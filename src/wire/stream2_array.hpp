// Arrays within Stream V2 messages: tag 40 (multi-dimensional), a typed-array tag (RFC 8746), and DECTRIS'
// tag 56500 for compressed bytes.
#pragma once

#include <cstdint>
#include <vector>

#include <braggd/bytes.hpp>

#include "wire/cbor_reader.hpp"
#include "wire/stream2_messages.hpp"

namespace braggd {

namespace cbor_tag {
inline constexpr std::uint64_t row_major_array = 40;
inline constexpr std::uint64_t column_major_array = 1040;
inline constexpr std::uint64_t u8 = 64, u16_le = 69, u32_le = 70, f32_le = 85;
inline constexpr std::uint64_t dectris_compression = 56500;
inline constexpr std::uint64_t self_described = 55799;
inline constexpr std::uint64_t date_time = 0;
}  // namespace cbor_tag

/// Largest number of rows or columns of a frame.
inline constexpr std::uint64_t max_side_px = 65535;
/// Largest number of channels in a message.
inline constexpr std::size_t max_channels = 64;

/// Reads {channel: array}. An array that is well-formed CBOR but not usable is kept with its error; what is
/// not CBOR at all throws CborError. Pixels are views of `message`, which `in` reads.
std::vector<ChannelArray> read_channels(CborReader& in, const Bytes& message);

/// Largest pixel mask that is decoded.
inline constexpr std::uint64_t max_mask_bytes = std::uint64_t{256} << 20;

/// The decoded array as rows x cols numbers of 32 bits, or nothing and the reason in `error`.
std::vector<std::uint32_t> decode_u32(const EncodedArray& array, Shape expected, std::string& error);

}  // namespace braggd
