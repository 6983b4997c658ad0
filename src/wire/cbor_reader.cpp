#include "wire/cbor_reader.hpp"

#include <array>
#include <cbor.h>
#include <utility>
#include <vector>

namespace braggd {

std::string_view name_of(CborKind kind) {
  constexpr std::array<std::string_view, 13> names{"an unsigned integer",
                                                   "a negative integer",
                                                   "a real number",
                                                   "a boolean",
                                                   "a simple value",
                                                   "a text",
                                                   "a byte string",
                                                   "a text in chunks",
                                                   "a byte string in chunks",
                                                   "an array",
                                                   "a map",
                                                   "a tag",
                                                   "the end of a sequence"};
  return names[static_cast<std::size_t>(kind)];
}

namespace {

CborItem& item_of(void* context) {
  return *static_cast<CborItem*>(context);
}

template <CborKind kind, class T>
void take_integer(void* context, T value) {
  item_of(context) = {kind, false, value, 0, {}};
}

template <class T>
void take_real(void* context, T value) {
  item_of(context) = {CborKind::real, false, 0, static_cast<double>(value), {}};
}

template <CborKind kind>
void take_string(void* context, cbor_data data, std::size_t size) {
  item_of(context) = {kind, false, 0, 0, std::as_bytes(std::span(data, size))};
}

template <CborKind kind>
void take_sequence(void* context, std::size_t size) {
  item_of(context) = {kind, false, size, 0, {}};
}

template <CborKind kind>
void take_mark(void* context) {
  item_of(context) = {kind, true, 0, 0, {}};
}

constexpr cbor_callbacks into_item{
    .uint8 = take_integer<CborKind::unsigned_integer, std::uint8_t>,
    .uint16 = take_integer<CborKind::unsigned_integer, std::uint16_t>,
    .uint32 = take_integer<CborKind::unsigned_integer, std::uint32_t>,
    .uint64 = take_integer<CborKind::unsigned_integer, std::uint64_t>,
    .negint64 = take_integer<CborKind::negative_integer, std::uint64_t>,
    .negint32 = take_integer<CborKind::negative_integer, std::uint32_t>,
    .negint16 = take_integer<CborKind::negative_integer, std::uint16_t>,
    .negint8 = take_integer<CborKind::negative_integer, std::uint8_t>,
    .byte_string_start = take_mark<CborKind::bytes_chunks>,
    .byte_string = take_string<CborKind::bytes>,
    .string = take_string<CborKind::text>,
    .string_start = take_mark<CborKind::text_chunks>,
    .indef_array_start = take_mark<CborKind::array>,
    .array_start = take_sequence<CborKind::array>,
    .indef_map_start = take_mark<CborKind::map>,
    .map_start = take_sequence<CborKind::map>,
    .tag = take_integer<CborKind::tag, std::uint64_t>,
    .float2 = take_real<float>,
    .float4 = take_real<float>,
    .float8 = take_real<double>,
    .undefined = take_mark<CborKind::simple>,
    .null = take_mark<CborKind::simple>,
    .boolean = take_integer<CborKind::boolean, bool>,
    .indef_break = take_mark<CborKind::end_of_chunks>,
};

// libcbor refuses the simple values that have no meaning yet; a reader that ignores unknown keys passes over
// them.
std::size_t unassigned_simple_size(std::span<const std::byte> input) {
  const auto head = std::to_integer<unsigned>(input[0]);
  if (head >= 0xE0 && head < 0xF4) return 1;
  if (head == 0xF8 && input.size() > 1 && std::to_integer<unsigned>(input[1]) >= 32) return 2;
  return 0;
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void CborReader::fail(std::size_t position, const std::string& what) const {
  throw CborError(what + " at byte " + std::to_string(position) + " of " + std::to_string(input_.size()));
}

CborItem CborReader::next() {
  const auto rest = input_.subspan(position_);
  if (rest.empty()) fail(position_, "the message is cut off");
  CborItem item;
  if (const std::size_t size = unassigned_simple_size(rest); size != 0) {
    position_ += size;
    return item;
  }
  const auto* data = reinterpret_cast<const unsigned char*>(rest.data());
  const cbor_decoder_result result = cbor_stream_decode(data, rest.size(), &into_item, &item);
  if (result.status == CBOR_DECODER_NEDATA) fail(position_, "the message is cut off inside the item");
  if (result.status != CBOR_DECODER_FINISHED) fail(position_, "bytes that are no CBOR");
  position_ += result.read;
  const bool sequence = item.kind == CborKind::array || item.kind == CborKind::map;
  if (sequence && !item.indefinite && item.value > input_.size() - position_) {
    fail(position_, "a length of " + std::to_string(item.value) + " that the message cannot hold");
  }
  return item;
}

CborItem CborReader::next_value() {
  CborItem item = next();
  while (item.kind == CborKind::tag) item = next();
  return item;
}

CborItem CborReader::next_value(CborKind expected) {
  const std::size_t start = position_;
  const CborItem item = next_value();
  if (item.kind != expected) {
    fail(start,
         std::string(name_of(item.kind)) + " where " + std::string(name_of(expected)) + " was expected");
  }
  return item;
}

std::optional<std::uint64_t> CborReader::take_tag() {
  const std::size_t start = position_;
  const CborItem item = next();
  if (item.kind == CborKind::tag) return item.value;
  position_ = start;
  return std::nullopt;
}

CborKind CborReader::peek_value() {
  while (take_tag()) continue;
  const std::size_t start = position_;
  const CborKind kind = next().kind;
  position_ = start;
  return kind;
}

std::uint64_t CborReader::read_unsigned() {
  return next_value(CborKind::unsigned_integer).value;
}

double CborReader::read_real() {
  const std::size_t start = position_;
  const CborItem item = next_value();
  switch (item.kind) {
    case CborKind::real:
      return item.real;
    case CborKind::unsigned_integer:
      return static_cast<double>(item.value);
    case CborKind::negative_integer:
      return -1 - static_cast<double>(item.value);
    default:
      fail(start, std::string(name_of(item.kind)) + " where a number was expected");
  }
}

bool CborReader::read_bool() {
  return next_value(CborKind::boolean).value != 0;
}

std::string_view CborReader::read_text() {
  const std::size_t start = position_;
  const CborItem item = next_value();
  if (item.kind == CborKind::text) return as_text(item.content);
  if (item.kind != CborKind::text_chunks) {
    fail(start, std::string(name_of(item.kind)) + " where a text was expected");
  }
  joined_.clear();
  while (!take_break()) joined_ += as_text(next_value(CborKind::text).content);
  return joined_;
}

std::span<const std::byte> CborReader::read_bytes() {
  const std::size_t start = position_;
  const CborItem item = next_value();
  if (item.kind == CborKind::bytes) return item.content;
  if (item.kind != CborKind::bytes_chunks) {
    fail(start, std::string(name_of(item.kind)) + " where a byte string was expected");
  }
  std::span<const std::byte> only;
  while (!take_break()) {
    const auto chunk = next_value(CborKind::bytes).content;
    if (!chunk.empty() && !only.empty())
      fail(start, "a byte string in several chunks, which must be in one piece,");
    if (!chunk.empty()) only = chunk;
  }
  return only;
}

CborSequence CborReader::enter_array() {
  return {*this, next_value(CborKind::array)};
}

CborSequence CborReader::enter_map() {
  return {*this, next_value(CborKind::map)};
}

bool CborReader::take_break() {
  if (at_end()) fail(position_, "the message is cut off");
  if (input_[position_] != std::byte{0xFF}) return false;
  ++position_;
  return true;
}

void CborReader::skip_chunks(CborKind chunk) {
  while (!take_break()) {
    const std::size_t start = position_;
    if (next().kind != chunk) fail(start, "a string in chunks of another kind");
  }
}

bool CborSequence::more() {
  if (indefinite_) return !reader_.take_break();
  if (left_ == 0) return false;
  --left_;
  return true;
}

namespace {

// An array or map on the way through skip().
struct Level {
  CborSequence elements;
  bool pairs;
  bool value_due = false;  // a key was passed over, its value follows

  bool more() {
    if (std::exchange(value_due, false)) return true;
    if (!elements.more()) return false;
    value_due = pairs;
    return true;
  }
};

}  // namespace

void CborReader::skip() {
  std::vector<Level> open;  // innermost last
  do {
    const std::size_t start = position_;
    const CborItem item = next_value();
    switch (item.kind) {
      case CborKind::text_chunks:
        skip_chunks(CborKind::text);
        break;
      case CborKind::bytes_chunks:
        skip_chunks(CborKind::bytes);
        break;
      case CborKind::array:
      case CborKind::map:
        if (open.size() == max_depth) fail(start, "values nested too deeply");
        open.push_back({CborSequence(*this, item), item.kind == CborKind::map});
        break;
      case CborKind::end_of_chunks:
        fail(start, "an end without a beginning");
      default:
        break;
    }
    while (!open.empty() && !open.back().more()) open.pop_back();
  } while (!open.empty());
}

}  // namespace braggd
