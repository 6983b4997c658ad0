// How numbers in HDF5 become pixels.
#pragma once

#include <cstddef>
#include <string>

#include <braggd/frame.hpp>

#include "formats/hdf5.hpp"

namespace braggd {

/// The sizes that a frame may have.
inline constexpr std::uint64_t max_frame_side = 65535;
inline constexpr std::uint64_t max_frame_pixels = std::uint64_t{1} << 28;

/// Why frames of that size are refused; empty: they are not.
std::string frame_size_problem(std::uint64_t rows, std::uint64_t cols);

/// The type of a dataset and the pixel type it is read as. Unsigned integers keep their width, signed ones
/// and booleans are read as unsigned of the same width, 64-bit ones as u32, floats as f32. A negative integer is no
/// count but a mark (PILATUS: -1 gap, -2 dead): it becomes no data, -2 as 2^N-2 and every other as 2^N-1.
class PixelStorage {
 public:
  PixelStorage() = default;
  /// `name` is for messages. Throws InputError for what is no number, hdf5::Error where HDF5 fails.
  PixelStorage(const hdf5::Handle& dataset, const std::string& name);

  PixelType pixel_type() const { return pixel_type_; }
  std::size_t stored_bytes() const { return stored_bytes_; }
  /// Stored as pixel_type(), little-endian: needs no conversion.
  bool is_native() const { return is_native_; }
  /// The type to ask HDF5 for; signed integers stay so until `finish`.
  hid_t memory_type() const;
  std::size_t memory_bytes() const;
  /// Transfer properties under which an integer that is too large makes the transfer fail.
  hid_t transfer() const { return transfer_.id(); }
  /// Converts `pixels` numbers in place, as they are stored, to pixel_type(); `data` has room for the largest of the
  /// stored, the memory and the pixel form. Throws hdf5::Error.
  void convert(std::byte* data, std::size_t pixels) const;
  /// The same for numbers of memory_type().
  void finish(std::byte* data, std::size_t pixels) const;

 private:
  hdf5::Handle type_;
  hdf5::Handle transfer_;
  std::size_t stored_bytes_ = 0;
  PixelType pixel_type_ = PixelType::u16;
  bool is_native_ = false;
  bool is_signed_ = false;
};

/// Throws InputError naming the first filter of a dataset that this HDF5 cannot undo.
void require_known_filters(const hdf5::Handle& dataset_properties, const std::string& name);

}  // namespace braggd
