#pragma once

#include <filesystem>
#include <functional>

namespace braggd {

/// Runs `function` in a child process first. libhdf5 1.10 does not survive every damaged file; what would kill or hang
/// this process kills or hangs the child, and becomes an InputError that names `path`. What the function throws is not
/// reported here: it is thrown again when the caller does the same thing itself. No other thread may be inside HDF5.
void rehearse(const std::filesystem::path& path, const std::function<void()>& function);

}  // namespace braggd
