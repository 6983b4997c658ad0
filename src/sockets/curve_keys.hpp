// Key pairs of ZeroMQ's CURVE mechanism, and the files that hold them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace braggd {

inline constexpr std::size_t curve_key_bytes = 32;
inline constexpr std::size_t curve_key_characters = 40;  ///< in Z85 (ZeroMQ RFC 32)

/// Both in Z85.
struct CurveKeys {
  std::string public_key, secret_key;
};

/// A new pair. Throws std::runtime_error where the ZeroMQ library was built without CURVE.
CurveKeys make_curve_keys();

struct KeyFiles {
  std::filesystem::path secret_file, public_file;
};

/// Writes `<name>.key`, which only its owner may read, and `<name>.pub`. Throws OutputError: nothing is overwritten, and
/// where one cannot be written the other is not left behind.
KeyFiles write_key_files(const CurveKeys& keys, const std::filesystem::path& directory,
                         const std::string& name);

/// Throws ConfigError, without a key, for a file that is none, that others may read, or whose halves do not belong together.
CurveKeys read_key_file(const std::filesystem::path& path);
/// Throws ConfigError, without a key, for a file that is none. A `.key` file is refused: it is not to be handed round.
std::string read_public_key_file(const std::filesystem::path& path);

}  // namespace braggd
