// Input: u8 what, then the chunk of a frame of 16 x 512 pixels. Of `what`, bits 0-1 choose the encoding, 2-3 the pixel
// type, bit 4 a dark frame, bit 5 a mask; where bit 6 is not set the chunk's declared total is put right, so that more
// inputs come past that check. Every kernel set must say the same of it and keep the same pixels.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "kernels/chunk_layout.hpp"
#include "kernels/chunk_variants.hpp"
#include "kernels/sparsify.hpp"

namespace {

using namespace braggd;

constexpr Shape shape{16, 512};
constexpr std::array types{PixelType::u8, PixelType::u16, PixelType::u32, PixelType::f32};
constexpr unsigned dark_bit = 4, mask_bit = 5, wrong_total_bit = 6;

/// One a kernel set for each type, with or without a dark frame and a mask, made once.
const std::vector<std::unique_ptr<Sparsifier>>& sparsifiers_of(unsigned what) {
  static std::array<std::vector<std::unique_ptr<Sparsifier>>, 16> made;
  auto& slot = made[what >> 2 & 15U];
  if (!slot.empty()) return slot;
  std::vector<float> dark;
  std::vector<std::uint8_t> masked;
  if ((what >> dark_bit & 1U) != 0) {
    for (std::size_t i = 0; i < shape.pixels(); ++i) dark.push_back(static_cast<float>(i % 97) * 0.25F);
  }
  if ((what >> mask_bit & 1U) != 0) {
    for (std::size_t i = 0; i < shape.pixels(); ++i) masked.push_back(i % 61 == 0 ? 1 : 0);
  }
  SparsifyRule rule;
  rule.dark = dark;
  rule.masked = masked;
  rule.at_least = 37;
  rule.saturation_value = 200;
  rule.max_pixels = shape.pixels() / 2;
  for (const KernelSet set : supported_kernel_sets())
    slot.push_back(std::make_unique<Sparsifier>(types[what >> 2 & 3U], shape, rule, set));
  return slot;
}

bool same(const SparseFrame& a, const SparseFrame& b) {
  return a.index == b.index && a.flagged == b.flagged && a.status == b.status &&
         a.value.size() == b.value.size() &&
         (a.value.empty() ||
          std::memcmp(a.value.data(), b.value.data(), a.value.size() * sizeof(float)) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned what = data[0];
  const auto encoding = static_cast<Encoding>(what & 3U);
  const auto input = std::as_bytes(std::span(data + 1, size - 1));
  std::vector<std::byte> chunk(input.begin(), input.end());  // its own block: an over-read is seen
  if ((what >> wrong_total_bit & 1U) == 0 && encoding != Encoding::raw &&
      chunk.size() >= chunk_header_bytes) {
    const std::uint64_t total = shape.pixels() * bytes_per_pixel(types[what >> 2 & 3U]);
    for (std::size_t i = 0; i < 8; ++i) chunk[i] = static_cast<std::byte>(total >> 8 * (7 - i) & 0xff);
  }
  SparseFrame expected, got;
  const auto& sparsifiers = sparsifiers_of(what);
  const SparsifyOutcome said = sparsifiers.front()->run(encoding, chunk, expected);
  for (const auto& sparsifier : sparsifiers) {
    const SparsifyOutcome outcome = sparsifier->run(encoding, chunk, got);
    if (outcome.damage != said.damage || outcome.ok() != said.ok() || !same(expected, got)) std::abort();
  }
  return 0;
}
