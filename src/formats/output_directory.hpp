// Where output files come to stand: room, rights, durable and exclusive names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace braggd {

/// Space that is left free on the file system, so that closing a file never meets its end.
inline constexpr std::uint64_t reserved_bytes = std::uint64_t{32} << 20;

/// "No space left on device" for ENOSPC.
std::string errno_text(int error);

/// Throws ConfigError, for the option `directory`, where something else is in its place.
void check_output_directory(const std::filesystem::path& directory);

/// Makes `directory` where it does not exist. Throws OutputError where it cannot be made or written to.
void prepare_output_directory(const std::filesystem::path& directory);

/// Throws OutputError unless the file system of `directory` has `bytes` and the reserve free.
void require_room(const std::filesystem::path& directory, std::uint64_t bytes);

/// Makes the entries of `directory` durable. Throws OutputError.
void sync_directory(const std::filesystem::path& directory);

/// Renames `from` to `to`, atomically where the file system can; false where `to` exists. Throws OutputError.
bool rename_to_new_name(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace braggd
