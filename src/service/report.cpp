#include "service/report.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/anomaly_text.hpp"
#include "core/ledger_rows.hpp"
#include "service/anomaly_json.hpp"

namespace braggd {

using nlohmann::ordered_json;

std::string report_text(const ScanReport& report) {
  const ScanSummary& summary = report.summary;
  std::string out = "scan " + summary.scan_id + ": " + std::string(name_of(summary.status));
  if (!summary.reason.empty()) out += " (" + summary.reason + ")";
  out += "\n ";
  for (const auto& [name, count] : ledger_rows(summary.ledger)) {
    if (count > 0 || name == "expected" || name == "received")
      out += " " + name + " " + std::to_string(count);
  }
  char text[96];
  const double rate = report.seconds > 0 ? static_cast<double>(summary.ledger.received) / report.seconds : 0;
  std::snprintf(text, sizeof text, "\n  %llu peaks, %.1f s, %.4g frames/s\n",
                static_cast<unsigned long long>(report.peaks), report.seconds, rate);
  out += text;
  if (report.anomaly) out += "  " + anomaly_text(*report.anomaly) + "\n";
  for (const auto& path : report.outputs) out += "  " + path.string() + "\n";
  return out;
}

std::string report_json(const ScanReport& report) {
  ordered_json ledger, steps = ordered_json::array(), outputs = ordered_json::array();
  for (const auto& [name, count] : ledger_rows(report.summary.ledger)) {
    if (count > 0 || !name.starts_with("dropped_")) ledger[name] = count;
  }
  ledger["bytes_received"] = report.summary.ledger.bytes_received;
  for (const StepReport& step : report.steps) {
    steps.push_back({{"step", step.label},
                     {"in", step.in},
                     {"out", step.out},
                     {"dropped", step.dropped},
                     {"busy_s", static_cast<double>(step.busy_ns) * 1e-9}});
  }
  for (const auto& path : report.outputs) outputs.push_back(path.string());
  ordered_json root{{"scan_id", report.summary.scan_id},
                    {"exit_status", name_of(report.summary.status)},
                    {"reason", report.summary.reason},
                    {"peaks", report.peaks},
                    {"seconds", report.seconds},
                    {"ledger", ledger},
                    {"steps", steps},
                    {"outputs", outputs}};
  if (report.anomaly) root["anomaly"] = to_json(*report.anomaly);
  return root.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string strays_text(const Strays& strays) {
  std::string out;
  if (strays.refused_connections > 0) {
    out = "refused connections: " + std::to_string(strays.refused_connections) + "\n";
  }
  if (strays.total() == 0) return out;
  out += "messages of no scan:";
  for (const auto& [name, count] : {std::pair{"stale", strays.stale}, std::pair{"late", strays.late},
                                    std::pair{"unreadable", strays.unreadable}}) {
    if (count > 0) out += std::string(" ") + name + " " + std::to_string(count);
  }
  return out + "\n";
}

std::string strays_json(const Strays& strays) {
  const nlohmann::ordered_json root{{"strays",
                                     {{"stale", strays.stale},
                                      {"late", strays.late},
                                      {"unreadable", strays.unreadable},
                                      {"refused_connections", strays.refused_connections}}}};
  return root.dump() + "\n";
}

}  // namespace braggd
