// CBOR (RFC 8949) appended to a vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace braggd {

struct CborStyle {
  bool indefinite_maps = false;  ///< maps without a length, ended by a break
  bool shortest_floats = false;  ///< the shortest of half, single and double that holds the value exactly
};

/// Appends items; nothing checks that they add up to a well-formed whole.
class CborWriter {
 public:
  explicit CborWriter(CborStyle style = {}) : style_(style) {}

  CborWriter& unsigned_integer(std::uint64_t value);
  CborWriter& real(double value);
  CborWriter& boolean(bool value);
  CborWriter& text(std::string_view value);
  CborWriter& tag(std::uint64_t value);
  CborWriter& array(std::uint64_t elements);
  /// `pairs` must follow, and then end_map().
  CborWriter& map(std::uint64_t pairs);
  CborWriter& end_map();
  CborWriter& bytes(std::span<const std::byte> content);
  /// The same without the content, which must follow: appended here, or somewhere else.
  CborWriter& bytes_head(std::size_t size);
  CborWriter& append(std::span<const std::byte> content);

  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  std::vector<std::byte> take() { return std::move(out_); }

 private:
  template <class Encode>
  CborWriter& head(Encode encode);

  CborStyle style_;
  std::vector<std::byte> out_;
};

}  // namespace braggd
