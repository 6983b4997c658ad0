// What the readers of the single messages share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/cbor_reader.hpp"
#include "wire/stream2_messages.hpp"

namespace braggd::stream2 {

inline constexpr std::size_t max_name_bytes = 256;

/// Calls take(key) for each pair that is left in a map. What it does not take is skipped, and so are keys
/// that are no text. The key is gone once the next text is read.
template <class Take>
void for_each_pair(CborReader& in, CborSequence map, Take take) {
  while (map.more()) {
    if (in.peek_value() != CborKind::text) {
      in.skip();
      in.skip();
    } else if (!take(in.read_text())) {
      in.skip();
    }
  }
}

/// What every message says of itself; kept outside of the message, so that it survives the message's damage.
class Identity {
 public:
  /// Reads the value of `key` if it is one of the identity's.
  bool take(std::string_view key, CborReader& in);
  std::optional<std::string> scan_id() const;
  std::optional<std::uint64_t> image_id() const { return image_id_; }
  /// Throws CborError where the message does not name its series.
  SeriesName series() const;

 private:
  std::optional<std::uint64_t> series_id_, image_id_;
  std::string unique_id_;
  bool pre_release_ = false;  // a key of the dialect before the release was seen
};

/// The rest of a start message, behind its type.
StartMessage read_start(CborReader& in, const Bytes& message, CborSequence pairs, Identity& identity);

}  // namespace braggd::stream2
