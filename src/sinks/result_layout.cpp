#include "sinks/result_layout.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

#include "core/ledger_rows.hpp"
#include "core/version.hpp"
#include "formats/hdf5_values.hpp"
#include "formats/nexus_groups.hpp"

namespace braggd {

using hdf5::call;

namespace {

constexpr std::array frame_table{
    column<&FrameRow::frame_number>("frame_number"),
    column<&FrameRow::omega_deg>("omega_deg", "deg"),
    column<&FrameRow::status>("status"),
    column<&FrameRow::n_pixels>("n_pixels"),
    column<&FrameRow::n_peaks>("n_peaks"),
    column<&FrameRow::n_too_small>("n_too_small"),
    column<&FrameRow::n_too_big>("n_too_big"),
    column<&FrameRow::received_ns>("received_ns", "ns"),
    column<&FrameRow::wire_bytes>("wire_bytes", "byte"),
};

constexpr std::array peak_table{
    column<&PeakRow::frame>("frame"),
    column<&PeakRow::omega_deg>("omega_deg", "deg"),
    column<&PeakRow::component>("component"),
    noisy_column<&PeakRow::row>("row", "pixel"),
    noisy_column<&PeakRow::col>("col", "pixel"),
    noisy_column<&PeakRow::centroid_row>("centroid_row", "pixel"),
    noisy_column<&PeakRow::centroid_col>("centroid_col", "pixel"),
    column<&PeakRow::row_error>("row_error", "pixel"),
    column<&PeakRow::col_error>("col_error", "pixel"),
    column<&PeakRow::position_source>("position_source"),
    column<&PeakRow::n_pixels>("n_pixels"),
    column<&PeakRow::sum_intensity>("sum_intensity"),
    column<&PeakRow::max_intensity>("max_intensity"),
    column<&PeakRow::row_begin>("row_begin", "pixel"),
    column<&PeakRow::row_end>("row_end", "pixel"),
    noisy_column<&PeakRow::col_begin>("col_begin", "pixel"),
    noisy_column<&PeakRow::col_end>("col_end", "pixel"),
    noisy_column<&PeakRow::sigma_row>("sigma_row", "pixel"),
    noisy_column<&PeakRow::sigma_col>("sigma_col", "pixel"),
    column<&PeakRow::flags>("flags"),
    column<&PeakRow::anomaly_confidence>("anomaly_confidence"),
    column<&PeakRow::cluster>("cluster"),
};

constexpr std::array offset_table{column<&OffsetRow::offset>("frame_offsets")};

constexpr const char* status_legend =
    "0 has its result; bits: 1 missing, 2 dropped by back-pressure, 4 decode error, 8 a stage was skipped, "
    "16 a time-out, 32 had pixels that were not finite";
constexpr const char* cluster_legend = "nearest cluster of the baseline; 65535 where the peak was not scored";

std::string position_legend() {
  std::string legend;
  for (std::size_t i = 0; i < position_source_names.size(); ++i)
    legend += (i > 0 ? ", " : "") + std::to_string(i) + " " + std::string(position_source_names[i]);
  return legend;
}

std::string flags_legend() {
  std::string legend = "bits: ";
  for (const auto& [bit, name] : peak_flag_names) {
    if (bit != peak_flag_names.front().first) legend += ", ";
    legend += std::to_string(bit) + " " + std::string(name);
  }
  return legend;
}

// Now, as ISO 8601 in UTC.
std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

void set_legend(const hdf5::Handle& entry, const char* path, std::string_view legend) {
  hdf5::set_attribute(hdf5::open_object(entry, path), "legend", legend);
}

void link(const hdf5::Handle& entry, const char* existing, const char* name) {
  call("cannot link a column",
       [&] { return H5Lcreate_hard(entry.id(), existing, entry.id(), name, H5P_DEFAULT, H5P_DEFAULT); });
}

struct WriteSetting {
  const hdf5::Handle& group;
  const std::string& name;

  void operator()(std::monostate) const {}  // was not given
  void operator()(bool value) const { hdf5::write_number(group, name, static_cast<std::uint8_t>(value)); }
  void operator()(std::int64_t value) const { hdf5::write_number(group, name, value); }
  void operator()(double value) const { hdf5::write_number(group, name, value); }
  void operator()(const std::string& value) const { hdf5::write_text(group, name, value); }
  void operator()(const std::vector<std::string>& value) const { hdf5::write_texts(group, name, value); }
};

void write_process(const hdf5::Handle& entry, const ProcessRecord& process, std::uint64_t sequence_index) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "process_%02llu", static_cast<unsigned long long>(sequence_index));
  const auto group = hdf5::create_group(entry, name.data(), "NXprocess");
  hdf5::write_text(group, "program", "braggd");
  hdf5::write_text(group, "version", version);
  hdf5::write_number(group, "sequence_index", sequence_index);
  hdf5::write_text(group, "name", process.name);
  hdf5::write_text(group, "type", process.type);
  const auto parameters = hdf5::create_group(group, "parameters", "NXparameters");
  for (const auto& [key, value] : process.parameters) std::visit(WriteSetting{parameters, key}, value);
}

}  // namespace

std::span<const ColumnOf<FrameRow>> frame_columns() {
  return frame_table;
}
std::span<const ColumnOf<PeakRow>> peak_columns() {
  return peak_table;
}
std::span<const ColumnOf<OffsetRow>> offset_columns() {
  return offset_table;
}

hdf5::Handle create_entry(const hdf5::Handle& file, const ScanHeader& header) {
  hdf5::set_attribute(file, "NX_class", "NXroot");
  hdf5::set_attribute(file, "default", "entry");
  hdf5::set_attribute(file, "creator", std::string("braggd ") + version);
  hdf5::set_attribute(file, "file_time", utc_now());
  auto entry = hdf5::create_group(file, "entry", "NXentry");
  hdf5::set_attribute(entry, "default", "peaks_per_frame");
  hdf5::write_text(entry, "title", "Bragg peaks of " + header.scan_id);
  hdf5::write_text(entry, "scan_id", header.scan_id);
  hdf5::write_text(entry, "start_time", header.start_time.empty() ? utc_now() : header.start_time);
  hdf5::set_attribute(hdf5::write_text(entry, "program_name", "braggd"), "version", version);
  write_instrument(entry, header);
  write_sample(entry, header);
  return entry;
}

hdf5::Handle create_plot(const hdf5::Handle& entry, const char* name, const char* signal,
                         const std::vector<std::string>& axes) {
  auto group = hdf5::create_group(entry, name, "NXdata");
  hdf5::set_attribute(group, "signal", signal);
  hdf5::set_attribute(group, "axes", axes);
  return group;
}

void link_columns(const hdf5::Handle& entry) {
  create_plot(entry, "peaks_per_frame", "n_peaks", {"frame_number"});
  link(entry, "frames/n_peaks", "peaks_per_frame/n_peaks");
  link(entry, "frames/frame_number", "peaks_per_frame/frame_number");
  link(entry, "frames/omega_deg", "sample/rotation_angle");
  set_legend(entry, "frames/status", status_legend);
  set_legend(entry, "peaks/flags", flags_legend());
  set_legend(entry, "peaks/position_source", position_legend());
  set_legend(entry, "peaks/cluster", cluster_legend);
}

void write_provenance(const hdf5::Handle& entry, const Provenance& provenance) {
  for (std::size_t i = 0; i < provenance.processes.size(); ++i)
    write_process(entry, provenance.processes[i], i + 1);
  const auto note = hdf5::create_group(entry, "configuration", "NXnote");
  hdf5::write_text(note, "type", "application/yaml");
  hdf5::write_text(note, "data", provenance.configuration);
  hdf5::write_text(note, "sha256", provenance.configuration_sha256);
  hdf5::write_text(note, "expanded", provenance.expanded);
}

void write_summary(const hdf5::Handle& entry, const ScanSummary& summary) {
  const Ledger& ledger = summary.ledger;
  const auto group = hdf5::create_group(entry, "ledger", "NXcollection");
  const auto count = [&](const std::string& name, std::uint64_t value) {
    hdf5::write_number(group, name, value);
  };
  for (const auto& [name, value] : ledger_rows(ledger)) count(name, value);
  count("bytes_received", ledger.bytes_received);
  count("t_first_ns", ledger.t_first_ns);
  count("t_last_ns", ledger.t_last_ns);

  hdf5::write_text(entry, "end_time", utc_now());
  const auto status = hdf5::write_text(entry, "exit_status", name_of(summary.status));
  if (!summary.reason.empty()) hdf5::set_attribute(status, "reason", summary.reason);
}

}  // namespace braggd
