// What the metadata table of a model store holds: models, scans, patches cut from scans, scores of scans.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/model_manifest.hpp"
#include "kernels/rei_patches.hpp"
#include "kernels/scan_score.hpp"

namespace braggd {

enum class ModelStatus : std::uint8_t {
  candidate,  ///< registered
  active,     ///< the one of its name that is to be used
  retired,    ///< was active, or will never be
};

constexpr std::string_view name_of(ModelStatus status) {
  constexpr std::array<std::string_view, 3> names{"candidate", "active", "retired"};
  return names[static_cast<std::size_t>(status)];
}

/// The baseline scan as the model saw it.
struct ModelBaseline {
  double rei_mean = std::numeric_limits<double>::quiet_NaN();  ///< over repeats; NaN: there are none
  double rei_sd = std::numeric_limits<double>::quiet_NaN();
  double threshold = 0.4;         ///< of the confidence
  std::vector<double> histogram;  ///< shares or counts of its patches by cluster
};

struct ModelRecord {
  std::string id;  ///< name, '@' and the first 12 digits of the script's SHA-256
  std::string name;
  std::string task;
  std::optional<std::string> parent_id;  ///< the model that this one was trained on from
  std::string architecture;
  std::uint32_t patch_px = 0;
  std::string script_sha256;
  std::string created;                    ///< when it was registered: UTC, ISO 8601
  std::optional<std::uint64_t> seed;      ///< of its training
  std::string training = "{}";            ///< provenance, JSON
  std::string accuracy = "[]";            ///< one object a class of patches, JSON
  std::optional<ModelBaseline> baseline;  ///< of models that score scans
  ModelStatus status = ModelStatus::candidate;
  std::string reason;                     ///< for its status, or for its training
  std::vector<std::string> trained_from;  ///< ids of scans
};

struct ScanRecord {
  std::string id;
  std::string file;
  std::uint64_t file_bytes = 0;
  std::int64_t file_modified_ns = 0;  ///< since the Unix epoch; with the size: is it still the same file?
  std::uint64_t n_frames = 0;
  std::optional<double> first_omega_deg, last_omega_deg;
  std::string detector;
  std::optional<double> load_mpa;  ///< stress on the sample
  std::string added;               ///< UTC, ISO 8601
};

/// Patches cut from a scan, in an HDF5 file that others write.
struct PatchSetRecord {
  std::string id;
  std::string scan_id;
  std::string file;              ///< relative to the store: "patches/name.h5"
  std::uint64_t file_bytes = 0;  ///< when it was registered
  std::uint64_t n_patches = 0;
  double threshold = 0;  ///< in counts
  std::uint32_t patch_px = 0;
  std::string added;  ///< UTC, ISO 8601
};

/// What a model says of a scan; numbers that are undefined are NaN.
struct ScoreRecord {
  std::string scan_id, model_id;
  ReiMode mode = ReiMode::stream;
  std::uint64_t n_patches = 0, n_low = 0;
  double rei = 0, rei_error = 0;
  double jsd = 0;
  AnomalyDecision decision = AnomalyDecision::undecided;
  std::optional<std::uint64_t> changed_frame;
  double too_big_share = 0;
  std::string scored;  ///< UTC, ISO 8601
};

/// Now, as records have it: "2026-05-01T12:00:00.123Z".
std::string utc_now();

/// What a bundle's manifest says, as a candidate's record. The seed is that of the provenance, if it names one.
ModelRecord record_of(const ModelManifest& manifest);

/// Throws InputError that names the first field that cannot be right.
void check_record(const ModelRecord& record);
void check_record(const ScanRecord& record);
void check_record(const PatchSetRecord& record);
void check_record(const ScoreRecord& record);

}  // namespace braggd
