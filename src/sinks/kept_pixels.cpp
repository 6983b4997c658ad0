#include "sinks/kept_pixels.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace braggd {

using hdf5::call;
using hdf5::own;

namespace {

constexpr std::uint64_t chunk_rows = 65536;

constexpr std::array offset_columns{column<&OffsetRow::offset>("frame_offsets")};
constexpr std::array place_columns{column<&PixelRow::row>("row", "pixel"),
                                   column<&PixelRow::col>("col", "pixel"), column<&PixelRow::peak>("peak")};

hid_t type_of(PixelType type) {
  switch (type) {
    case PixelType::u8:
      return hdf5::native_type<std::uint8_t>();
    case PixelType::u16:
      return hdf5::native_type<std::uint16_t>();
    default:
      return hdf5::native_type<float>();
  }
}

// The intensities of 32-bit detectors come as float32 already.
PixelType narrowest(PixelType type) {
  return type == PixelType::u8 || type == PixelType::u16 ? type : PixelType::f32;
}

template <class T>
bool narrow(const std::vector<float>& values, std::vector<std::byte>& out) {
  out.resize(values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] >= 0 && values[i] <= static_cast<float>(std::numeric_limits<T>::max()))) return false;
    const auto exact = static_cast<T>(values[i]);
    if (static_cast<float>(exact) != values[i]) return false;
    std::memcpy(out.data() + i * sizeof(T), &exact, sizeof(T));
  }
  return true;
}

GrowingColumn create_intensity(const hdf5::Handle& group, PixelType type) {
  return {group, "intensity", type_of(type), chunk_rows, Packing::plain};
}

std::span<const ColumnOf<PixelRow>> columns_for(KeepPixels keep) {
  const std::span<const ColumnOf<PixelRow>> all(place_columns);
  return keep == KeepPixels::peaks ? all : all.first(2);
}

}  // namespace

KeptPixels::KeptPixels(const hdf5::OutputFile& output, const hdf5::Handle& entry, PixelType pixel_type,
                       KeepPixels keep)
    : output_(output),
      group_(hdf5::create_group(entry, "pixels", "NXcollection")),
      offsets_(output, group_, offset_columns, 8192, Packing::compressed),
      places_(output, group_, columns_for(keep), chunk_rows, Packing::plain),
      intensity_type_(narrowest(pixel_type)),
      intensity_(create_intensity(group_, intensity_type_)) {
  intensities_.reserve(chunk_rows);
  offsets_.append(OffsetRow{});
}

void KeptPixels::append(const std::vector<PixelRow>& pixels, std::uint64_t first_peak) {
  for (PixelRow pixel : pixels) {
    pixel.peak += static_cast<std::uint32_t>(first_peak);
    places_.append(pixel);
    intensities_.push_back(pixel.intensity);
    if (intensities_.size() == chunk_rows) write_intensities();
  }
  offsets_.append(OffsetRow{places_.rows()});
}

void KeptPixels::flush() {
  offsets_.flush();
  places_.flush();
  write_intensities();
}

void KeptPixels::write_intensities() {
  if (intensities_.empty()) return;
  output_.require_room(intensities_.size() * sizeof(float));
  const bool exact = intensity_type_ == PixelType::u8    ? narrow<std::uint8_t>(intensities_, narrowed_)
                     : intensity_type_ == PixelType::u16 ? narrow<std::uint16_t>(intensities_, narrowed_)
                                                         : false;
  if (!exact && intensity_type_ != PixelType::f32) widen();
  const void* values = exact ? static_cast<const void*>(narrowed_.data()) : intensities_.data();
  intensity_.append(values, intensities_.size());
  output_.check();
  intensities_.clear();
}

// Starts the column anew as f32 and copies what it has. With a dark frame of fractions that happens at the
// first pixels or hardly ever.
void KeptPixels::widen() {
  const GrowingColumn narrow_column = std::move(intensity_);
  intensity_type_ = PixelType::f32;
  call("cannot replace a column", [&] { return H5Ldelete(group_.id(), "intensity", H5P_DEFAULT); });
  intensity_ = create_intensity(group_, intensity_type_);
  std::vector<float> piece(chunk_rows);
  const auto space = own("dataspace", [&] { return H5Dget_space(narrow_column.dataset().id()); });
  for (hsize_t first = 0; first < narrow_column.rows(); first += chunk_rows) {
    const hsize_t count = std::min<hsize_t>(chunk_rows, narrow_column.rows() - first);
    call("selection",
         [&] { return H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &first, nullptr, &count, nullptr); });
    const auto memory = own("dataspace", [&] { return H5Screate_simple(1, &count, nullptr); });
    call("cannot read a column back", [&] {
      return H5Dread(narrow_column.dataset().id(), H5T_NATIVE_FLOAT, memory.id(), space.id(), H5P_DEFAULT,
                     piece.data());
    });
    output_.require_room(count * sizeof(float));
    intensity_.append(piece.data(), count);
  }
}

}  // namespace braggd
