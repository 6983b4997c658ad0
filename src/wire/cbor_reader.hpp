// CBOR (RFC 8949) pulled item by item out of bytes that nobody vouches for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace braggd {

/// The bytes are not the CBOR that was expected; what() says what stands where.
class CborError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class CborKind : std::uint8_t {
  unsigned_integer,
  negative_integer,
  real,
  boolean,
  simple,  ///< null, undefined and the unassigned simple values
  text,
  bytes,
  text_chunks,   ///< a string of indefinite length begins
  bytes_chunks,  ///< likewise of bytes
  array,
  map,
  tag,
  end_of_chunks,  ///< the "break" that ends whatever has indefinite length
};

std::string_view name_of(CborKind kind);

/// One head of CBOR with its immediate content.
struct CborItem {
  CborKind kind = CborKind::simple;
  bool indefinite = false;  ///< array or map that ends with a break
  std::uint64_t value = 0;  ///< integer (n of -1-n if negative), number of elements or pairs, tag, boolean
  double real = 0;          ///< of floats
  std::span<const std::byte> content;  ///< of strings, within the input
};

class CborReader;

/// Counts through the elements of an array or the pairs of a map; made by CborReader.
class CborSequence {
 public:
  /// True if another element (or pair) follows; takes the break away behind the last one.
  bool more();

 private:
  friend class CborReader;
  CborSequence(CborReader& reader, const CborItem& head)
      : reader_(reader), indefinite_(head.indefinite), left_(head.value) {}
  CborReader& reader_;
  bool indefinite_;
  std::uint64_t left_;
};

/// Reads CBOR in the order in which it stands. Every function throws CborError on what it does not expect.
/// Tags in front of a value are passed over unless they are asked for. Lengths are believed only as far as
/// the input reaches: nothing is allocated by them. Strings are views of the input.
class CborReader {
 public:
  /// Deepest nesting of a value that is skipped.
  static constexpr std::size_t max_depth = 64;

  explicit CborReader(std::span<const std::byte> input) : input_(input) {}

  bool at_end() const { return position_ == input_.size(); }
  std::size_t position() const { return position_; }
  /// Back to a position that was read from.
  void rewind(std::size_t position) { position_ = position; }

  /// The next tag, if the next item is one.
  std::optional<std::uint64_t> take_tag();
  /// What the next value is, behind its tags, which are taken.
  CborKind peek_value();

  std::uint64_t read_unsigned();
  /// Floats of any width; integers too.
  double read_real();
  bool read_bool();
  /// A string in several chunks is joined in the reader: the view lives until the next read_text.
  std::string_view read_text();
  /// Bytes in one piece; a chunked string passes if all its content is in one chunk.
  std::span<const std::byte> read_bytes();
  CborSequence enter_array();
  CborSequence enter_map();
  /// Passes over one value with everything in it.
  void skip();

 private:
  friend class CborSequence;
  CborItem next();
  CborItem next_value();
  CborItem next_value(CborKind expected);
  bool take_break();
  void skip_chunks(CborKind chunk);
  [[noreturn]] void fail(std::size_t position, const std::string& what) const;

  std::span<const std::byte> input_;
  std::size_t position_ = 0;
  std::string joined_;
};

}  // namespace braggd
