// A trained network that places peaks, ready to use.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "inference/inference_options.hpp"
#include "inference/model_bundle.hpp"
#include "inference/model_manifest.hpp"
#include "inference/patch_position.hpp"

namespace braggd {

/// Thread-safe. A patch's position never depends on its companions, on its place among them or on the thread: patches
/// travel in batches of one padded shape, on a GPU those of several callers in one (SharedBatches). What is defined by the
/// bundle's script is computed by it in LibTorch, or on the CPU for braggnn-fast by PeakPerceptron, once that was seen to
/// answer as the script does.
class PeakNetwork {
 public:
  /// Reads, checks and tries a bundle: it must repeat its golden examples. Throws ConfigError.
  static PeakNetwork load(const std::filesystem::path& bundle, const InferenceOptions& options);
  /// The same for one in memory; `name` stands in messages.
  PeakNetwork(const ModelBundle& bundle, const InferenceOptions& options, const std::string& name);
  ~PeakNetwork();
  PeakNetwork(PeakNetwork&&) noexcept;
  PeakNetwork& operator=(PeakNetwork&&) noexcept;

  const ModelManifest& manifest() const;
  std::size_t patch_size() const;
  /// "cpu, float32".
  std::string running_on() const;

  /// patches: out.size() x P x P floats, row-major: corrected counts of the peak's own component, 0 elsewhere, NaN off
  /// the detector or without a value. Positions are not bounded by the patch: a network may point outside.
  /// `noise`: where it is known, errors are those of such pixels, if the bundle tells how.
  void locate(std::span<const float> patches, float threshold, const NoiseModel& noise,
              std::span<PatchPosition> out) const;
  /// The same with a threshold and a noise for each patch, or one for all.
  void locate(std::span<const float> patches, std::span<const float> thresholds,
              std::span<const NoiseModel> noises, std::span<PatchPosition> out) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace braggd
