// A check of HDF5's global heaps before HDF5 reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace braggd::hdf5 {

/// The size of the global heap collection that begins at `bytes`; nothing where none begins there. (HDF5 File
/// Format Specification 3.0, III.E "Global Heap", with lengths of 8 bytes.)
std::optional<std::uint64_t> global_heap_bytes(std::span<const std::byte> bytes);

/// True if walking the objects of a whole collection ends at its end.
bool is_sound_global_heap(std::span<const std::byte> collection);

}  // namespace braggd::hdf5
