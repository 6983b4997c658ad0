// The part of a manifest that models for score_anomaly have.
#pragma once

#include "inference/manifest_section.hpp"
#include "inference/model_manifest.hpp"

namespace braggd {

inline constexpr std::uint32_t encoder_patch_px = 15;

/// Throws ConfigError that names the key at fault.
LearntBaseline parse_anomaly(const ManifestSection& root);
Json json_of(const LearntBaseline& baseline);

}  // namespace braggd
