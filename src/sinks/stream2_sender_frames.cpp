#include "sinks/stream2_sender_frames.hpp"

#include <algorithm>
#include <utility>

#include "kernels/chunk.hpp"
#include "wire/stream2_encode.hpp"

namespace braggd {

namespace {

// A chunk whose first length field reaches beyond its end; raw pixels have no such field and lose a byte.
void corrupt(Frame& frame) {
  const auto view = frame.bytes.view();
  std::vector<std::byte> bytes(view.begin(), view.end());
  constexpr std::size_t header_bytes = 12, length_bytes = 4;
  if (frame.encoding == Encoding::raw) {
    bytes.pop_back();
  } else if (frame.shape.pixels() >= 8 && bytes.size() >= header_bytes + length_bytes) {
    std::fill_n(bytes.begin() + header_bytes, length_bytes, std::byte{0xFF});
  } else {
    std::fill_n(bytes.begin(), std::min<std::size_t>(8, bytes.size()), std::byte{0xFF});  // the total
  }
  frame.bytes = Bytes::own(std::move(bytes));
}

void misshape(Frame& frame) {
  constexpr std::uint32_t most_rows = 65535;
  frame.shape.rows = frame.shape.rows < most_rows ? frame.shape.rows + 1 : most_rows - 1;
  if (frame.encoding != Encoding::raw) return;
  const auto view = frame.bytes.view();
  std::vector<std::byte> bytes(view.begin(), view.end());
  bytes.resize(frame.shape.pixels() * bytes_per_pixel(frame.pixel_type));
  frame.bytes = Bytes::own(std::move(bytes));
}

}  // namespace

Result<Frame> recode(Frame frame, Encoding wanted) {
  if (frame.encoding == wanted) return frame;
  const std::size_t element_bytes = bytes_per_pixel(frame.pixel_type);
  std::vector<std::byte> pixels(frame.shape.pixels() * element_bytes);
  const ChunkError error = decode_chunk(frame.encoding, element_bytes, frame.bytes.view(), pixels);
  if (error != ChunkError::none) return FrameError{DropReason::decode_error, std::string(describe(error))};
  frame.encoding = wanted;
  if (wanted == Encoding::raw) {
    frame.bytes = Bytes::own(std::move(pixels));
  } else {
    std::vector<std::byte> chunk;
    encode_chunk(wanted, element_bytes, pixels, chunk);
    frame.bytes = Bytes::own(std::move(chunk));
  }
  return frame;
}

std::vector<std::byte> encode_damaged(const SeriesName& series, Frame frame, Damage damage) {
  if (damage == Damage::corrupt) corrupt(frame);
  if (damage == Damage::wrong_shape) misshape(frame);
  auto message = encode_image(series, frame);
  // The pixels are the last thing in the message: cut in their middle.
  if (damage == Damage::truncate) message.resize(message.size() - (frame.bytes.size() + 1) / 2);
  return message;
}

}  // namespace braggd
