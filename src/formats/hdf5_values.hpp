// Small values in HDF5 files: texts, numbers, attributes.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/hdf5.hpp"

namespace braggd::hdf5 {

/// What a dataset or attribute may hold as numbers.
template <class T>
concept Number = std::same_as<T, std::uint8_t> || std::same_as<T, std::uint16_t> ||
    std::same_as<T, std::uint32_t> || std::same_as<T, std::uint64_t> || std::same_as<T, std::int64_t> ||
    std::same_as<T, float> || std::same_as<T, double>;

// Reading. Nothing comes back where the object is absent, damaged, of another kind, or larger than the limit.

std::optional<std::string> read_text(const Handle& at, const std::string& path,
                                     std::size_t max_bytes = 65536);
std::optional<double> read_number(const Handle& at, const std::string& path);
std::optional<std::uint64_t> read_count(const Handle& at, const std::string& path);
/// All elements of a numeric dataset of any rank, row-major, together with its extent.
struct Numbers {
  std::vector<double> values;
  std::vector<hsize_t> extent;
};
std::optional<Numbers> read_numbers(const Handle& at, const std::string& path, std::size_t max_elements);
/// The text attribute `name` of the object at `path`.
std::optional<std::string> read_attribute_text(const Handle& at, const std::string& path, const char* name);
std::optional<double> read_attribute_number(const Handle& at, const std::string& path, const char* name);

// Writing. Texts are UTF-8: of their own fixed length in datasets, so that damage to a global heap does not
// reach them, and of variable length in attributes, which Python then reads as str. Objects carry no time
// stamps, so that equal content gives equal bytes. All throw Error.

/// A creation property list for datasets without time stamps.
Handle dataset_properties();
Handle create_group(const Handle& at, const std::string& name, std::string_view nx_class);

Handle write_text(const Handle& at, const std::string& name, std::string_view text);
Handle write_texts(const Handle& at, const std::string& name, const std::vector<std::string>& texts);
Handle write_numbers(const Handle& at, const std::string& name, hid_t type,
                     const std::vector<hsize_t>& extent, const void* values);

template <Number T>
Handle write_number(const Handle& at, const std::string& name, T value) {
  return write_numbers(at, name, native_type<T>(), {}, &value);
}

template <Number T>
Handle write_array(const Handle& at, const std::string& name, std::span<const T> values) {
  return write_numbers(at, name, native_type<T>(), {values.size()}, values.data());
}

void set_attribute(const Handle& object, const char* name, std::string_view text);
void set_attribute(const Handle& object, const char* name, const std::vector<std::string>& texts);
void set_attribute_number(const Handle& object, const char* name, hid_t type, const void* value);

template <Number T>
void set_attribute(const Handle& object, const char* name, T value) {
  set_attribute_number(object, name, native_type<T>(), &value);
}

}  // namespace braggd::hdf5
