// Input: u8 encoding, u8 element bytes - 1, u16 (little-endian) pixel bytes, then the chunk. The chunk's declared total
// is set to the pixel bytes where the encoding byte is even, so that more inputs come past that check.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "kernels/chunk_layout.hpp"
#include "kernels/chunk_variants.hpp"

namespace {

constexpr std::size_t prefix_bytes = 4;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace braggd;
  if (size < prefix_bytes) return 0;
  const auto encoding = static_cast<Encoding>((data[0] >> 1) % 4);
  const std::size_t element_bytes = data[1] + std::size_t{1};
  const std::size_t pixel_bytes = data[2] | std::size_t{data[3]} << 8;
  const auto input = std::as_bytes(std::span(data + prefix_bytes, size - prefix_bytes));
  std::vector<std::byte> chunk(input.begin(), input.end());
  if (data[0] % 2 == 0 && chunk.size() >= chunk_header_bytes) {
    for (std::size_t i = 0; i < 8; ++i)
      chunk[i] = static_cast<std::byte>(i < 6 ? 0 : pixel_bytes >> 8 * (7 - i) & 0xff);
  }
  std::vector<std::byte> expected(pixel_bytes);
  const ChunkError error = decode_chunk_with(KernelSet::scalar, encoding, element_bytes, chunk, expected);
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<std::byte> pixels(pixel_bytes);
    if (decode_chunk_with(set, encoding, element_bytes, chunk, pixels) != error) std::abort();
    if (error == ChunkError::none && pixels != expected) std::abort();
  }
  return 0;
}
