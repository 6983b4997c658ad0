#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "wire/stream2_array.hpp"
#include "wire/stream2_decode.hpp"

namespace braggd {

namespace {

// A number as the source gave it, if there can be such a thing.
class Plausible {
 public:
  explicit Plausible(std::vector<std::string>& warnings) : warnings_(warnings) {}

  double positive(const char* key, double value, double at_most) const {
    return keep(key, value, value > 0 && value <= at_most);
  }
  double within(const char* key, double value, double magnitude) const {
    return keep(key, value, std::abs(value) <= magnitude);
  }

 private:
  double keep(const char* key, double value, bool plausible) const {
    if (plausible) return value;
    // NaN is also what stands where the key is absent.
    if (!std::isnan(value))
      warnings_.push_back(std::string(key) + " = " + std::to_string(value) + " is ignored");
    return unknown_number;
  }
  std::vector<std::string>& warnings_;
};

Geometry make_geometry(const StartMessage& start, const Plausible& plausible) {
  Geometry geometry;
  geometry.wavelength_angstrom =
      plausible.positive("incident_wavelength", start.incident_wavelength_angstrom, 1e6);
  geometry.energy_ev = plausible.positive("incident_energy", start.incident_energy_ev, 1e9);
  geometry.pixel_rows_m = plausible.positive("pixel_size_y", start.pixel_size_y_m, 1);
  geometry.pixel_cols_m = plausible.positive("pixel_size_x", start.pixel_size_x_m, 1);
  geometry.beam_row_px = plausible.within("beam_center_y", start.beam_center_y_px, 1e7);
  geometry.beam_col_px = plausible.within("beam_center_x", start.beam_center_x_px, 1e7);
  if (start.detector_translation_m.size() == 3) {
    const double distance_m = std::abs(start.detector_translation_m[2]);
    if (distance_m != 0) geometry.distance_m = plausible.positive("detector_translation", distance_m, 1e4);
  }
  return geometry;
}

void set_omega(const StartMessage& start, const Plausible& plausible, ScanHeader& header) {
  const auto omega = start.goniometer.find("omega");
  if (omega == start.goniometer.end()) return;
  header.omega_start_deg = plausible.within("goniometer.omega.start", omega->second.start_deg, 1e6);
  header.omega_step_deg = plausible.within("goniometer.omega.increment", omega->second.increment_deg, 1e6);
}

void set_pixel_mask(const StartMessage& start, std::string_view channel, ScanHeader& header,
                    std::vector<std::string>& warnings) {
  const auto found =
      std::ranges::find(start.pixel_mask, choose_channel(start, channel), &ChannelArray::channel);
  if (found == start.pixel_mask.end()) return;
  std::string error;
  auto mask = decode_u32(found->array, header.shape, error);
  if (error.empty()) {
    header.pixel_mask = std::make_shared<const std::vector<std::uint32_t>>(std::move(mask));
  } else {
    warnings.push_back("the pixel mask is ignored: " + error);
  }
}

PixelType guess_pixel_type(const StartMessage& start) {
  const std::uint64_t largest = start.saturation_value.value_or(0);
  return largest > std::numeric_limits<std::uint16_t>::max() ? PixelType::u32 : PixelType::u16;
}

}  // namespace

std::string choose_channel(const StartMessage& start, std::string_view wanted) {
  if (!wanted.empty()) return std::string(wanted);
  if (!start.channels.empty()) return start.channels.front();
  return {};
}

ScanHeader make_header(const StartMessage& start, std::string_view channel,
                       std::vector<std::string>& warnings) {
  warnings.insert(warnings.end(), start.warnings.begin(), start.warnings.end());
  const Plausible plausible(warnings);
  ScanHeader header;
  header.scan_id = start.series.scan_id;
  header.series_id = start.series.series_id;
  header.shape = {static_cast<std::uint32_t>(start.image_size_y),
                  static_cast<std::uint32_t>(start.image_size_x)};
  header.pixel_type = start.image_dtype.value_or(guess_pixel_type(start));
  header.expected_frames = start.number_of_images;
  header.geometry = make_geometry(start, plausible);
  header.saturation_value = start.saturation_value;
  header.count_time_s = plausible.positive("count_time", start.count_time_s, 1e9);
  header.frame_time_s = plausible.positive("frame_time", start.frame_time_s, 1e9);
  header.detector_description = start.detector_description;
  header.detector_serial_number = start.detector_serial_number;
  header.sample_name = start.sample_name;
  header.start_time = start.arm_date;
  set_omega(start, plausible, header);
  set_pixel_mask(start, channel, header, warnings);
  return header;
}

}  // namespace braggd
