// The HDF5 C library behind move-only handles and exceptions. Every call into it goes through `call`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <hdf5.h>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace braggd::hdf5 {

/// A call that failed: what was tried, and HDF5's own innermost message.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Held while HDF5 is at work. Silences its printing of errors on this thread and, where the library was
/// built without thread safety, keeps other threads out. May be nested.
class Guard {
 public:
  Guard();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

/// The message at the root of the last failure on this thread.
std::string innermost_message();

/// Runs `function`, which returns what an HDF5 function returned; a negative value becomes an Error that
/// begins with `tried`.
template <class F>
auto call(std::string_view tried, F&& function) {
  const Guard guard;
  const auto result = std::forward<F>(function)();
  if (result < 0) throw Error(std::string(tried) + ": " + innermost_message());
  return result;
}

/// Owns an identifier of any kind. Letting go never throws; files whose end matters are closed by name
/// instead.
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    Handle old(std::exchange(id_, std::exchange(other.id_, H5I_INVALID_HID)));
    return *this;
  }
  ~Handle();

  hid_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

/// `call` for functions that return a new identifier.
template <class F>
Handle own(std::string_view tried, F&& function) {
  return Handle(call(tried, std::forward<F>(function)));
}

/// Opens a file for reading. Throws Error.
Handle open_file(const std::filesystem::path& path);

/// Opens an object by its path from `at`, links of every kind followed. Throws Error.
Handle open_object(const Handle& at, const std::string& path);

/// True where `path` leads to an object; broken links lead nowhere.
bool exists(const Handle& at, const std::string& path);

/// The names of the links in a group, in the order of their names; `limit` of them at most. Throws Error.
std::vector<std::string> link_names(const Handle& group, std::size_t limit);

/// The extent of a dataset; empty for a scalar. Throws Error.
std::vector<hsize_t> extent_of(const Handle& dataset);

/// The in-memory type of a C++ number.
template <class T>
hid_t native_type() {
  const Guard guard;
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
  if constexpr (std::is_same_v<T, std::uint16_t>) return H5T_NATIVE_UINT16;
  if constexpr (std::is_same_v<T, std::uint32_t>) return H5T_NATIVE_UINT32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
}

}  // namespace braggd::hdf5
