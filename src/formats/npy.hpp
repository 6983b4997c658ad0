// NumPy's .npy arrays (numpy.lib.format, versions 1 to 3): numbers and short texts, never objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace braggd {

/// What the header of an array says.
struct NpyHeader {
  std::string descr;  ///< the type as NumPy writes it, such as "<u2"
  char kind = 0;      ///< b i u f c S U …
  std::size_t item_bytes = 0;
  bool big_endian = false;
  std::vector<std::uint64_t> shape;  ///< empty: a scalar
  std::uint64_t n_items = 1;
  std::uint64_t data_bytes = 0;
};

/// Bytes that tell how long the header is.
inline constexpr std::size_t npy_preamble_bytes = 12;

/// Bytes before the data, told from the first npy_preamble_bytes of an array. Throws InputError where they
/// are not the beginning of one, or where the header would exceed 64 KiB.
std::size_t npy_header_bytes(std::span<const std::byte> preamble);

/// The header, from all bytes before the data. Throws InputError for objects, structures, column-major arrays
/// and whatever is no header.
/// No item has more than 256 bytes.
NpyHeader parse_npy_header(std::span<const std::byte> bytes);

/// Items of an array of real numbers, each of which must fit T exactly; throws InputError that names the
/// first that does not, or the type where it is no number. `data` holds any whole number of items. T: u8,
/// u16, u32, i64, float, double.
template <class T>
std::vector<T> npy_numbers(const NpyHeader& header, std::span<const std::byte> data);

/// The text of a scalar of bytes (S) or Unicode (U), without its padding; characters beyond ASCII become '?'.
std::string npy_text(const NpyHeader& header, std::span<const std::byte> data);

}  // namespace braggd
