#include "service/scan_record.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <fstream>
#include <spdlog/spdlog.h>

#include "core/clock.hpp"
#include "core/ledger_rows.hpp"
#include "core/text.hpp"
#include "service/anomaly_json.hpp"

namespace braggd {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t longest_line_bytes = 1 << 20;

ordered_json ledger_json(const Ledger& ledger) {
  ordered_json json, dropped = ordered_json::object();
  constexpr std::string_view prefix = "dropped_";
  for (const auto& [name, count] : ledger_rows(ledger)) {
    if (!name.starts_with(prefix)) {
      json[name] = count;
    } else if (count > 0) {
      dropped[name.substr(prefix.size())] = count;
    }
  }
  json["dropped"] = dropped;
  json["dropped_total"] = ledger.dropped_total();
  json["bytes_received"] = ledger.bytes_received;
  return json;
}

}  // namespace

std::string iso_time(std::uint64_t unix_ns) {
  const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + length, text.size() - length, ".%03uZ",
                static_cast<unsigned>(unix_ns / 1'000'000 % 1000));
  return text.data();
}

ordered_json scan_record(const PassingScan& scan, const ScanReport& report) {
  ordered_json outputs = ordered_json::array(), steps = ordered_json::array();
  for (const auto& path : report.outputs) outputs.push_back(printable(path.string()));
  for (const StepReport& step : report.steps) {
    steps.push_back({{"label", step.label},
                     {"in", step.in},
                     {"out", step.out},
                     {"dropped", step.dropped},
                     {"busy_s", static_cast<double>(step.busy_ns) * 1e-9}});
  }
  const ScanSummary& summary = report.summary;
  const double rate = static_cast<double>(summary.ledger.received) / std::max(1e-9, report.seconds);
  ordered_json record{{"scan_id", printable(summary.scan_id)},
                      {"exit_status", name_of(summary.status)},
                      {"reason", printable(summary.reason)},
                      {"begun", iso_time(scan.begun_ns)},
                      {"ended", iso_time(unix_ns())},
                      {"seconds", report.seconds},
                      {"peaks", report.peaks},
                      {"frames_per_second", rate},
                      {"configuration_sha256", scan.engine->provenance->configuration_sha256},
                      {"ledger", ledger_json(summary.ledger)},
                      {"outputs", std::move(outputs)},
                      {"anomaly", nullptr},
                      {"steps", std::move(steps)}};
  if (report.anomaly) record["anomaly"] = to_json(*report.anomaly, scan.live.counts().baseline.get());
  return record;
}

ScanHistory::ScanHistory(std::filesystem::path file, std::size_t length)
    : file_(std::move(file)), length_(length) {
  if (!file_.empty()) read();
}

void ScanHistory::read() {
  std::ifstream in(file_);
  std::size_t unreadable = 0;
  for (std::string line; std::getline(in, line); ++lines_in_file_) {
    auto record =
        line.size() > longest_line_bytes ? ordered_json() : ordered_json::parse(line, nullptr, false);
    if (!record.is_object() || !record.contains("scan_id") || !record["scan_id"].is_string()) {
      ++unreadable;
      continue;
    }
    records_.push_back(std::move(record));
    if (records_.size() > length_) records_.pop_front();
  }
  if (unreadable > 0)
    spdlog::warn("{}: {} lines are no records of scans and are left out", file_.string(), unreadable);
  if (unreadable > 0 || lines_in_file_ > length_) rewrite();
}

// Into a file beside it that takes its place: a crash leaves the one or the other.
void ScanHistory::rewrite() {
  const std::filesystem::path fresh = file_.string() + ".new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    for (const auto& record : records_) out << record.dump() << '\n';
    if (!out.flush()) return;
  }
  std::error_code error;
  std::filesystem::rename(fresh, file_, error);
  if (!error) lines_in_file_ = records_.size();
}

void ScanHistory::add(ordered_json record) {
  const std::lock_guard lock(mutex_);
  records_.push_back(std::move(record));
  if (records_.size() > length_) records_.pop_front();
  if (file_.empty()) return;
  std::ofstream out(file_, std::ios::app);
  out << records_.back().dump() << '\n';
  if (!out.flush()) {
    spdlog::warn("the history of scans cannot be written to {}", file_.string());
    return;
  }
  if (++lines_in_file_ > 2 * length_) rewrite();
}

std::vector<ordered_json> ScanHistory::latest(std::size_t most) const {
  const std::lock_guard lock(mutex_);
  most = std::min(most, records_.size());
  return {records_.rbegin(), records_.rbegin() + static_cast<std::ptrdiff_t>(most)};
}

std::optional<ordered_json> ScanHistory::find(const std::string& scan_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(records_.rbegin(), records_.rend(),
                                  [&](const ordered_json& record) { return record["scan_id"] == scan_id; });
  return found == records_.rend() ? std::nullopt : std::optional(*found);
}

}  // namespace braggd
