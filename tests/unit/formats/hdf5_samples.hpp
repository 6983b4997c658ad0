// HDF5 files as others write them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "formats/hdf5.hpp"
#include "formats/hdf5_values.hpp"
#include "formats/scan_writer.hpp"
#include "kernels/chunk.hpp"

namespace braggd {

inline hdf5::Handle create_plain_file(const std::filesystem::path& path) {
  return hdf5::own("create",
                   [&] { return H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT); });
}

/// Creates a dataset with the groups above it. `prepare` may set chunks and filters.
inline hdf5::Handle create_dataset(const hdf5::Handle& file, const std::string& path, hid_t type,
                                   const std::vector<hsize_t>& extent,
                                   const std::function<void(hid_t)>& prepare = {}, bool may_grow = false) {
  const std::vector<hsize_t> unlimited(extent.size(), H5S_UNLIMITED);
  const auto properties = hdf5::own("properties", [] { return H5Pcreate(H5P_DATASET_CREATE); });
  const auto links = hdf5::own("links", [] { return H5Pcreate(H5P_LINK_CREATE); });
  H5Pset_create_intermediate_group(links.id(), 1);
  if (prepare) prepare(properties.id());
  const auto space = hdf5::own("space", [&] {
    return H5Screate_simple(static_cast<int>(extent.size()), extent.data(),
                            may_grow ? unlimited.data() : nullptr);
  });
  return hdf5::own("dataset", [&] {
    return H5Dcreate2(file.id(), path.c_str(), type, space.id(), links.id(), properties.id(), H5P_DEFAULT);
  });
}

template <class T>
hdf5::Handle write_dataset(const hdf5::Handle& file, const std::string& path, hid_t stored_type,
                           hid_t memory_type, const std::vector<hsize_t>& extent, std::span<const T> values,
                           const std::function<void(hid_t)>& prepare = {}) {
  auto dataset = create_dataset(file, path, stored_type, extent, prepare);
  hdf5::call("write", [&] {
    return H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  });
  return dataset;
}

inline void write_value(const hdf5::Handle& file, const std::string& path, double value,
                        const char* units = "") {
  const auto dataset =
      write_dataset<double>(file, path, H5T_NATIVE_DOUBLE, H5T_NATIVE_DOUBLE, {1}, {{value}});
  if (*units != '\0') hdf5::set_attribute(dataset, "units", units);
}

/// Pixel i of frame f of a sample scan: different everywhere, with runs that compress.
inline std::uint16_t sample_pixel(std::uint64_t frame, std::uint64_t index) {
  return static_cast<std::uint16_t>(frame * 1000 + (index / 3) % 251);
}

inline std::vector<std::uint16_t> sample_pixels(std::uint64_t frames, std::uint64_t pixels_per_frame) {
  std::vector<std::uint16_t> pixels;
  for (std::uint64_t f = 0; f < frames; ++f) {
    for (std::uint64_t i = 0; i < pixels_per_frame; ++i) pixels.push_back(sample_pixel(f, i));
  }
  return pixels;
}

/// The pixels of a frame, decoded.
template <class T>
std::vector<T> pixels_of(const Frame& frame) {
  std::vector<T> pixels(frame.shape.pixels());
  const auto error =
      decode_chunk(frame.encoding, sizeof(T), frame.bytes.view(), std::as_writable_bytes(std::span(pixels)));
  if (error != ChunkError::none) pixels.clear();
  return pixels;
}

template <class T>
Frame frame_of(const ScanHeader& header, std::uint64_t index, const std::vector<T>& pixels) {
  Frame frame;
  frame.meta.index = index;
  frame.shape = header.shape;
  frame.pixel_type = header.pixel_type;
  const auto bytes = std::as_bytes(std::span(pixels));
  frame.bytes = Bytes::own({bytes.begin(), bytes.end()});
  return frame;
}

/// A scan of u16 frames of sample pixels at `path`.
inline void write_sample_scan(const std::filesystem::path& path, std::uint64_t frames, Shape shape,
                              Encoding encoding = Encoding::bslz4) {
  ScanHeader header;
  header.scan_id = "sample";
  header.shape = shape;
  header.expected_frames = frames;
  ScanWriter writer(path, header, encoding);
  for (std::uint64_t f = 0; f < frames; ++f) {
    std::vector<std::uint16_t> pixels;
    for (std::uint64_t i = 0; i < shape.pixels(); ++i) pixels.push_back(sample_pixel(f, i));
    writer.append(frame_of(header, f, pixels));
  }
  writer.close();
}

}  // namespace braggd
