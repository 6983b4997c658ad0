#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace braggd {

/// SHA-256 (FIPS 180-4) of `data` as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view data);

struct FileDigest {
  std::string sha256;
  std::uint64_t bytes = 0;
};

/// The same of a file's content. Throws InputError where it cannot be read.
FileDigest sha256_of_file(const std::filesystem::path& path);

}  // namespace braggd
