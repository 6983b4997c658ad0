// Scans in HDF5: NeXus files of any layout and DECTRIS master files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/scan_reader.hpp"

namespace braggd {

/// Opens a scan stored as an (n, rows, cols) dataset: the one named by `dataset` (also a group with
/// data_000001…), else a DECTRIS master's /entry/data/data_*, the usual places of NeXus, or the only such
/// dataset in the file. External links are followed; frames of a data file that is gone are FrameErrors where
/// the master tells how many they are. Throws InputError.
std::unique_ptr<ScanReader> open_nexus_scan(const std::filesystem::path& path, const std::string& dataset);

}  // namespace braggd
