#include "kernels/lz4_block.hpp"

#include <climits>
#include <lz4.h>

#include "kernels/lz4_format.hpp"
#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include "kernels/lz4_block_x86.hpp"
#endif

namespace braggd {

namespace {

/// Whether a match of a block that liblz4 accepts has the offset 0, of which liblz4 makes something.
bool has_zero_offset(std::span<const std::byte> packed) {
  const std::byte* in = packed.data();
  const std::byte* const end = in + packed.size();
  while (in < end) {
    const auto token = std::to_integer<unsigned>(*in++);
    std::size_t literals = token >> 4;
    if (literals == lz4::length_goes_on && !lz4::extend_length(in, end, literals)) return false;
    if (literals + 2 > static_cast<std::size_t>(end - in)) return false;
    in += literals;
    if (in[0] == std::byte{0} && in[1] == std::byte{0}) return true;
    in += 2;
    std::size_t length = token & 15U;
    if (length == lz4::length_goes_on && !lz4::extend_length(in, end, length)) return false;
  }
  return false;
}

bool unpack_plain(std::span<const std::byte> packed, BlockRoom& room) {
  room.zero_from = room.size;
  if (packed.size() > INT_MAX || room.size > INT_MAX) return false;
  const int unpacked =
      LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()), reinterpret_cast<char*>(room.bytes),
                          static_cast<int>(packed.size()), static_cast<int>(room.size));
  return unpacked >= 0 && static_cast<std::size_t>(unpacked) == room.size && !has_zero_offset(packed);
}

#if BRAGGD_X86_KERNELS

BRAGGD_TARGET_AVX2 lz4::Unpacked unpack_avx2(std::span<const std::byte> packed, const std::byte* readable_end,
                                             BlockRoom& room) {
  return lz4::unpack_fast<lz4::Avx2Copy>(packed, readable_end, room);
}

BRAGGD_TARGET_VBMI lz4::Unpacked unpack_vbmi(std::span<const std::byte> packed, const std::byte* readable_end,
                                             BlockRoom& room) {
  return lz4::unpack_fast<lz4::VbmiCopy>(packed, readable_end, room);
}

#endif

}  // namespace

bool unpack_lz4_block(KernelSet set, std::span<const std::byte> packed, const std::byte* readable_end,
                      BlockRoom& room) {
  if (room.size == 0) set = KernelSet::scalar;  // liblz4 has a rule of its own for an empty block
#if BRAGGD_X86_KERNELS
  if (set != KernelSet::scalar) {
    const auto unpack = set == KernelSet::avx512vbmi ? unpack_vbmi : unpack_avx2;
    const lz4::Unpacked unpacked = unpack(packed, readable_end, room);
    if (unpacked != lz4::Unpacked::up_to_the_margin) return unpacked == lz4::Unpacked::whole;
  }  // the last bytes of a chunk, and tiny chunks:
#endif
  static_cast<void>(set);
  static_cast<void>(readable_end);
  return unpack_plain(packed, room);
}

}  // namespace braggd
