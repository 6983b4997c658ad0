#include "wire/live_messages.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/ledger_rows.hpp"

namespace braggd {

namespace {

using nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "records are little-endian");

/// One peak, in the order of live_columns.
struct Record {
  float row, col, row_error, col_error, sum_intensity, max_intensity, sigma_row, sigma_col,
      anomaly_confidence;
  std::uint32_t n_pixels, component, position_source, cluster, flags;
};
static_assert(sizeof(Record) == live_record_bytes);

Record record_of(const Peak& peak) {
  return {.row = static_cast<float>(peak.row),
          .col = static_cast<float>(peak.col),
          .row_error = peak.row_error,
          .col_error = peak.col_error,
          .sum_intensity = static_cast<float>(peak.sum_intensity),
          .max_intensity = static_cast<float>(peak.max_intensity),
          .sigma_row = peak.sigma_row,
          .sigma_col = peak.sigma_col,
          .anomaly_confidence = peak.anomaly_confidence,
          .n_pixels = peak.n_pixels,
          .component = peak.component,
          .position_source = static_cast<std::uint32_t>(peak.source),
          .cluster = peak.cluster,
          .flags = peak.flags};
}

// What every header begins with.
ordered_json begin(const char* type, std::uint64_t seq, std::string_view scan_id) {
  return {{"type", type}, {"v", live_version}, {"seq", seq}, {"scan_id", scan_id}};
}

// Without spaces; text from outside that is no UTF-8 is mended, numbers that are not finite become null.
std::string text_of(const ordered_json& header) {
  return header.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json anomaly_json(const ReiCounts& counts) {
  return {{"n_patches", counts.n_patches},
          {"n_low", counts.n_low},
          {"rei", counts.rei()},
          {"rei_error", counts.rei_error()}};
}

ordered_json anomaly_json(const AnomalySummary& anomaly) {
  ordered_json json{{"n_patches", anomaly.n_patches},       {"n_low", anomaly.n_low},    {"rei", anomaly.rei},
                    {"rei_error", anomaly.rei_error},       {"model", anomaly.model_id}, {"jsd", anomaly.jsd},
                    {"decision", name_of(anomaly.decision)}};
  if (anomaly.changed_frame != no_frame) json["changed_frame"] = anomaly.changed_frame;
  return json;
}

}  // namespace

void pack_live_peaks(std::span<const Peak> peaks, std::span<std::byte> out) {
  std::byte* place = out.data();
  for (const Peak& peak : peaks) {
    const Record record = record_of(peak);
    std::memcpy(place, &record, sizeof(record));
    place += sizeof(record);
  }
}

std::string scan_start_header(std::uint64_t seq, const ScanHeader& header,
                              std::string_view configuration_sha256, bool welcome) {
  ordered_json json = begin("scan_start", seq, header.scan_id);
  if (welcome) json["welcome"] = true;
  json["rows"] = header.shape.rows;
  json["cols"] = header.shape.cols;
  json["pixel_type"] = name_of(header.pixel_type);
  json["expected_frames"] = header.expected_frames;
  json["omega_start_deg"] = header.omega_start_deg;
  json["omega_step_deg"] = header.omega_step_deg;
  json["configuration_sha256"] = configuration_sha256;
  json["record_bytes"] = live_record_bytes;
  ordered_json& columns = json["columns"] = ordered_json::array();
  for (const LiveColumn& column : live_columns)
    columns.push_back({{"name", column.name}, {"dtype", column.dtype}, {"unit", column.unit}});
  return text_of(json);
}

std::string frame_header(std::uint64_t seq, const ScanHeader& header, const Envelope& envelope,
                         const ReiCounts* so_far) {
  const FrameMeta& meta = envelope.meta;
  ordered_json json = begin("frame", seq, header.scan_id);
  json["frame"] = meta.index;
  json["frame_number"] = meta.frame_number;
  json["omega_deg"] = std::isnan(meta.omega_deg) ? header.omega_of(meta.index) : meta.omega_deg;
  const bool dropped = envelope.dropped != DropReason::none;
  json["n_peaks"] = dropped ? 0 : envelope.get<PeakList>()->peaks.size();
  if (dropped) json["dropped"] = name_of(envelope.dropped);
  if (so_far != nullptr) json["anomaly"] = anomaly_json(*so_far);
  return text_of(json);
}

std::string scan_end_header(std::uint64_t seq, const FinishedScan& scan, const ReiCounts* so_far) {
  ordered_json json = begin("scan_end", seq, scan.summary.scan_id);
  json["exit_status"] = name_of(scan.summary.status);
  json["reason"] = scan.summary.reason;
  ordered_json& ledger = json["ledger"] = ordered_json::object();
  for (const auto& [name, count] : ledger_rows(scan.summary.ledger)) ledger[name] = count;
  if (scan.anomaly)
    json["anomaly"] = anomaly_json(*scan.anomaly);
  else if (so_far != nullptr)
    json["anomaly"] = anomaly_json(*so_far);
  return text_of(json);
}

std::string file_finalised_header(std::uint64_t seq, std::string_view scan_id, std::string_view path,
                                  const std::optional<std::string>& sha256, std::uint64_t bytes) {
  ordered_json json = begin("file_finalised", seq, scan_id);
  json["path"] = path;
  json["sha256"] = sha256 ? ordered_json(*sha256) : ordered_json(nullptr);
  json["bytes"] = bytes;
  return text_of(json);
}

}  // namespace braggd
