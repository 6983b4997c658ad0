// Any bytes as a Stream V2 message, taken as far as a receiver takes them.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "wire/stream2_decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace braggd;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto message = parse_stream2(Bytes::own({bytes.begin(), bytes.end()}));
  if (const auto* start = std::get_if<StartMessage>(&message)) {
    std::vector<std::string> warnings;
    const ScanHeader header = make_header(*start, "", warnings);
    if (header.pixel_mask && header.pixel_mask->size() != header.shape.pixels()) __builtin_trap();
  } else if (const auto* image = std::get_if<ImageMessage>(&message)) {
    const auto frame = make_frame(*image, "");
    if (frame && frame.value().encoding == Encoding::raw &&
        frame.value().bytes.size() !=
            frame.value().shape.pixels() * bytes_per_pixel(frame.value().pixel_type)) {
      __builtin_trap();
    }
  }
  return 0;
}
