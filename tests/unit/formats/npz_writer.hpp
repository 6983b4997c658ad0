// Small .npz archives for tests, damaged on request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zip.h>

namespace braggd {

using Blob = std::string;

template <class T>
Blob items(std::initializer_list<T> values) {
  Blob bytes(values.size() * sizeof(T), '\0');
  if (!bytes.empty()) std::memcpy(bytes.data(), std::data(values), bytes.size());
  return bytes;
}

/// An array with this header dictionary; `version` 1, 2 or 3.
inline Blob npy(std::string_view dictionary, std::string_view data, int version = 1) {
  Blob bytes("\x93NUMPY");
  bytes.push_back(static_cast<char>(version));
  bytes.push_back('\0');
  const std::size_t length = dictionary.size() + 1;
  for (std::size_t i = 0; i < (version == 1 ? 2U : 4U); ++i)
    bytes.push_back(static_cast<char>(length >> 8 * i & 0xff));
  bytes.append(dictionary).append("\n").append(data);
  return bytes;
}

inline Blob npy_array(const std::string& descr, const std::string& shape, std::string_view data,
                      int version = 1) {
  return npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }", data, version);
}

class NpzWriter {
 public:
  NpzWriter& put(const std::string& name, Blob content) {
    for (auto& entry : entries_) {
      if (entry.first == name) {
        entry.second = std::move(content);
        return *this;
      }
    }
    entries_.emplace_back(name, std::move(content));
    return *this;
  }
  NpzWriter& remove(const std::string& name) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.first == name; });
    return *this;
  }

  void write(const std::filesystem::path& path) const {
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    if (archive == nullptr) throw std::runtime_error("cannot create " + path.string());
    for (const auto& [name, content] : entries_) {
      zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
      if (zip_file_add(archive, (name + ".npy").c_str(), source, 0) < 0)
        throw std::runtime_error("cannot add " + name);
    }
    if (zip_close(archive) != 0) throw std::runtime_error("cannot write " + path.string());
  }

 private:
  std::vector<std::pair<std::string, Blob>> entries_;
};

}  // namespace braggd
