#include "formats/nexus_metadata.hpp"

#include <array>
#include <cstring>
#include <initializer_list>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "formats/frame_dataset.hpp"
#include "formats/hdf5_values.hpp"
#include "formats/omega_axis.hpp"

namespace braggd {

namespace {

using Unit = std::pair<std::string_view, double>;

// The first unit is the one without a @units attribute.
constexpr std::array<Unit, 8> length_m{{{"m", 1},
                                        {"metre", 1},
                                        {"meter", 1},
                                        {"cm", 1e-2},
                                        {"mm", 1e-3},
                                        {"um", 1e-6},
                                        {"µm", 1e-6},
                                        {"nm", 1e-9}}};
constexpr std::array<Unit, 7> wavelength_angstrom{
    {{"angstrom", 1}, {"Angstrom", 1}, {"A", 1}, {"Å", 1}, {"nm", 10}, {"pm", 1e-2}, {"m", 1e10}}};
constexpr std::array<Unit, 2> energy_ev{{{"eV", 1}, {"keV", 1e3}}};
constexpr std::array<Unit, 5> time_s{{{"s", 1}, {"second", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}}};
constexpr std::array<Unit, 3> position_px{{{"pixel", 1}, {"pixels", 1}, {"px", 1}}};
constexpr std::array<Unit, 6> angle_deg{{{"deg", 1},
                                         {"degree", 1},
                                         {"degrees", 1},
                                         {"°", 1},
                                         {"rad", 180 / std::numbers::pi},
                                         {"radian", 180 / std::numbers::pi}}};

using Paths = std::initializer_list<const char*>;

std::optional<double> unit_of(const hdf5::Handle& file, const std::string& path,
                              std::span<const Unit> units) {
  const auto name = hdf5::read_attribute_text(file, path, "units");
  if (!name || name->empty()) return units.front().second;
  for (const auto& [known, factor] : units) {
    if (known == *name) return factor;
  }
  return std::nullopt;
}

// Sets `out` from the first path that holds a number within [low, high] in a known unit.
void take(double& out, const hdf5::Handle& file, Paths paths, std::span<const Unit> units, double low,
          double high) {
  for (const char* path : paths) {
    const auto number = hdf5::read_number(file, path);
    const auto unit = number ? unit_of(file, path, units) : std::nullopt;
    if (!unit) continue;
    const double value = *number * *unit;
    if (!(value >= low && value <= high)) continue;
    out = value;
    return;
  }
}

void take(std::string& out, const hdf5::Handle& file, Paths paths) {
  for (const char* path : paths) {
    const auto text = hdf5::read_text(file, path);
    if (!text || text->empty()) continue;
    out = printable(*text);
    return;
  }
}

std::optional<std::vector<double>> read_angles(const hdf5::Handle& file, const std::string& path,
                                               std::size_t columns, std::uint64_t frames) {
  // A file may hold the angles of a scan that was stopped early: more than there are frames.
  const std::size_t limit = columns * (2 * static_cast<std::size_t>(frames) + (1U << 20));
  auto angles = hdf5::read_numbers(file, path, limit);
  const auto unit = angles ? unit_of(file, path, angle_deg) : std::nullopt;
  if (!unit) return std::nullopt;
  const bool fits =
      columns == 1 ? angles->extent.size() <= 1 : angles->extent.size() == 2 && angles->extent[1] == columns;
  if (!fits) return std::nullopt;
  for (double& angle : angles->values) angle *= *unit;
  return std::move(angles->values);
}

bool is_known(const ScanHeader& header) {
  return !header.omega_deg.empty() ||
         (std::isfinite(header.omega_start_deg) && std::isfinite(header.omega_step_deg));
}

// A goniometer says where each frame begins; its width follows from the increment, the ends, or the next
// frame.
void take_goniometer_omega(const hdf5::Handle& file, const std::string& group, ScanHeader& header) {
  auto begin = read_angles(file, group + "/omega", 1, header.expected_frames);
  if (!begin || begin->empty()) return;
  double step = std::numeric_limits<double>::quiet_NaN();
  const std::string increment = group + "/omega_increment", average = group + "/omega_range_average";
  take(step, file, {increment.c_str(), average.c_str()}, angle_deg, -360, 360);
  const std::uint64_t frames = header.expected_frames;
  if (begin->size() == 1) {  // only the first, or a scan that does not turn
    if (!std::isfinite(step)) step = 0;
    for (std::uint64_t i = 1; i < frames; ++i) begin->push_back((*begin)[0] + step * static_cast<double>(i));
  }
  if (!std::isfinite(step) && begin->size() > 1) step = (*begin)[1] - (*begin)[0];
  std::vector<double> end = *begin;
  for (double& angle : end) angle += step;
  if (const auto given = read_angles(file, group + "/omega_end", 1, frames)) end = *given;
  set_omega_ranges(header, *begin, end);
  if (header.omega_deg.empty() && std::isfinite(header.omega_step_deg) && std::isfinite(step)) {
    header.omega_step_deg = step;  // as written, not as a difference
  }
}

void take_omega(const hdf5::Handle& file, ScanHeader& header) {
  for (const char* group : {"/entry/sample/goniometer", "/entry/sample/transformations"}) {
    if (!is_known(header)) take_goniometer_omega(file, group, header);
  }
  for (const char* path : {"/entry/sample/rotation_angle", "/entry/rotation_angle", "/exchange/theta",
                           "/exchange/omega", "/entry/omega", "/omega"}) {
    if (is_known(header)) return;
    if (const auto centres = read_angles(file, path, 1, header.expected_frames)) {
      set_omega_centres(header, *centres);
    } else if (const auto ranges = read_angles(file, path, 2, header.expected_frames)) {
      std::vector<double> begin, end;
      for (std::size_t i = 0; i + 1 < ranges->size(); i += 2) {
        begin.push_back((*ranges)[i]);
        end.push_back((*ranges)[i + 1]);
      }
      set_omega_ranges(header, begin, end);
    }
  }
}

void take_pixel_mask(const hdf5::Handle& file, ScanHeader& header) {
  for (const char* path :
       {"/entry/instrument/detector/pixel_mask", "/entry/instrument/detector/detectorSpecific/pixel_mask"}) {
    if (!hdf5::exists(file, path)) continue;
    try {
      FrameDataset mask(hdf5::open_object(file, path), path);
      if (mask.shape() != header.shape || mask.frames() == 0 || mask.pixel_type() == PixelType::f32) continue;
      const auto raw = mask.read_raw(0);
      if (!raw) continue;
      const std::size_t pixel_bytes = bytes_per_pixel(mask.pixel_type());
      auto values = std::make_shared<std::vector<std::uint32_t>>(header.shape.pixels());
      const std::byte* from = raw.value().view().data();
      for (std::uint32_t& value : *values) {  // little-endian, so the low bytes come first
        std::memcpy(&value, from, pixel_bytes);
        from += pixel_bytes;
      }
      header.pixel_mask = std::move(values);
      return;
    } catch (const InputError&) {
    } catch (const hdf5::Error&) {
    }
  }
}

void take_geometry(const hdf5::Handle& file, Geometry& geometry) {
  take(geometry.beam_col_px, file, {"/entry/instrument/detector/beam_center_x"}, position_px, -1e6, 1e6);
  take(geometry.beam_row_px, file, {"/entry/instrument/detector/beam_center_y"}, position_px, -1e6, 1e6);
  take(geometry.pixel_cols_m, file, {"/entry/instrument/detector/x_pixel_size"}, length_m, 1e-9, 0.1);
  take(geometry.pixel_rows_m, file, {"/entry/instrument/detector/y_pixel_size"}, length_m, 1e-9, 0.1);
  take(geometry.distance_m, file,
       {"/entry/instrument/detector/distance", "/entry/instrument/detector/detector_distance"}, length_m,
       1e-6, 1e3);
  take(geometry.wavelength_angstrom, file,
       {"/entry/instrument/beam/incident_wavelength", "/entry/sample/beam/incident_wavelength",
        "/entry/instrument/monochromator/wavelength"},
       wavelength_angstrom, 1e-4, 1e3);
  take(geometry.energy_ev, file,
       {"/entry/instrument/beam/incident_energy", "/entry/instrument/monochromator/energy",
        "/entry/instrument/detector/detectorSpecific/photon_energy"},
       energy_ev, 1, 1e9);
}

}  // namespace

void read_nexus_metadata(const hdf5::Handle& file, ScanHeader& header) {
  take_geometry(file, header.geometry);
  take_omega(file, header);
  take_pixel_mask(file, header);
  take(header.count_time_s, file, {"/entry/instrument/detector/count_time"}, time_s, 0, 1e6);
  take(header.frame_time_s, file, {"/entry/instrument/detector/frame_time"}, time_s, 0, 1e6);
  take(header.detector_description, file, {"/entry/instrument/detector/description"});
  take(header.detector_serial_number, file,
       {"/entry/instrument/detector/serial_number", "/entry/instrument/detector/detector_number"});
  take(header.sample_name, file, {"/entry/sample/name"});
  take(header.start_time, file, {"/entry/start_time"});
  take(header.scan_id, file, {"/entry/scan_id"});
  const auto saturation = hdf5::read_count(file, "/entry/instrument/detector/saturation_value");
  if (saturation && *saturation > 0) header.saturation_value = *saturation;
  const auto series = hdf5::read_count(file, "/entry/instrument/detector/detectorSpecific/series_id");
  if (series) header.series_id = *series;
}

std::optional<std::uint64_t> announced_frames(const hdf5::Handle& file) {
  const std::string specific = "/entry/instrument/detector/detectorSpecific/";
  const auto images = hdf5::read_count(file, specific + "nimages");
  const std::uint64_t triggers = hdf5::read_count(file, specific + "ntrigger").value_or(1);
  constexpr std::uint64_t absurd = std::uint64_t{1} << 32;
  if (!images || *images == 0 || *images > absurd || triggers == 0 || triggers > absurd / *images)
    return std::nullopt;
  return *images * triggers;
}

}  // namespace braggd
