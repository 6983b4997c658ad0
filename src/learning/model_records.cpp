#include "learning/model_records.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include <braggd/error.hpp>

#include "core/text.hpp"

namespace braggd {

namespace {

constexpr std::size_t max_id_bytes = 256, max_text_bytes = 4096, max_json_bytes = 1 << 20,
                      max_clusters = 65'535;

void require(bool right, std::string_view record, std::string_view id, std::string_view what) {
  if (right) return;
  throw InputError("the " + std::string(record) + " '" + printable(id, max_id_bytes) +
                   "' cannot be registered: " + std::string(what));
}

// Ids are looked up as they are typed, so they hold nothing that nobody can type.
bool is_id(std::string_view id) {
  return !id.empty() && printable(id, max_id_bytes) == id;
}

bool is_text(std::string_view text) {
  return printable(text, max_text_bytes) == text;
}

bool is_json(std::string_view text) {
  return text.size() <= max_json_bytes && nlohmann::json::accept(text);
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_histogram(const std::vector<double>& histogram) {
  const auto counts = [](double value) { return std::isfinite(value) && value >= 0; };
  return !histogram.empty() && histogram.size() <= max_clusters &&
         std::all_of(histogram.begin(), histogram.end(), counts) &&
         std::any_of(histogram.begin(), histogram.end(), [](double value) { return value > 0; });
}

// "patches/a.h5": below the directory of that name, whatever is in its place.
bool is_patch_file(const std::filesystem::path& file) {
  return file.is_relative() && file == file.lexically_normal() && file.has_filename() &&
         std::distance(file.begin(), file.end()) >= 2 && *file.begin() == "patches";
}

}  // namespace

std::string utc_now() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(now - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

ModelRecord record_of(const ModelManifest& manifest) {
  ModelRecord record;
  record.id = manifest.id;
  record.name = manifest.name;
  record.task = manifest.task;
  record.architecture = manifest.architecture;
  record.patch_px = manifest.patch_px;
  record.script_sha256 = manifest.script_sha256;
  const auto training = nlohmann::ordered_json::parse(manifest.training, nullptr, false);
  if (training.is_object()) {
    record.training = training.dump();
    const auto seed = training.find("seed");
    if (seed != training.end() && seed->is_number_unsigned()) record.seed = seed->get<std::uint64_t>();
  }
  if (const auto& learnt = manifest.anomaly) {
    record.baseline = ModelBaseline{learnt->rei_mean, learnt->rei_sd, learnt->threshold, learnt->histogram};
  }
  auto accuracy = nlohmann::ordered_json::array();
  for (const ClassAccuracy& c : manifest.accuracy) {
    accuracy.push_back({{"class", c.name},
                        {"n_patches", c.n_patches},
                        {"mean_px", c.mean_px},
                        {"median_px", c.median_px},
                        {"p75_px", c.p75_px},
                        {"p95_px", c.p95_px}});
  }
  record.accuracy = accuracy.dump();
  return record;
}

void check_record(const ModelRecord& record) {
  const auto need = [&](bool right, std::string_view what) { require(right, "model", record.id, what); };
  need(!record.name.empty() && safe_file_name(record.name) == record.name,
       "its name must be made of letters, digits, '.', '_' and '-'");
  need(is_sha256(record.script_sha256), "script_sha256 must be 64 lower-case hexadecimal digits");
  need(record.id == record.name + "@" + record.script_sha256.substr(0, 12),
       "its id must be the name, '@' and the first 12 digits of script_sha256");
  need(is_id(record.task), "it has no task");
  need(is_text(record.architecture) && is_text(record.reason), "a text of it is not printable");
  need(is_json(record.training) && is_json(record.accuracy), "training and accuracy must be JSON");
  need(!record.baseline || is_histogram(record.baseline->histogram),
       "its baseline's histogram must hold counts or shares of 1 to 65535 clusters, not all of them 0");
}

void check_record(const ScanRecord& record) {
  const auto need = [&](bool right, std::string_view what) { require(right, "scan", record.id, what); };
  need(is_id(record.id), "its id must be printable text of at most 256 bytes");
  need(is_text(record.file) && is_text(record.detector), "a text of it is not printable");
}

void check_record(const PatchSetRecord& record) {
  const auto need = [&](bool right, std::string_view what) { require(right, "patch set", record.id, what); };
  need(is_id(record.id), "its id must be printable text of at most 256 bytes");
  need(is_text(record.file) && is_patch_file(record.file),
       "its file must lie in the store's patches/ and be named from the store on: patches/NAME.h5");
}

void check_record(const ScoreRecord& record) {
  const auto need = [&](bool right, std::string_view what) {
    require(right, "score of the scan", record.scan_id, what);
  };
  need(record.n_low <= record.n_patches, "n_low is larger than n_patches");
  need(record.decision == AnomalyDecision::changed || !record.changed_frame,
       "it has a changed_frame and is not changed");
}

}  // namespace braggd
