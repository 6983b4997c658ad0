#include "wire/stream2_decode.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/text.hpp"
#include "wire/stream2_array.hpp"
#include "wire/stream2_keys.hpp"

namespace braggd {

namespace stream2 {

bool Identity::take(std::string_view key, CborReader& in) {
  if (key == "series_id")
    series_id_ = in.read_unsigned();
  else if (key == "series_unique_id")
    unique_id_ = printable(in.read_text(), max_name_bytes);
  else if (key == "image_id")
    image_id_ = in.read_unsigned();
  else {
    pre_release_ = pre_release_ || key == "series_number";
    return false;
  }
  return true;
}

std::optional<std::string> Identity::scan_id() const {
  if (!unique_id_.empty()) return unique_id_;
  if (series_id_) return "series-" + std::to_string(*series_id_);
  return std::nullopt;
}

SeriesName Identity::series() const {
  const auto id = scan_id();
  if (!id && pre_release_) {
    throw CborError(
        "an unknown dialect (series_number, image_number): the sender speaks Stream V2 as it was before "
        "its release; update its firmware");
  }
  if (!id) throw CborError("the message names no series (series_id, series_unique_id)");
  return {series_id_.value_or(0), *id};
}

}  // namespace stream2

namespace {

using stream2::Identity;

ImageMessage read_image(CborReader& in, const Bytes& message, CborSequence pairs, Identity& identity) {
  ImageMessage image;
  stream2::for_each_pair(in, pairs, [&](std::string_view key) {
    if (key != "data") return identity.take(key, in);
    image.data = read_channels(in, message);
    return true;
  });
  image.series = identity.series();
  if (!identity.image_id()) throw CborError("the image has no image_id");
  if (image.data.empty()) throw CborError("the image has no data");
  image.image_id = *identity.image_id();
  return image;
}

EndMessage read_end(CborReader& in, CborSequence pairs, Identity& identity) {
  stream2::for_each_pair(in, pairs, [&](std::string_view key) { return identity.take(key, in); });
  return {identity.series()};
}

Stream2Message read_message(CborReader& in, const Bytes& message, Identity& identity) {
  auto pairs = in.enter_map();
  if (!pairs.more() || in.read_text() != "type") throw CborError("the first key is not \"type\"");
  const std::string type = printable(in.read_text(), 64);
  if (type == "start") return stream2::read_start(in, message, pairs, identity);
  if (type == "image") return read_image(in, message, pairs, identity);
  if (type == "end") return read_end(in, pairs, identity);
  return UnknownMessage{type};
}

}  // namespace

Stream2Message parse_stream2(const Bytes& message) {
  CborReader in(message.view());
  Identity identity;
  try {
    Stream2Message parsed = read_message(in, message, identity);
    if (!in.at_end() && !std::holds_alternative<UnknownMessage>(parsed)) {
      throw CborError(std::to_string(message.size() - in.position()) + " bytes are left behind the message");
    }
    return parsed;
  } catch (const CborError& error) {
    return DamagedMessage{error.what(), identity.scan_id(), identity.image_id()};
  }
}

Result<Frame> make_frame(const ImageMessage& image, std::string_view channel) {
  const auto found =
      channel.empty() ? image.data.begin() : std::ranges::find(image.data, channel, &ChannelArray::channel);
  if (found == image.data.end()) {
    return FrameError{DropReason::decode_error, "the image has no channel \"" + std::string(channel) + "\""};
  }
  const EncodedArray& array = found->array;
  if (!array.error.empty()) return FrameError{DropReason::decode_error, found->channel + ": " + array.error};
  Frame frame;
  frame.meta.index = image.image_id;
  frame.meta.frame_number = image.image_id;
  frame.meta.wire_bytes = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(array.bytes.size(), std::numeric_limits<std::uint32_t>::max()));
  frame.shape = array.shape;
  frame.pixel_type = array.pixel_type;
  frame.encoding = array.encoding;
  frame.bytes = array.bytes;
  return frame;
}

}  // namespace braggd
