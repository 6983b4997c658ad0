#include "formats/hdf5_values.hpp"

#include <algorithm>
#include <limits>

#include "formats/hdf5_times.hpp"

namespace braggd::hdf5 {

namespace {

Handle text_type(std::size_t bytes = H5T_VARIABLE) {
  Handle type = own("text type", [] { return H5Tcopy(H5T_C_S1); });
  call("text type", [&] { return H5Tset_size(type.id(), bytes); });
  call("text type", [&] { return H5Tset_cset(type.id(), H5T_CSET_UTF8); });
  if (bytes != H5T_VARIABLE) call("text type", [&] { return H5Tset_strpad(type.id(), H5T_STR_NULLPAD); });
  return type;
}

Handle space_of(const std::vector<hsize_t>& extent) {
  if (extent.empty()) return own("dataspace", [] { return H5Screate(H5S_SCALAR); });
  return own("dataspace",
             [&] { return H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr); });
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers(texts.size());
  std::ranges::transform(texts, pointers.begin(), [](const std::string& text) { return text.c_str(); });
  return pointers;
}

std::optional<std::size_t> element_count(const Handle& space, std::size_t limit) {
  const hssize_t count = call("extent", [&] { return H5Sget_simple_extent_npoints(space.id()); });
  if (static_cast<std::uint64_t>(count) > limit) return std::nullopt;
  return static_cast<std::size_t>(count);
}

// Datasets and attributes are read alike; `read` is H5Dread or H5Aread with everything but type and buffer
// bound.
template <class Read>
std::optional<std::string> text_from(const Handle& type, const Handle& space, std::size_t max_bytes,
                                     Read read) {
  if (call("type", [&] { return H5Tget_class(type.id()); }) != H5T_STRING) return std::nullopt;
  if (element_count(space, 1) != 1U) return std::nullopt;
  if (call("type", [&] { return H5Tis_variable_str(type.id()); }) > 0) {
    char* text = nullptr;
    Handle memory_type = own("type", [&] { return H5Tcopy(type.id()); });
    call("cannot read a text", [&] { return read(memory_type.id(), &text); });
    if (text == nullptr) return std::string();
    std::string copy(text, std::find(text, text + max_bytes, '\0'));
    const Guard guard;
    H5free_memory(text);
    return copy;
  }
  const Guard guard;
  const std::size_t size = H5Tget_size(type.id());
  if (size == 0 || size > max_bytes) return std::nullopt;
  std::string text(size, '\0');
  call("cannot read a text", [&] { return read(type.id(), text.data()); });
  text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

bool is_numeric(const Handle& type) {
  const H5T_class_t kind = call("type", [&] { return H5Tget_class(type.id()); });
  return kind == H5T_INTEGER || kind == H5T_FLOAT;
}

// What cannot be read is treated as if it were not there.
template <class F>
auto unless_unreadable(F&& function) -> decltype(function()) {
  try {
    return function();
  } catch (const Error&) {
    return std::nullopt;
  }
}

struct Opened {
  Handle object, type, space;
};

std::optional<Opened> open_dataset(const Handle& at, const std::string& path) {
  if (!exists(at, path)) return std::nullopt;
  Opened opened;
  opened.object = open_object(at, path);
  if (call("kind", [&] { return H5Iget_type(opened.object.id()); }) != H5I_DATASET) return std::nullopt;
  opened.type = own("type", [&] { return H5Dget_type(opened.object.id()); });
  opened.space = own("dataspace", [&] { return H5Dget_space(opened.object.id()); });
  return opened;
}

std::optional<Opened> open_attribute(const Handle& at, const std::string& path, const char* name) {
  if (!exists(at, path)) return std::nullopt;
  const Handle object = open_object(at, path);
  if (call("attribute", [&] { return H5Aexists(object.id(), name); }) == 0) return std::nullopt;
  Opened opened;
  opened.object = own("attribute", [&] { return H5Aopen(object.id(), name, H5P_DEFAULT); });
  opened.type = own("type", [&] { return H5Aget_type(opened.object.id()); });
  opened.space = own("dataspace", [&] { return H5Aget_space(opened.object.id()); });
  return opened;
}

}  // namespace

std::optional<std::string> read_text(const Handle& at, const std::string& path, std::size_t max_bytes) {
  return unless_unreadable([&]() -> std::optional<std::string> {
    const auto data = open_dataset(at, path);
    if (!data) return std::nullopt;
    return text_from(data->type, data->space, max_bytes, [&](hid_t type, void* out) {
      return H5Dread(data->object.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
    });
  });
}

std::optional<Numbers> read_numbers(const Handle& at, const std::string& path, std::size_t max_elements) {
  return unless_unreadable([&]() -> std::optional<Numbers> {
    const auto data = open_dataset(at, path);
    if (!data || !is_numeric(data->type)) return std::nullopt;
    const auto count = element_count(data->space, max_elements);
    if (!count) return std::nullopt;
    Numbers numbers{std::vector<double>(*count), extent_of(data->object)};
    if (*count == 0) return numbers;
    call("cannot read " + path, [&] {
      return H5Dread(data->object.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                     numbers.values.data());
    });
    return numbers;
  });
}

std::optional<double> read_number(const Handle& at, const std::string& path) {
  const auto numbers = read_numbers(at, path, 1);
  if (!numbers || numbers->values.empty()) return std::nullopt;
  return numbers->values[0];
}

std::optional<std::uint64_t> read_count(const Handle& at, const std::string& path) {
  return unless_unreadable([&]() -> std::optional<std::uint64_t> {
    const auto data = open_dataset(at, path);
    if (!data || !is_numeric(data->type) || element_count(data->space, 1) != 1U) return std::nullopt;
    std::uint64_t count = 0;  // negative numbers are read as 0
    call("cannot read " + path, [&] {
      return H5Dread(data->object.id(), H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &count);
    });
    return count;
  });
}

std::optional<std::string> read_attribute_text(const Handle& at, const std::string& path, const char* name) {
  return unless_unreadable([&]() -> std::optional<std::string> {
    const auto data = open_attribute(at, path, name);
    if (!data) return std::nullopt;
    return text_from(data->type, data->space, 4096,
                     [&](hid_t type, void* out) { return H5Aread(data->object.id(), type, out); });
  });
}

std::optional<double> read_attribute_number(const Handle& at, const std::string& path, const char* name) {
  return unless_unreadable([&]() -> std::optional<double> {
    const auto data = open_attribute(at, path, name);
    if (!data || !is_numeric(data->type) || element_count(data->space, 1) != 1U) return std::nullopt;
    double value = 0;
    call("cannot read an attribute", [&] { return H5Aread(data->object.id(), H5T_NATIVE_DOUBLE, &value); });
    return value;
  });
}

Handle dataset_properties() {
  Handle properties = own("dataset properties", [] { return H5Pcreate(H5P_DATASET_CREATE); });
  call("dataset properties", [&] { return H5Pset_obj_track_times(properties.id(), false); });
  return properties;
}

Handle create_group(const Handle& at, const std::string& name, std::string_view nx_class) {
  Handle group = own("cannot create group " + name, [&] {
    return H5Gcreate2(at.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  });
  set_attribute(group, "NX_class", nx_class);
  return group;
}

Handle write_numbers(const Handle& at, const std::string& name, hid_t type,
                     const std::vector<hsize_t>& extent, const void* values) {
  const Handle space = space_of(extent);
  const Handle properties = dataset_properties();
  Handle dataset = own("cannot create " + name, [&] {
    return H5Dcreate2(at.id(), name.c_str(), type, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT);
  });
  const bool empty = std::ranges::find(extent, hsize_t{0}) != extent.end();
  if (!empty) {
    timed_call(TimedCall::write, "cannot write " + name,
               [&] { return H5Dwrite(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values); });
  }
  return dataset;
}

Handle write_text(const Handle& at, const std::string& name, std::string_view text) {
  const std::string padded = text.empty() ? std::string(1, '\0') : std::string(text);
  return write_numbers(at, name, text_type(padded.size()).id(), {}, padded.data());
}

Handle write_texts(const Handle& at, const std::string& name, const std::vector<std::string>& texts) {
  return write_numbers(at, name, text_type().id(), {texts.size()}, pointers_to(texts).data());
}

namespace {

void write_attribute(const Handle& object, const char* name, hid_t type, const std::vector<hsize_t>& extent,
                     const void* value) {
  const Handle space = space_of(extent);
  const Handle attribute = own("cannot create an attribute", [&] {
    return H5Acreate2(object.id(), name, type, space.id(), H5P_DEFAULT, H5P_DEFAULT);
  });
  call("cannot write an attribute", [&] { return H5Awrite(attribute.id(), type, value); });
}

}  // namespace

void set_attribute(const Handle& object, const char* name, std::string_view text) {
  const std::string terminated(text);
  const char* pointer = terminated.c_str();
  write_attribute(object, name, text_type().id(), {}, &pointer);
}

void set_attribute(const Handle& object, const char* name, const std::vector<std::string>& texts) {
  write_attribute(object, name, text_type().id(), {texts.size()}, pointers_to(texts).data());
}

void set_attribute_number(const Handle& object, const char* name, hid_t type, const void* value) {
  write_attribute(object, name, type, {}, value);
}

}  // namespace braggd::hdf5
