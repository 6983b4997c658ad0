#include "cli/status_screen.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <spdlog/fmt/fmt.h>
#include <string_view>

#include "core/text.hpp"

namespace braggd {

using nlohmann::ordered_json;

namespace {

std::string text_of(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>(), 400) : "";
}

double number_of(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

const ordered_json& part_of(const ordered_json& object, const char* key) {
  static const ordered_json nothing = ordered_json::object();
  const auto found = object.find(key);
  return found != object.end() && (found->is_object() || found->is_array()) ? *found : nothing;
}

std::string coloured(const std::string& text, const std::string& health, bool colours) {
  if (!colours) return text;
  const char* code = health == "alarm" ? "1;31" : health == "warning" ? "1;33" : "1;32";
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

// The last minute of a series as blocks of eight heights.
std::string sparkline(const ordered_json& values) {
  constexpr std::array<const char*, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::size_t length = 60;
  double most = 0;
  std::vector<double> last;
  for (std::size_t i = values.size() > length ? values.size() - length : 0; i < values.size(); ++i) {
    last.push_back(values[i].is_number() ? values[i].get<double>() : 0);
    most = std::max(most, last.back());
  }
  std::string line;
  for (const double value : last) line += blocks[most > 0 ? static_cast<std::size_t>(value / most * 7.0) : 0];
  return line;
}

std::string scan_lines(const ordered_json& scan) {
  constexpr std::size_t width = 40;
  const double expected = number_of(scan, "expected"), finished = number_of(scan, "finished");
  std::string out = fmt::format("scan      {}  {}  {:.1f} s\n", text_of(scan, "scan_id"),
                                text_of(scan, "phase"), number_of(scan, "elapsed_s"));
  if (expected > 0) {
    const auto filled = static_cast<std::size_t>(std::min(1.0, finished / expected) * width);
    out += fmt::format("          [{}{}] {:.0f}/{:.0f} frames\n", std::string(filled, '#'),
                       std::string(width - filled, '-'), finished, expected);
  } else {
    out += fmt::format("          {:.0f} frames\n", finished);
  }
  out += fmt::format("          {:.0f} received, {:.0f} dropped, {:.0f} peaks, omega {:.2f} deg\n",
                     number_of(scan, "received"), number_of(scan, "dropped_total"), number_of(scan, "peaks"),
                     number_of(scan, "omega_deg"));
  const auto& anomaly = part_of(scan, "anomaly");
  if (!anomaly.empty()) {
    out += fmt::format("REI       {:.4f} +- {:.4f}: {}\n", number_of(anomaly, "rei"),
                       number_of(anomaly, "rei_error"), text_of(anomaly, "decision"));
  }
  return out;
}

std::string step_lines(const ordered_json& steps) {
  std::string out =
      "step                                                in        out  dropped  waiting  ms/frame\n";
  for (const ordered_json& step : steps) {
    std::string label = text_of(step, "label");
    label.resize(std::min<std::size_t>(label.size(), 43));
    out += fmt::format(
        "  {:<43} {:>9.0f} {:>10.0f} {:>8.0f} {:>8.0f} {:>9}\n", label, number_of(step, "in"),
        number_of(step, "out"), number_of(step, "dropped"), number_of(step, "waiting"),
        number_of(step, "ms_per_frame") == 0 ? "-" : fmt::format("{:.3f}", number_of(step, "ms_per_frame")));
  }
  return out;
}

}  // namespace

std::string status_screen(const ordered_json& status, bool colours) {
  const std::string health = text_of(status, "health");
  const auto ready = status.find("ready");
  const bool is_ready = ready != status.end() && ready->is_boolean() && ready->get<bool>();
  std::string out = fmt::format("braggd {}  {}  up {:.0f} s\n", text_of(status, "version"),
                                text_of(status, "file"), number_of(status, "uptime_s"));
  out += fmt::format("state     {}, {}, health {}\n", coloured(text_of(status, "state"), health, colours),
                     is_ready ? "ready for scans" : "not taking scans", coloured(health, health, colours));
  for (const ordered_json& alarm : part_of(status, "alarms")) {
    out += coloured(
        fmt::format("{:<9} {}: {}", text_of(alarm, "severity"), text_of(alarm, "id"), text_of(alarm, "text")),
        text_of(alarm, "severity"), colours);
    out += fmt::format("\n          since {}; what to do: {}\n", text_of(alarm, "since"),
                       text_of(alarm, "hint"));
  }
  const auto& rates = part_of(status, "rates");
  out += fmt::format("rate      {:.0f} frames/s, {:.3f} GB/s, {:.0f} peaks/s\n",
                     number_of(rates, "frames_per_second"), number_of(rates, "bytes_per_second") * 1e-9,
                     number_of(rates, "peaks_per_second"));
  out += "          " + sparkline(part_of(part_of(status, "history"), "frames_per_second")) + "\n";
  const auto& budget = part_of(status, "budget");
  out +=
      fmt::format("queue     {:.0f} % of the memory budget\n",
                  100 * number_of(budget, "used_bytes") / std::max(1.0, number_of(budget, "capacity_bytes")));
  if (const auto& scan = part_of(status, "scan"); !scan.empty()) out += scan_lines(scan);
  for (const ordered_json& scan : part_of(status, "finishing")) out += scan_lines(scan);
  out += step_lines(part_of(status, "steps"));
  const auto& ledger = part_of(status, "ledger_total");
  out += fmt::format(
      "ended     {:.0f} scans: {:.0f} frames expected, {:.0f} written, {:.0f} missing, {:.0f} dropped\n",
      number_of(status, "scans_finished"), number_of(ledger, "expected"), number_of(ledger, "written"),
      number_of(ledger, "missing"), number_of(ledger, "dropped"));
  return out;
}

}  // namespace braggd
