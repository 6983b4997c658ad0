// A real detector's frame.
#include <algorithm>
#include <array>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <openssl/evp.h>
#include <string>
#include <vector>

#include "kernels/chunk_variants.hpp"
#include "shared_data.hpp"

namespace braggd {
namespace {

std::string md5_hex(std::span<const std::byte> data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_md5(), nullptr) != 1)
    return "no md5 here";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    text.push_back(digits[digest[i] >> 4]);
    text.push_back(digits[digest[i] & 15]);
  }
  return text;
}

std::vector<char> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(GoldenChunk, TheEiger2FrameDecodesToItsKnownPixelsInEverySet) {
  const auto path = shared_data("eiger2-16m-stream2/image.cbor");
  BRAGGD_SKIP_WITHOUT(path);
  const std::vector<char> message = read_file(path);
  // 40([[4362, 4148], 69(56500(["bslz4", 2, <513082 bytes>]))])
  const std::string head(
      "\xd8\x28\x82\x82\x19\x11\x0a\x19\x10\x34\xd8\x45\xd9\xdc\xb4\x83\x65\x62\x73\x6c\x7a\x34\x02"
      "\x5a\x00\x07\xd4\x3a",
      28);
  const auto found = std::search(message.begin(), message.end(), head.begin(), head.end());
  ASSERT_NE(found, message.end());
  const auto offset = static_cast<std::size_t>(found - message.begin()) + head.size();
  ASSERT_GE(message.size(), offset + 513082);
  const auto chunk = std::as_bytes(std::span(message)).subspan(offset, 513082);

  std::vector<std::byte> pixels(std::size_t{4362} * 4148 * 2);
  for (const KernelSet set : supported_kernel_sets()) {
    std::ranges::fill(pixels, std::byte{0});
    ASSERT_EQ(decode_chunk_with(set, Encoding::bslz4, 2, chunk, pixels), ChunkError::none);
    EXPECT_EQ(md5_hex(pixels), "2e9f38756cff141a6dcb0943c5988f0b") << name_of(set);
  }
  std::vector<std::byte> again;
  encode_chunk(Encoding::bslz4, 2, pixels, again);
  std::vector<std::byte> decoded(pixels.size());
  ASSERT_EQ(decode_chunk(Encoding::bslz4, 2, again, decoded), ChunkError::none);
  EXPECT_EQ(decoded, pixels);
}

}  // namespace
}  // namespace braggd
