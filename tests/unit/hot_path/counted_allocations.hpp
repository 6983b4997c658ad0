// Every allocation of the process, whoever makes it: new, HDF5, zlib, TBB.
#pragma once

#include <cstdint>

namespace braggd::testing {

/// False under sanitizers, which bring an allocator of their own.
bool allocations_are_counted();

/// Calls of malloc and its kin since the process began, by all threads.
std::uint64_t allocations();

}  // namespace braggd::testing
