#include "wire/stream2_array.hpp"

#include <cstring>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "kernels/chunk.hpp"

namespace braggd {

namespace {

std::string in_words(std::uint64_t typed_tag) {
  switch (typed_tag) {
    case 65:
    case 66:
    case 67:
    case 80:
    case 81:
    case 82:
    case 83:
      return "big-endian numbers";
    case 71:
      return "64-bit integers";
    case 72:
    case 73:
    case 74:
    case 75:
    case 77:
    case 78:
    case 79:
      return "signed integers";
    case 84:
      return "16-bit floats";
    case 86:
      return "64-bit floats";
    default:
      return "unknown numbers";
  }
}

PixelType read_pixel_type(CborReader& in) {
  std::optional<std::uint64_t> refused;
  while (const auto tag = in.take_tag()) {
    switch (*tag) {
      case cbor_tag::u8:
        return PixelType::u8;
      case cbor_tag::u16_le:
        return PixelType::u16;
      case cbor_tag::u32_le:
        return PixelType::u32;
      case cbor_tag::f32_le:
        return PixelType::f32;
      default:
        refused = refused.value_or(*tag);
    }
  }
  if (!refused) throw CborError("the array does not say of what type its numbers are");
  throw CborError("the array holds " + in_words(*refused) + " (tag " + std::to_string(*refused) +
                  "); u8, and u16, u32, f32 in little-endian order are supported");
}

Encoding encoding_named(std::string_view algorithm) {
  if (algorithm == "bslz4") return Encoding::bslz4;
  if (algorithm == "lz4") return Encoding::lz4;
  if (algorithm == "bszstd" || algorithm == "bs-zstd") return Encoding::bszstd;
  throw CborError("unknown compression \"" + printable(algorithm, 32) +
                  "\"; bslz4, lz4 and bszstd are supported");
}

Shape read_shape(CborReader& in) {
  auto sides = in.enter_array();
  std::vector<std::uint64_t> px;
  while (sides.more()) {
    if (px.size() == 2) throw CborError("an image has more than two dimensions");
    px.push_back(in.read_unsigned());
    if (px.back() == 0 || px.back() > max_side_px) {
      throw CborError("an image of " + std::to_string(px.back()) + " rows or columns; 1 to " +
                      std::to_string(max_side_px) + " are possible");
    }
  }
  if (px.size() != 2) throw CborError("an image has fewer than two dimensions");
  return {static_cast<std::uint32_t>(px[0]), static_cast<std::uint32_t>(px[1])};
}

bool take_compression_tag(CborReader& in) {
  while (const auto tag = in.take_tag()) {
    if (*tag == cbor_tag::dectris_compression) return true;
  }
  return false;
}

// [algorithm, element bytes, chunk]; the element size of plain lz4 is 0.
std::span<const std::byte> read_compressed(CborReader& in, EncodedArray& array) {
  auto parts = in.enter_array();
  const auto next = [&] {
    if (!parts.more()) throw CborError("compressed pixels lack their algorithm, element size or bytes");
  };
  next();
  array.encoding = encoding_named(in.read_text());
  next();
  const std::uint64_t element_bytes = in.read_unsigned();
  const std::uint64_t pixel_bytes = bytes_per_pixel(array.pixel_type);
  if (element_bytes != pixel_bytes && !(array.encoding == Encoding::lz4 && element_bytes == 0)) {
    throw CborError("compressed elements of " + std::to_string(element_bytes) +
                    " bytes do not fit pixels of " + std::to_string(pixel_bytes));
  }
  next();
  const auto chunk = in.read_bytes();
  if (parts.more()) throw CborError("compressed pixels have more than three parts");
  return chunk;
}

EncodedArray read_array(CborReader& in, const Bytes& message) {
  bool row_major = false;
  while (const auto tag = in.take_tag()) {
    if (*tag == cbor_tag::column_major_array) throw CborError("column-major arrays are not supported");
    row_major = row_major || *tag == cbor_tag::row_major_array;
  }
  if (!row_major) throw CborError("no multi-dimensional array (tag 40)");
  auto parts = in.enter_array();
  EncodedArray array;
  if (!parts.more()) throw CborError("the array has no shape");
  array.shape = read_shape(in);
  if (!parts.more()) throw CborError("the array has no content");
  array.pixel_type = read_pixel_type(in);
  const bool compressed = take_compression_tag(in);
  const auto content = compressed ? read_compressed(in, array) : in.read_bytes();
  const std::uint64_t expected = array.shape.pixels() * bytes_per_pixel(array.pixel_type);
  if (!compressed && content.size() != expected) {
    throw CborError(std::to_string(content.size()) + " bytes of pixels where " + std::to_string(expected) +
                    " were expected");
  }
  if (parts.more()) throw CborError("the array has more than a shape and a content");
  array.bytes = message.slice(content);
  return array;
}

}  // namespace

std::vector<ChannelArray> read_channels(CborReader& in, const Bytes& message) {
  std::vector<ChannelArray> channels;
  auto map = in.enter_map();
  while (map.more()) {
    if (channels.size() == max_channels)
      throw CborError("more than " + std::to_string(max_channels) + " channels");
    ChannelArray& added = channels.emplace_back();
    added.channel = printable(in.read_text(), 64);
    const std::size_t start = in.position();
    try {
      added.array = read_array(in, message);
    } catch (const CborError& error) {
      added.array.error = error.what();
      in.rewind(start);
      in.skip();
    }
  }
  return channels;
}

std::vector<std::uint32_t> decode_u32(const EncodedArray& array, Shape expected, std::string& error) {
  error = array.error;
  if (error.empty() && array.shape != expected) error = "its shape is not that of the images";
  if (error.empty() && array.pixel_type != PixelType::u32) {
    error = "its type is " + std::string(name_of(array.pixel_type)) + " and not u32";
  }
  if (error.empty() && expected.pixels() * sizeof(std::uint32_t) > max_mask_bytes) {
    error = "it needs more than " + format_bytes(max_mask_bytes);
  }
  if (!error.empty()) return {};
  std::vector<std::uint32_t> decoded(expected.pixels());
  const auto out = std::as_writable_bytes(std::span(decoded));
  const ChunkError failure = decode_chunk(array.encoding, sizeof(std::uint32_t), array.bytes.view(), out);
  if (failure == ChunkError::none) return decoded;
  error = describe(failure);
  return {};
}

}  // namespace braggd
