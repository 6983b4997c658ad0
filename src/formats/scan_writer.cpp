#include "formats/scan_writer.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include <braggd/error.hpp>

#include "formats/hdf5_times.hpp"
#include "formats/hdf5_values.hpp"
#include "formats/nexus_groups.hpp"
#include "kernels/chunk.hpp"

namespace braggd {

using hdf5::call;
using hdf5::own;

namespace {

// Marked optional, which HDF5 heeds only when it writes by itself: the chunks come here ready made.
void set_filter(const hdf5::Handle& properties, Encoding encoding, PixelType type) {
  constexpr H5Z_filter_t lz4 = 32004, bitshuffle = 32008;
  const auto add = [&](H5Z_filter_t filter, std::span<const unsigned> values) {
    call("filter", [&] {
      return H5Pset_filter(properties.id(), filter, H5Z_FLAG_OPTIONAL, values.size(), values.data());
    });
  };
  const auto element_bytes = static_cast<unsigned>(bytes_per_pixel(type));
  const unsigned compressor = encoding == Encoding::bszstd ? 3 : 2;
  const unsigned bitshuffle_values[] = {0, 4, element_bytes, 0,
                                        compressor};  // version, element, block, compressor
  const unsigned lz4_values[] = {1U << 30};           // block
  if (encoding == Encoding::lz4) add(lz4, lz4_values);
  if (encoding == Encoding::bslz4 || encoding == Encoding::bszstd) add(bitshuffle, bitshuffle_values);
}

hid_t stored_type(PixelType type) {
  const hdf5::Guard guard;
  switch (type) {
    case PixelType::u8:
      return H5T_STD_U8LE;
    case PixelType::u16:
      return H5T_STD_U16LE;
    case PixelType::u32:
      return H5T_STD_U32LE;
    case PixelType::f32:
      return H5T_IEEE_F32LE;
  }
  return H5I_INVALID_HID;
}

}  // namespace

ScanWriter::ScanWriter(const std::filesystem::path& path, const ScanHeader& header, Encoding encoding)
    : output_(path, hdf5::OutputFile::NameTaken::refuse), header_(header), encoding_(encoding) {
  output_.attempt([&] {
    hdf5::set_attribute(output_.file(), "default", "entry");
    entry_ = hdf5::create_group(output_.file(), "entry", "NXentry");
    hdf5::set_attribute(entry_, "default", "data");
    hdf5::write_text(entry_, "title", header_.scan_id);
    hdf5::write_text(entry_, "scan_id", header_.scan_id);
    if (!header_.start_time.empty()) hdf5::write_text(entry_, "start_time", header_.start_time);
    write_instrument(entry_, header_);
    create_dataset();
  });
}

void ScanWriter::create_dataset() {
  const auto group = hdf5::create_group(entry_, "data", "NXdata");
  hdf5::set_attribute(group, "signal", "data");
  const hsize_t chunk[3] = {1, header_.shape.rows, header_.shape.cols};
  const hsize_t extent[3] = {0, header_.shape.rows, header_.shape.cols};
  const hsize_t limit[3] = {H5S_UNLIMITED, header_.shape.rows, header_.shape.cols};
  const auto properties = hdf5::dataset_properties();
  call("chunks", [&] { return H5Pset_chunk(properties.id(), 3, chunk); });
  set_filter(properties, encoding_, header_.pixel_type);
  const auto space = own("dataspace", [&] { return H5Screate_simple(3, extent, limit); });
  data_ = own("cannot create the frames", [&] {
    return H5Dcreate2(group.id(), "data", stored_type(header_.pixel_type), space.id(), H5P_DEFAULT,
                      properties.id(), H5P_DEFAULT);
  });
}

void ScanWriter::append(const Frame& frame) {
  if (frame.shape != header_.shape || frame.pixel_type != header_.pixel_type) {
    throw OutputError("frame " + std::to_string(frames_) + " differs from the scan in shape or pixel type");
  }
  std::span<const std::byte> chunk = frame.bytes.view();
  if (frame.encoding != encoding_) {
    const std::size_t element_bytes = bytes_per_pixel(header_.pixel_type);
    pixels_.resize(header_.frame_bytes());
    const auto error = decode_chunk(frame.encoding, element_bytes, chunk, pixels_);
    if (error != ChunkError::none) {
      throw OutputError("frame " + std::to_string(frames_) + " is damaged: " + std::string(describe(error)));
    }
    encode_chunk(encoding_, element_bytes, pixels_, chunk_);
    chunk = chunk_;
  }
  if (encoding_ == Encoding::raw && chunk.size() != header_.frame_bytes()) {
    throw OutputError("frame " + std::to_string(frames_) + " has " + std::to_string(chunk.size()) +
                      " bytes, not " + std::to_string(header_.frame_bytes()));
  }
  output_.require_room(chunk.size());
  output_.attempt([&] {
    const hsize_t extent[3] = {frames_ + 1, header_.shape.rows, header_.shape.cols};
    const hsize_t offset[3] = {frames_, 0, 0};
    call("extent", [&] { return H5Dset_extent(data_.id(), extent); });
    timed_call(hdf5::TimedCall::write, "chunk", [&] {
      return H5Dwrite_chunk(data_.id(), H5P_DEFAULT, 0, offset, chunk.size(), chunk.data());
    });
  });
  output_.check();
  ++frames_;
}

// Where each frame begins and how wide it is, or, for uneven steps, the centre of each.
void ScanWriter::write_omega(const hdf5::Handle& sample) {
  if (!header_.omega_deg.empty()) {
    std::vector<double> centres(frames_);
    for (std::uint64_t i = 0; i < frames_; ++i) centres[i] = header_.omega_of(i);
    hdf5::set_attribute(hdf5::write_array<double>(sample, "rotation_angle", centres), "units", "deg");
    return;
  }
  if (!std::isfinite(header_.omega_start_deg) || !std::isfinite(header_.omega_step_deg)) return;
  std::vector<double> begins(frames_);
  for (std::uint64_t i = 0; i < frames_; ++i) {
    begins[i] = header_.omega_start_deg + header_.omega_step_deg * static_cast<double>(i);
  }
  const auto goniometer = hdf5::create_group(sample, "goniometer", "NXcollection");
  hdf5::set_attribute(hdf5::write_array<double>(goniometer, "omega", begins), "units", "deg");
  write_quantity(goniometer, "omega_increment", header_.omega_step_deg, "deg");
}

void ScanWriter::complete() {
  write_omega(write_sample(entry_, header_));
  const auto detector = hdf5::open_object(entry_, "instrument/detector");
  const auto specific = hdf5::create_group(detector, "detectorSpecific", "NXcollection");
  hdf5::write_number(specific, "nimages", frames_);
  hdf5::write_number(specific, "ntrigger", std::uint64_t{1});
  hdf5::write_number(specific, "series_id", header_.series_id);
}

void ScanWriter::close() {
  output_.attempt([&] { complete(); });
  entry_ = {};
  data_ = {};
  output_.publish();
}

}  // namespace braggd
