// A model bundle on disk: a directory with manifest.json and script.pt (TorchScript).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "inference/model_manifest.hpp"

namespace braggd {

struct ModelBundle {
  ModelManifest manifest;
  std::vector<char> script;
};

/// Reads a bundle and checks all that can be checked without running it: sizes before they are read, the manifest, the
/// script's length and SHA-256, and that its archive is whole and does not unpack to more than itself. Throws
/// ConfigError that says what is wrong, where and what to do. `task`: what it must be for; empty: anything.
ModelBundle read_bundle(const std::filesystem::path& directory, std::string_view task = {});

/// Writes `directory` with both files; fills in the script's length and digest and the id, and returns the manifest as
/// written. The directory appears whole or not at all. Throws OutputError.
ModelManifest write_bundle(const std::filesystem::path& directory, ModelManifest manifest,
                           const std::vector<char>& script);

}  // namespace braggd
