// Words for people: byte counts, "did you mean", names that are safe as files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace braggd {

/// 1536 -> "1.5 KiB".
std::string format_bytes(std::uint64_t bytes);

/// "512 MiB", "2 GB", "1048576" -> bytes; nothing for what is not a byte count or exceeds int64.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// The candidate nearest to `word` by edit distance, if it is near enough to be a typing mistake; else one that
/// begins with something as near.
std::optional<std::string_view> did_you_mean(std::string_view word,
                                             std::span<const std::string_view> candidates);

/// "a, b, c".
std::string join(std::span<const std::string_view> words);

/// A file name made of an id from outside: letters, digits, '.', '_' and '-' stay, the rest becomes '_', no leading
/// dot, 128 characters at most, "scan" where nothing is left.
std::string safe_file_name(std::string_view id);

/// Text from outside as valid, printable UTF-8 of at most `max_bytes`: control characters and broken sequences become '?'.
std::string printable(std::string_view text, std::size_t max_bytes = 4096);

}  // namespace braggd
