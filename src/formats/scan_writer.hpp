// Writes a scan that `open_nexus_scan` reads back with the same header.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <braggd/frame.hpp>

#include "formats/hdf5_output.hpp"

namespace braggd {

/// A NeXus file with the frames at /entry/data/data, one chunk a frame. It stands as `<path>.part` until
/// `close`; a writer that is destroyed before leaves it so. Everything throws OutputError.
class ScanWriter {
 public:
  /// Refuses a path that exists.
  ScanWriter(const std::filesystem::path& path, const ScanHeader& header, Encoding encoding);

  /// Adds the next frame; encoded anew where it comes in another encoding than the file's.
  void append(const Frame& frame);
  /// Completes the file under its final name.
  void close();

 private:
  void create_dataset();
  void write_omega(const hdf5::Handle& sample);
  void complete();

  hdf5::OutputFile output_;
  ScanHeader header_;
  Encoding encoding_;
  hdf5::Handle entry_;
  hdf5::Handle data_;
  std::uint64_t frames_ = 0;
  std::vector<std::byte> pixels_;
  std::vector<std::byte> chunk_;
};

}  // namespace braggd
