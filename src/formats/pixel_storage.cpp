#include "formats/pixel_storage.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include <braggd/error.hpp>

namespace braggd {

using hdf5::call;
using hdf5::own;

namespace {

// Called by HDF5 for each value that it cannot convert as it is.
H5T_conv_ret_t refuse_misfits(H5T_conv_except_t problem, hid_t from, hid_t /*to*/, void* /*source*/,
                              void* /*target*/, void* /*data*/) {
  const bool out_of_range = problem == H5T_CONV_EXCEPT_RANGE_HI || problem == H5T_CONV_EXCEPT_RANGE_LOW;
  const bool integer = H5Tget_class(from) != H5T_FLOAT;
  return out_of_range && integer ? H5T_CONV_ABORT : H5T_CONV_UNHANDLED;
}

// In place: what is negative becomes no data, -2 as 2^N-2 and all else as 2^N-1.
template <class Signed, class Unsigned>
void make_unsigned(std::byte* data, std::size_t pixels) {
  constexpr Unsigned largest = std::numeric_limits<Unsigned>::max();
  for (std::size_t i = 0; i < pixels; ++i) {
    Signed value;
    std::memcpy(&value, data + i * sizeof(Signed), sizeof(Signed));
    if (value > 0 && static_cast<std::uint64_t>(value) > largest)
      throw hdf5::Error("a pixel of " + std::to_string(value) + " does not fit u32");
    const Unsigned pixel = value >= 0 ? static_cast<Unsigned>(value) : value == -2 ? largest - 1 : largest;
    std::memcpy(data + i * sizeof(Unsigned), &pixel, sizeof(Unsigned));
  }
}

std::string filter_name(H5Z_filter_t filter) {
  constexpr std::array<std::pair<H5Z_filter_t, const char*>, 9> known{{{307, "bzip2"},
                                                                       {32000, "LZF"},
                                                                       {32001, "Blosc"},
                                                                       {32004, "LZ4"},
                                                                       {32008, "bitshuffle"},
                                                                       {32013, "ZFP"},
                                                                       {32015, "Zstandard"},
                                                                       {32017, "SZ"},
                                                                       {32026, "Blosc2"}}};
  const auto found = std::ranges::find(known, filter, &std::pair<H5Z_filter_t, const char*>::first);
  return std::to_string(filter) + (found == known.end() ? "" : std::string(" (") + found->second + ")");
}

}  // namespace

std::string frame_size_problem(std::uint64_t rows, std::uint64_t cols) {
  const bool sides_fit = std::min(rows, cols) >= 1 && std::max(rows, cols) <= max_frame_side;
  if (sides_fit && rows * cols <= max_frame_pixels) return {};
  return "frames of " + std::to_string(rows) + " x " + std::to_string(cols) +
         " pixels are not possible: 1 to " + std::to_string(max_frame_side) + " each way, " +
         std::to_string(max_frame_pixels) + " in all";
}

PixelStorage::PixelStorage(const hdf5::Handle& dataset, const std::string& name) {
  type_ = own("type", [&] { return H5Dget_type(dataset.id()); });
  const H5T_class_t kind = call("type", [&] { return H5Tget_class(type_.id()); });
  const hdf5::Guard guard;
  stored_bytes_ = H5Tget_size(type_.id());
  const bool is_integer = kind == H5T_INTEGER || kind == H5T_ENUM;  // h5py stores booleans as enumerations
  if ((!is_integer && kind != H5T_FLOAT) || stored_bytes_ < 1 || stored_bytes_ > 8) {
    throw InputError(name + " does not hold integers or floating-point numbers of up to 64 bits");
  }
  if (is_integer) {
    pixel_type_ = stored_bytes_ == 1 ? PixelType::u8 : stored_bytes_ == 2 ? PixelType::u16 : PixelType::u32;
    is_native_ = H5Tequal(type_.id(), H5T_STD_U8LE) > 0 || H5Tequal(type_.id(), H5T_STD_U16LE) > 0 ||
                 H5Tequal(type_.id(), H5T_STD_U32LE) > 0;
    is_signed_ = kind == H5T_INTEGER && H5Tget_sign(type_.id()) == H5T_SGN_2;
  } else {
    pixel_type_ = PixelType::f32;
    is_native_ = H5Tequal(type_.id(), H5T_IEEE_F32LE) > 0;
  }
  transfer_ = own("transfer", [] { return H5Pcreate(H5P_DATASET_XFER); });
  call("transfer", [&] { return H5Pset_type_conv_cb(transfer_.id(), refuse_misfits, nullptr); });
}

std::size_t PixelStorage::memory_bytes() const {
  return is_signed_ && stored_bytes_ > 4 ? 8 : bytes_per_pixel(pixel_type_);
}

hid_t PixelStorage::memory_type() const {
  if (is_signed_) {
    const hdf5::Guard guard;
    switch (memory_bytes()) {
      case 1:
        return H5T_NATIVE_INT8;
      case 2:
        return H5T_NATIVE_INT16;
      case 4:
        return H5T_NATIVE_INT32;
      default:
        return H5T_NATIVE_INT64;
    }
  }
  switch (pixel_type_) {
    case PixelType::u8:
      return hdf5::native_type<std::uint8_t>();
    case PixelType::u16:
      return hdf5::native_type<std::uint16_t>();
    case PixelType::u32:
      return hdf5::native_type<std::uint32_t>();
    case PixelType::f32:
      return hdf5::native_type<float>();
  }
  return H5I_INVALID_HID;
}

void PixelStorage::convert(std::byte* data, std::size_t pixels) const {
  if (is_native_) return;
  call("a pixel does not fit " + std::string(name_of(pixel_type_)),
       [&] { return H5Tconvert(type_.id(), memory_type(), pixels, data, nullptr, transfer_.id()); });
  finish(data, pixels);
}

void PixelStorage::finish(std::byte* data, std::size_t pixels) const {
  if (!is_signed_) return;
  switch (memory_bytes()) {
    case 1:
      return make_unsigned<std::int8_t, std::uint8_t>(data, pixels);
    case 2:
      return make_unsigned<std::int16_t, std::uint16_t>(data, pixels);
    case 4:
      return make_unsigned<std::int32_t, std::uint32_t>(data, pixels);
    default:
      return make_unsigned<std::int64_t, std::uint32_t>(data, pixels);
  }
}

void require_known_filters(const hdf5::Handle& dataset_properties, const std::string& name) {
  const int filters = call("filters", [&] { return H5Pget_nfilters(dataset_properties.id()); });
  for (unsigned i = 0; i < static_cast<unsigned>(filters); ++i) {
    const H5Z_filter_t filter = call("filters", [&] {
      unsigned flags = 0, configuration = 0;
      std::size_t no_values = 0;
      return H5Pget_filter2(dataset_properties.id(), i, &flags, &no_values, nullptr, 0, nullptr,
                            &configuration);
    });
    if (call("filters", [&] { return H5Zfilter_avail(filter); }) > 0) continue;
    throw InputError(
        name + " is compressed by HDF5 filter " + filter_name(filter) +
        " in a form that is not known here; install its plug-in (HDF5_PLUGIN_PATH) or store the data "
        "with gzip or bitshuffle-LZ4");
  }
}

}  // namespace braggd
