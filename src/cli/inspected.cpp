#include "cli/inspected.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/anomaly_text.hpp"
#include "core/text.hpp"
#include "service/anomaly_json.hpp"
#include "stages/decode.hpp"

namespace braggd {

namespace {

using nlohmann::ordered_json;

FirstFrame measure(const DenseFrame& dense) {
  FirstFrame first;
  double sum = 0;
  for (const float value : dense.pixels) {
    if (std::isnan(value)) continue;
    first.minimum = first.valid_pixels == 0 ? value : std::min<double>(first.minimum, value);
    first.maximum = first.valid_pixels == 0 ? value : std::max<double>(first.maximum, value);
    sum += value;
    ++first.valid_pixels;
  }
  first.mean = first.valid_pixels > 0 ? sum / static_cast<double>(first.valid_pixels) : 0;
  return first;
}

// A number, or null where it is not known.
ordered_json known(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

std::string dump(const ordered_json& root) {
  return root.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

void line(std::ostringstream& out, const std::string& name, const std::string& text) {
  if (!text.empty())
    out << "  " << name << std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') << text << '\n';
}

void line(std::ostringstream& out, const std::string& name, double value, const char* unit) {
  if (!std::isfinite(value)) return;
  std::ostringstream text;
  text << value << ' ' << unit;
  line(out, name, text.str());
}

}  // namespace

InspectedScan inspect_scan(ScanReader& reader) {
  InspectedScan scan;
  scan.header = reader.header();
  if (scan.header->expected_frames == 0) return scan;
  auto frame = reader.read(0);
  if (!frame) {
    scan.damage = frame.error().detail;
    return scan;
  }
  ResourceCache cache;
  const auto dense = Decode({}, {scan.header, cache}).process(frame.value());
  if (dense) {
    scan.first_frame = measure(dense.value());
    scan.first_frame->encoding = name_of(frame.value().encoding);
  } else {
    scan.damage = dense.error().detail;
  }
  return scan;
}

std::string to_text(const InspectedScan& scan) {
  const ScanHeader& header = *scan.header;
  const Geometry& geometry = header.geometry;
  std::ostringstream out;
  out << "scan " << printable(header.scan_id) << "\n";
  line(out, "frames", std::to_string(header.expected_frames));
  line(out, "shape",
       std::to_string(header.shape.rows) + " x " + std::to_string(header.shape.cols) + " " +
           std::string(name_of(header.pixel_type)));
  if (header.expected_frames > 0 && std::isfinite(header.omega_of(0))) {
    std::ostringstream range;
    range << header.omega_of(0) << " .. " << header.omega_of(header.expected_frames - 1)
          << " deg (centres of frames)";
    line(out, "omega", range.str());
  }
  line(out, "detector", printable(header.detector_description));
  line(out, "wavelength", geometry.wavelength_angstrom, "angstrom");
  line(out, "distance", geometry.distance_m, "m");
  line(out, "pixel", geometry.pixel_rows_m * 1e6, "um");
  line(out, "beam row", geometry.beam_row_px, "px");
  line(out, "beam col", geometry.beam_col_px, "px");
  line(out, "mask", header.pixel_mask ? "given by the file" : "");
  if (scan.first_frame) {
    const FirstFrame& first = *scan.first_frame;
    std::ostringstream text;
    text << first.encoding << ", " << first.valid_pixels << " valid pixels, " << first.minimum << " .. "
         << first.maximum << ", mean " << first.mean;
    line(out, "first frame", text.str());
  }
  line(out, "damage", scan.damage);
  return out.str();
}

std::string to_json(const InspectedScan& scan) {
  const ScanHeader& header = *scan.header;
  const Geometry& geometry = header.geometry;
  const bool any = header.expected_frames > 0;
  ordered_json root{{"kind", "scan"},
                    {"scan_id", header.scan_id},
                    {"frames", header.expected_frames},
                    {"rows", header.shape.rows},
                    {"cols", header.shape.cols},
                    {"pixel_type", name_of(header.pixel_type)},
                    {"omega_first_deg", any ? known(header.omega_of(0)) : nullptr},
                    {"omega_last_deg", any ? known(header.omega_of(header.expected_frames - 1)) : nullptr},
                    {"wavelength_angstrom", known(geometry.wavelength_angstrom)},
                    {"distance_m", known(geometry.distance_m)},
                    {"pixel_rows_m", known(geometry.pixel_rows_m)},
                    {"pixel_cols_m", known(geometry.pixel_cols_m)},
                    {"beam_row_px", known(geometry.beam_row_px)},
                    {"beam_col_px", known(geometry.beam_col_px)}};
  if (scan.first_frame) {
    const FirstFrame& first = *scan.first_frame;
    root["first_frame"] = {{"encoding", first.encoding},
                           {"valid_pixels", first.valid_pixels},
                           {"minimum", first.minimum},
                           {"maximum", first.maximum},
                           {"mean", first.mean}};
  }
  if (!scan.damage.empty()) root["damage"] = scan.damage;
  return dump(root);
}

std::string to_text(const ResultSummary& result) {
  std::ostringstream out;
  out << "result of scan " << printable(result.scan_id) << "\n";
  line(out, "status",
       result.exit_status + (result.reason.empty() ? "" : " (" + printable(result.reason) + ")"));
  line(out, "written by", printable(result.creator));
  line(out, "time", result.start_time + " .. " + result.end_time);
  line(out, "frames",
       std::to_string(result.frames) + ", " + std::to_string(result.frames_with_status) + " without result");
  if (result.omega_range_deg) {
    std::ostringstream range;
    range << result.omega_range_deg->first << " .. " << result.omega_range_deg->second << " deg";
    line(out, "omega", range.str());
  }
  line(out, "peaks", std::to_string(result.peaks));
  if (result.kept_pixels > 0) line(out, "kept pixels", std::to_string(result.kept_pixels));
  std::string ledger;
  for (const auto& [name, count] : result.ledger) {
    if (count > 0 && !name.starts_with("t_"))
      ledger += (ledger.empty() ? "" : ", ") + name + " " + std::to_string(count);
  }
  line(out, "ledger", ledger);
  if (result.anomaly) {
    line(out, "anomaly", anomaly_text(*result.anomaly) + ", by " + printable(result.anomaly->model_id));
  }
  for (const auto& process : result.processes) {
    std::string parameters;
    for (const auto& [key, value] : process.parameters)
      parameters += (parameters.empty() ? "" : ", ") + key + " " + value;
    line(out, "stage", process.name + (parameters.empty() ? "" : ": " + parameters));
  }
  for (const auto& peak : result.brightest) {
    std::ostringstream text;
    text << "frame " << peak.frame << ", row " << peak.row << ", col " << peak.col << ", sum "
         << peak.sum_intensity << ", " << peak.n_pixels << " pixels";
    line(out, "bright peak", text.str());
  }
  return out.str();
}

std::string to_json(const ResultSummary& result) {
  ordered_json root{{"kind", "result"},
                    {"scan_id", result.scan_id},
                    {"exit_status", result.exit_status},
                    {"reason", result.reason},
                    {"creator", result.creator},
                    {"start_time", result.start_time},
                    {"end_time", result.end_time},
                    {"frames", result.frames},
                    {"frames_without_result", result.frames_with_status},
                    {"peaks", result.peaks},
                    {"kept_pixels", result.kept_pixels},
                    {"ledger", result.ledger}};
  if (result.anomaly) root["anomaly"] = to_json(*result.anomaly);
  root["brightest"] = ordered_json::array();
  for (const auto& peak : result.brightest) {
    root["brightest"].push_back({{"frame", peak.frame},
                                 {"omega_deg", known(peak.omega_deg)},
                                 {"row", known(peak.row)},
                                 {"col", known(peak.col)},
                                 {"sum_intensity", known(peak.sum_intensity)},
                                 {"n_pixels", peak.n_pixels}});
  }
  root["processes"] = ordered_json::array();
  for (const auto& process : result.processes) {
    ordered_json parameters = ordered_json::object();
    for (const auto& [key, value] : process.parameters) parameters[key] = value;
    root["processes"].push_back({{"name", process.name}, {"type", process.type}, {"parameters", parameters}});
  }
  return dump(root);
}

}  // namespace braggd
