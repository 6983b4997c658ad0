// What a model bundle says of itself: manifest.json beside the TorchScript that it describes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/patch_position.hpp"
#include "kernels/error_by_height.hpp"

namespace braggd {

/// What is done to a patch before the network sees it.
enum class PatchInput : std::uint8_t {
  raw,            ///< nothing: the script normalises; 1 channel, pixels without a value are 0
  min_max,        ///< (x - min) / (max - min); 1 channel
  sqrt_and_mask,  ///< sqrt(x / max); and sqrt(threshold / max) above threshold, 0 below, -1 without a value
};

/// A patch and the position that the network gave for it when the bundle was made.
struct GoldenExample {
  float threshold = 0;
  std::vector<float> patch;  ///< patch_px x patch_px, NaN without a value
  PatchPosition position;
};

/// Errors of one class of patches in px.
struct ClassAccuracy {
  std::string name;
  std::uint64_t n_patches = 0;
  double mean_px = 0, median_px = 0, p75_px = 0, p95_px = 0;
};

/// A patch as it was cut and what the encoder made of it when the bundle was made.
struct GoldenEmbedding {
  std::vector<float> patch, embedding;
};

/// What a model for score_anomaly learnt from its baseline.
struct LearntBaseline {
  std::uint32_t n_clusters = 0, n_dimensions = 0;
  std::vector<float> centroids;   ///< clusters x dimensions
  std::vector<double> histogram;  ///< shares of the baseline's patches by cluster
  std::uint64_t n_patches = 0;    ///< of the baseline
  double threshold = 0.4;         ///< of confidence, below which a patch counts
  std::uint32_t n_repeats = 0;    ///< scans that the null distribution was taken from
  double rei_mean = std::numeric_limits<double>::quiet_NaN();
  double rei_sd = std::numeric_limits<double>::quiet_NaN();  ///< beyond that of counting
  double overdispersion = 1;  ///< variance of a sector's count over the binomial one
  double jsd_overdispersion = std::numeric_limits<double>::quiet_NaN();  ///< of the clusters' distance
  std::vector<GoldenEmbedding> golden;
};

/// The members from patch_px to accuracy_bfloat16 are those of a network that locates peaks.
struct ModelManifest {
  std::string id;            ///< name, '@' and the first 12 digits of the script's SHA-256
  std::string name;          ///< "braggnn-fast"
  std::string task;          ///< "locate_peaks" or "score_anomaly"
  std::string architecture;  ///< what learning calls it
  std::string script_sha256;
  std::uint64_t script_bytes = 0;
  std::uint32_t patch_px = 0;
  std::uint32_t batch = 0;  ///< patches that travel together, padded
  PatchInput input = PatchInput::raw;
  bool col_first = false;                       ///< order of the outputs
  bool residual = false;                        ///< outputs are added to the centroid with squared weights
  bool sigmas = false;                          ///< two more outputs: natural logarithms of the errors in px
  std::optional<ErrorByNoise> errors_by_noise;  ///< what these are corrected by where the noise is known
  float scale_px = 1;                           ///< an output of 1 in px
  float tolerance_px = 0;                       ///< that the golden examples are repeated to in float32
  std::vector<GoldenExample> golden;
  std::vector<ClassAccuracy> accuracy, accuracy_bfloat16;
  std::optional<LearntBaseline> anomaly;  ///< of score_anomaly, and only of that
  std::string training;                   ///< provenance, JSON

  std::uint32_t channels() const { return input == PatchInput::sqrt_and_mask ? 2 : 1; }
  std::uint32_t outputs() const { return sigmas ? 4 : 2; }
  std::size_t patch_pixels() const { return std::size_t{patch_px} * patch_px; }
};

inline constexpr std::string_view locate_peaks_task = "locate_peaks";
inline constexpr std::string_view score_anomaly_task = "score_anomaly";
inline constexpr std::uint64_t max_manifest_bytes = 4U << 20U;
inline constexpr std::uint64_t max_script_bytes = 64U << 20U;

/// Parses and checks. Throws ConfigError that begins with `path` and names the key at fault.
ModelManifest parse_manifest(std::string_view json, const std::filesystem::path& path);
std::string to_json(const ModelManifest& manifest);

/// What repeats of the baseline say, a line; of a model that has some.
std::string null_distribution_text(const LearntBaseline& learnt);

/// The accuracy table in words, one line a class.
std::string accuracy_text(const ModelManifest& manifest);

/// True where the table says that no class mean suffers by more than 1 % in bfloat16.
bool bfloat16_is_as_good(const ModelManifest& manifest);

}  // namespace braggd
