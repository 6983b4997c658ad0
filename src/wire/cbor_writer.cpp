#include "wire/cbor_writer.hpp"

#include <array>
#include <cbor.h>
#include <cmath>
#include <limits>
#include <utility>

namespace braggd {

namespace {

// Half precision (IEEE 754 binary16): 11 significant bits, multiples of 2^-24, up to 65504.
bool fits_half(double value) {
  if (!(std::abs(value) <= 65504)) return false;
  int exponent = 0;
  const double mantissa = std::ldexp(std::frexp(value, &exponent), 11);
  return mantissa == std::trunc(mantissa) && std::ldexp(value, 24) == std::trunc(std::ldexp(value, 24));
}

bool fits_single(double value) {
  return std::abs(value) <= std::numeric_limits<float>::max() &&
         static_cast<double>(static_cast<float>(value)) == value;
}

}  // namespace

template <class Encode>
CborWriter& CborWriter::head(Encode encode) {
  std::array<unsigned char, 9> buffer{};  // the longest head: one byte and a 64-bit number
  const std::size_t size = encode(buffer.data(), buffer.size());
  return append(std::as_bytes(std::span(buffer.data(), size)));
}

CborWriter& CborWriter::append(std::span<const std::byte> content) {
  out_.insert(out_.end(), content.begin(), content.end());
  return *this;
}

CborWriter& CborWriter::unsigned_integer(std::uint64_t value) {
  return head([=](unsigned char* out, std::size_t size) { return cbor_encode_uint(value, out, size); });
}

CborWriter& CborWriter::real(double value) {
  return head([&](unsigned char* out, std::size_t size) {
    if (style_.shortest_floats && fits_half(value))
      return cbor_encode_half(static_cast<float>(value), out, size);
    if (style_.shortest_floats && fits_single(value)) {
      return cbor_encode_single(static_cast<float>(value), out, size);
    }
    return cbor_encode_double(value, out, size);
  });
}

CborWriter& CborWriter::boolean(bool value) {
  return head([=](unsigned char* out, std::size_t size) { return cbor_encode_bool(value, out, size); });
}

CborWriter& CborWriter::text(std::string_view value) {
  head([&](unsigned char* out, std::size_t size) {
    return cbor_encode_string_start(value.size(), out, size);
  });
  return append(std::as_bytes(std::span(value)));
}

CborWriter& CborWriter::tag(std::uint64_t value) {
  return head([=](unsigned char* out, std::size_t size) { return cbor_encode_tag(value, out, size); });
}

CborWriter& CborWriter::array(std::uint64_t elements) {
  return head(
      [=](unsigned char* out, std::size_t size) { return cbor_encode_array_start(elements, out, size); });
}

CborWriter& CborWriter::map(std::uint64_t pairs) {
  return head([&](unsigned char* out, std::size_t size) {
    return style_.indefinite_maps ? cbor_encode_indef_map_start(out, size)
                                  : cbor_encode_map_start(pairs, out, size);
  });
}

CborWriter& CborWriter::end_map() {
  if (!style_.indefinite_maps) return *this;
  return head([](unsigned char* out, std::size_t size) { return cbor_encode_break(out, size); });
}

CborWriter& CborWriter::bytes(std::span<const std::byte> content) {
  return bytes_head(content.size()).append(content);
}

CborWriter& CborWriter::bytes_head(std::size_t size) {
  return head(
      [size](unsigned char* out, std::size_t room) { return cbor_encode_bytestring_start(size, out, room); });
}

}  // namespace braggd
