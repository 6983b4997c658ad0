#include "cli/sent_report.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ledger_rows.hpp"
#include "core/text.hpp"

namespace braggd {

namespace {

std::vector<std::pair<const char*, std::uint64_t>> sent_rows(const SentScan& scan) {
  return {{"expected", scan.expected},
          {"sent", scan.sent},
          {"dropped", scan.dropped},
          {"duplicated", scan.duplicated},
          {"swapped_pairs", scan.swapped_pairs},
          {"truncated", scan.truncated},
          {"corrupted", scan.corrupted},
          {"wrong_shape", scan.wrong_shape},
          {"unreadable", scan.unreadable}};
}

// What is said of a scan even if it is 0.
bool always_said(std::string_view name) {
  return name == "expected" || name == "sent" || name == "received";
}

// The counts that the receiver's ledger must show; `early` depends on its timing.
nlohmann::ordered_json prediction(const Ledger& ledger) {
  nlohmann::ordered_json counts;
  for (const auto& [name, count] : ledger_rows(ledger)) {
    if (name != "early") counts[name] = count;
  }
  return counts;
}

}  // namespace

std::string to_text(const SendLedger& ledger) {
  std::string out;
  for (const SentScan& scan : ledger.scans) {
    out += "sent scan " + printable(scan.scan_id) + ":";
    for (const auto& [name, count] : sent_rows(scan)) {
      if (count > 0 || always_said(name)) out += " " + std::string(name) + " " + std::to_string(count);
    }
    if (!scan.start_sent) out += ", no start";
    if (!scan.end_sent) out += ", no end";
    out += "\n  the receiver must say:";
    for (const auto& [name, count] : ledger_rows(scan.predicted)) {
      if ((count > 0 && name != "early") || always_said(name))
        out += " " + name + " " + std::to_string(count);
    }
    out += '\n';
  }
  char rate[96];
  std::snprintf(rate, sizeof rate, "%s in %.2f s\n", format_bytes(ledger.bytes_sent).c_str(), ledger.seconds);
  out += rate;
  if (!ledger.failure.empty()) out += "not everything was sent: " + ledger.failure + "\n";
  return out;
}

std::string to_json(const SendLedger& ledger) {
  nlohmann::ordered_json root{{"scans", nlohmann::ordered_json::array()},
                              {"bytes_sent", ledger.bytes_sent},
                              {"seconds", ledger.seconds},
                              {"failure", ledger.failure}};
  for (const SentScan& scan : ledger.scans) {
    nlohmann::ordered_json entry{{"scan_id", scan.scan_id}};
    for (const auto& [name, count] : sent_rows(scan)) entry[name] = count;
    entry["start_sent"] = scan.start_sent;
    entry["end_sent"] = scan.end_sent;
    entry["predicted"] = prediction(scan.predicted);
    root["scans"].push_back(std::move(entry));
  }
  return root.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace braggd
