// The messages of DECTRIS Stream V2 (stream_v2/README.md of dectris/documentation), as far as braggd uses
// them.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <braggd/bytes.hpp>
#include <braggd/frame.hpp>

namespace braggd {

inline constexpr double unknown_number = std::numeric_limits<double>::quiet_NaN();

/// Which series a message belongs to.
struct SeriesName {
  std::uint64_t series_id = 0;
  std::string scan_id;  ///< series_unique_id, or "series-<series_id>" where a sender has none
};

/// A multi-dimensional typed array (RFC 8746) as it stands in a message, or why it cannot be used.
struct EncodedArray {
  Shape shape;
  PixelType pixel_type = PixelType::u16;
  Encoding encoding = Encoding::raw;
  Bytes bytes;        ///< a view of the message
  std::string error;  ///< not empty: nothing above is to be looked at
};

/// One channel's array: `threshold_1`, `threshold_2`, `difference`.
struct ChannelArray {
  std::string channel;
  EncodedArray array;
};

struct GoniometerAxis {
  double start_deg = unknown_number;
  double increment_deg = unknown_number;
};

/// Sent once, when a series is armed. Names and units are those of the standard; numbers are as they came.
struct StartMessage {
  SeriesName series;
  std::uint64_t number_of_images = 0;    ///< 0: not said
  std::uint64_t image_size_x = 0;        ///< columns
  std::uint64_t image_size_y = 0;        ///< rows
  std::optional<PixelType> image_dtype;  ///< some detectors leave it to the images
  std::vector<std::string> channels;
  std::vector<ChannelArray> pixel_mask;
  std::optional<std::uint64_t> saturation_value;
  std::map<std::string, GoniometerAxis, std::less<>> goniometer;
  std::vector<double> detector_translation_m;
  double beam_center_x_px = unknown_number, beam_center_y_px = unknown_number;
  double pixel_size_x_m = unknown_number, pixel_size_y_m = unknown_number;
  double incident_energy_ev = unknown_number, incident_wavelength_angstrom = unknown_number;
  double count_time_s = unknown_number, frame_time_s = unknown_number;
  std::string arm_date, detector_description, detector_serial_number;
  std::string sample_name;            ///< user_data.sample_name, where user_data is a map that has one
  std::vector<std::string> warnings;  ///< what was passed over because it made no sense
};

/// One exposure with all its channels.
struct ImageMessage {
  SeriesName series;
  std::uint64_t image_id = 0;
  std::vector<ChannelArray> data;
};

struct EndMessage {
  SeriesName series;
};

/// A well-formed message of a type that braggd does not know.
struct UnknownMessage {
  std::string type;
};

/// A message that cannot be used. Where an image could still be told, it is named, so that its frame can be
/// counted.
struct DamagedMessage {
  std::string error;
  std::optional<std::string> scan_id;
  std::optional<std::uint64_t> image_id;
};

using Stream2Message = std::variant<StartMessage, ImageMessage, EndMessage, UnknownMessage, DamagedMessage>;

}  // namespace braggd
