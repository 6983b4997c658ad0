#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.hpp"
#include "wire/stream2_array.hpp"
#include "wire/stream2_keys.hpp"

namespace braggd::stream2 {

namespace {

constexpr std::size_t max_axes = 32;

// Not a number means "unknown" here already: who sends it gets a warning, as for every other nonsense.
double read_known_real(CborReader& in) {
  const double value = in.read_real();
  if (std::isnan(value)) throw CborError("it is not a number");
  return value;
}

template <auto member>
void read_number(CborReader& in, StartMessage& start, const Bytes&) {
  start.*member = read_known_real(in);
}

template <auto member>
void read_integer(CborReader& in, StartMessage& start, const Bytes&) {
  start.*member = in.read_unsigned();
}

template <auto member>
void read_name(CborReader& in, StartMessage& start, const Bytes&) {
  start.*member = printable(in.read_text(), max_name_bytes);
}

void read_channel_names(CborReader& in, StartMessage& start, const Bytes&) {
  auto names = in.enter_array();
  while (names.more()) {
    if (start.channels.size() == max_channels) throw CborError("too many channels");
    start.channels.push_back(printable(in.read_text(), 64));
  }
}

void read_translation(CborReader& in, StartMessage& start, const Bytes&) {
  auto components = in.enter_array();
  while (components.more()) {
    if (start.detector_translation_m.size() == 3) throw CborError("more than three components");
    start.detector_translation_m.push_back(read_known_real(in));
  }
}

void read_goniometer(CborReader& in, StartMessage& start, const Bytes&) {
  for_each_pair(in, in.enter_map(), [&](std::string_view name) {
    if (start.goniometer.size() == max_axes) throw CborError("too many axes");
    GoniometerAxis& axis = start.goniometer[printable(name, 64)];
    for_each_pair(in, in.enter_map(), [&](std::string_view key) {
      if (key == "start")
        axis.start_deg = read_known_real(in);
      else if (key == "increment")
        axis.increment_deg = read_known_real(in);
      else
        return false;
      return true;
    });
    return true;
  });
}

void read_user_data(CborReader& in, StartMessage& start, const Bytes&) {
  if (in.peek_value() != CborKind::map) return in.skip();
  for_each_pair(in, in.enter_map(), [&](std::string_view key) {
    if (key != "sample_name" || in.peek_value() != CborKind::text) return false;
    start.sample_name = printable(in.read_text(), max_name_bytes);
    return true;
  });
}

void read_pixel_mask(CborReader& in, StartMessage& start, const Bytes& message) {
  start.pixel_mask = read_channels(in, message);
}

struct StartField {
  std::string_view key;
  void (*read)(CborReader&, StartMessage&, const Bytes&);
};

// What is good to know; nonsense in one of them costs its value and not the scan.
constexpr std::array<StartField, 18> optional_fields{{
    {"channels", read_channel_names},
    {"saturation_value", read_integer<&StartMessage::saturation_value>},
    {"goniometer", read_goniometer},
    {"detector_translation", read_translation},
    {"beam_center_x", read_number<&StartMessage::beam_center_x_px>},
    {"beam_center_y", read_number<&StartMessage::beam_center_y_px>},
    {"pixel_size_x", read_number<&StartMessage::pixel_size_x_m>},
    {"pixel_size_y", read_number<&StartMessage::pixel_size_y_m>},
    {"incident_energy", read_number<&StartMessage::incident_energy_ev>},
    {"incident_wavelength", read_number<&StartMessage::incident_wavelength_angstrom>},
    {"count_time", read_number<&StartMessage::count_time_s>},
    {"frame_time", read_number<&StartMessage::frame_time_s>},
    {"arm_date", read_name<&StartMessage::arm_date>},
    {"detector_description", read_name<&StartMessage::detector_description>},
    {"detector_serial_number", read_name<&StartMessage::detector_serial_number>},
    {"user_data", read_user_data},
    {"pixel_mask", read_pixel_mask},
    {"number_of_images", read_integer<&StartMessage::number_of_images>},
}};

bool take_optional(std::string_view key, CborReader& in, StartMessage& start, const Bytes& message) {
  const auto field = std::ranges::find(optional_fields, key, &StartField::key);
  if (field == optional_fields.end()) return false;
  const std::size_t value = in.position();
  try {
    field->read(in, start, message);
  } catch (const CborError& error) {
    in.rewind(value);
    in.skip();
    start.warnings.push_back(std::string(field->key) + " is ignored: " + error.what());
  }
  return true;
}

PixelType pixel_type_named(std::string_view dtype) {
  if (dtype == "uint8") return PixelType::u8;
  if (dtype == "uint16") return PixelType::u16;
  if (dtype == "uint32") return PixelType::u32;
  if (dtype == "float32") return PixelType::f32;
  throw CborError("unknown image_dtype \"" + printable(dtype, 32) +
                  "\"; uint8, uint16, uint32 and float32 are supported");
}

bool possible_side(std::uint64_t px) {
  return px >= 1 && px <= max_side_px;
}

}  // namespace

StartMessage read_start(CborReader& in, const Bytes& message, CborSequence pairs, Identity& identity) {
  StartMessage start;
  for_each_pair(in, pairs, [&](std::string_view key) {
    if (key == "image_size_x") {
      start.image_size_x = in.read_unsigned();
    } else if (key == "image_size_y") {
      start.image_size_y = in.read_unsigned();
    } else if (key == "image_dtype") {
      start.image_dtype = pixel_type_named(in.read_text());
    } else {
      return identity.take(key, in) || take_optional(key, in, start, message);
    }
    return true;
  });
  start.series = identity.series();
  if (!possible_side(start.image_size_x) || !possible_side(start.image_size_y)) {
    throw CborError("images of " + std::to_string(start.image_size_y) + " rows x " +
                    std::to_string(start.image_size_x) + " columns; 1 to " + std::to_string(max_side_px) +
                    " of each are possible");
  }
  return start;
}

}  // namespace braggd::stream2
