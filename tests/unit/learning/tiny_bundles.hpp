// Model bundles of a few hundred bytes, in order as far as can be told without running them, and records.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inference/model_bundle.hpp"
#include "learning/model_store.hpp"
#include "learning/network_plan.hpp"

namespace braggd {

/// A zip archive with one empty entry of the given name: the shortest that is whole.
inline std::vector<char> tiny_archive(const std::string& entry) {
  std::string bytes;
  const auto number = [&](std::size_t value, int n_bytes) {
    for (int i = 0; i < n_bytes; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
  };
  const auto entry_facts = [&] {
    number(20, 2);                              // version needed
    for (int i = 0; i < 10; ++i) number(0, 2);  // flags, method, time, date, CRC and sizes
    number(entry.size(), 2);
    number(0, 2);
  };
  number(0x04034b50, 4);
  entry_facts();
  bytes += entry;
  const std::size_t directory_at = bytes.size();
  number(0x02014b50, 4);
  number(20, 2);
  entry_facts();
  for (int i = 0; i < 7; ++i) number(0, 2);  // comment, disk, attributes, offset
  bytes += entry;
  const std::size_t directory_bytes = bytes.size() - directory_at;
  number(0x06054b50, 4);
  number(0, 4);
  number(1, 2);
  number(1, 2);
  number(directory_bytes, 4);
  number(directory_at, 4);
  number(0, 2);
  return {bytes.begin(), bytes.end()};
}

/// Another `content`, another id.
inline ModelManifest write_tiny_bundle(const std::filesystem::path& directory, const std::string& name,
                                       const std::string& content = "model") {
  ModelManifest manifest = network_plan("braggnn-fast").manifest;
  manifest.name = name;
  manifest.training = R"({"seed": 18446744073709551615, "patches_seen": 1000})";
  manifest.accuracy = {{"whole", 100, 0.1, 0.09, 0.12, 0.3}};
  manifest.golden = {{5, std::vector<float>(manifest.patch_pixels(), 1), {5, 5, 0.1F, 0.1F}}};
  return write_bundle(directory, manifest, tiny_archive(content));
}

inline ScanRecord some_scan(const std::string& id) {
  ScanRecord scan;
  scan.id = id;
  scan.file = "/data/" + id + ".h5";
  scan.file_bytes = 1000;
  scan.n_frames = 1440;
  scan.first_omega_deg = -180;
  scan.last_omega_deg = 179.75;
  scan.detector = "GE3";
  return scan;
}

inline ScoreRecord some_score(const std::string& scan, const std::string& model) {
  ScoreRecord score;
  score.scan_id = scan;
  score.model_id = model;
  score.n_patches = 1000;
  score.n_low = 120;
  score.rei = 0.12;
  score.rei_error = 0.01;
  score.jsd = 0.2;
  return score;
}

}  // namespace braggd
