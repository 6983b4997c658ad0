#include "formats/nexus_groups.hpp"

#include <cmath>
#include <string>

#include "formats/hdf5_values.hpp"

namespace braggd {

using hdf5::call;

namespace {

void write_known_text(const hdf5::Handle& group, const char* name, const std::string& text) {
  if (!text.empty()) hdf5::write_text(group, name, text);
}

void write_pixel_mask(const hdf5::Handle& detector, const ScanHeader& header) {
  if (!header.pixel_mask || header.pixel_mask->size() != header.shape.pixels()) return;
  const std::vector<hsize_t> extent{header.shape.rows, header.shape.cols};
  const auto properties = hdf5::dataset_properties();
  set_compressed(properties, extent);
  const auto space = hdf5::own("dataspace", [&] { return H5Screate_simple(2, extent.data(), nullptr); });
  const hid_t type = hdf5::native_type<std::uint32_t>();
  const auto mask = hdf5::own("cannot create pixel_mask", [&] {
    return H5Dcreate2(detector.id(), "pixel_mask", type, space.id(), H5P_DEFAULT, properties.id(),
                      H5P_DEFAULT);
  });
  call("cannot write pixel_mask",
       [&] { return H5Dwrite(mask.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, header.pixel_mask->data()); });
}

}  // namespace

void set_compressed(const hdf5::Handle& dataset_properties, const std::vector<hsize_t>& chunk) {
  const hid_t id = dataset_properties.id();
  call("chunks", [&] { return H5Pset_chunk(id, static_cast<int>(chunk.size()), chunk.data()); });
  call("filter", [&] { return H5Pset_shuffle(id); });
  call("filter", [&] { return H5Pset_deflate(id, 1); });
  call("filter", [&] { return H5Pset_fletcher32(id); });
}

void write_quantity(const hdf5::Handle& group, const char* name, double value, const char* units) {
  if (!std::isfinite(value)) return;
  hdf5::set_attribute(hdf5::write_number(group, name, value), "units", units);
}

void write_instrument(const hdf5::Handle& entry, const ScanHeader& header) {
  const auto instrument = hdf5::create_group(entry, "instrument", "NXinstrument");
  // No source of ours names the instrument or the X-ray source; the detector is what is known of the former.
  write_known_text(instrument, "name", header.detector_description);
  hdf5::write_text(hdf5::create_group(instrument, "source", "NXsource"), "probe", "x-ray");

  const Geometry& geometry = header.geometry;
  const auto beam = hdf5::create_group(instrument, "beam", "NXbeam");
  write_quantity(beam, "incident_wavelength", geometry.wavelength_angstrom, "angstrom");
  write_quantity(beam, "incident_energy", geometry.energy_ev, "eV");

  const auto detector = hdf5::create_group(instrument, "detector", "NXdetector");
  write_known_text(detector, "description", header.detector_description);
  write_known_text(detector, "serial_number", header.detector_serial_number);
  write_quantity(detector, "x_pixel_size", geometry.pixel_cols_m, "m");
  write_quantity(detector, "y_pixel_size", geometry.pixel_rows_m, "m");
  write_quantity(detector, "distance", geometry.distance_m, "m");
  write_quantity(detector, "beam_center_x", geometry.beam_col_px, "pixel");
  write_quantity(detector, "beam_center_y", geometry.beam_row_px, "pixel");
  if (header.saturation_value) hdf5::write_number(detector, "saturation_value", *header.saturation_value);
  write_quantity(detector, "count_time", header.count_time_s, "s");
  write_quantity(detector, "frame_time", header.frame_time_s, "s");
  write_pixel_mask(detector, header);
}

hdf5::Handle write_sample(const hdf5::Handle& entry, const ScanHeader& header) {
  auto sample = hdf5::create_group(entry, "sample", "NXsample");
  write_known_text(sample, "name", header.sample_name);
  return sample;
}

}  // namespace braggd
