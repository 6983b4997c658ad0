// Model bundles as a store keeps them: bundles/<id>/ with the two files as they came, byte for byte.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "inference/model_manifest.hpp"

namespace braggd {

/// Copies a bundle to the directory `to`, which must not exist; it appears whole or not at all, and is on the disk when this
/// returns. What the copy holds is checked, not what was there to be copied. Throws ConfigError for a bundle that is not in
/// order, OutputError where the copy cannot be made.
ModelManifest copy_bundle(const std::filesystem::path& from, const std::filesystem::path& to);

/// What is wrong with the stored bundle `directory`/`id` in words; empty: nothing.
std::string trouble_of_bundle(const std::filesystem::path& directory, const std::string& id);

enum class Stored : std::uint8_t {
  put_in_place,
  was_there,    ///< the same two files
  other_there,  ///< a bundle of that id with another manifest, which stays
};

/// Puts a copy of `from` in place as `directory`/<its id>, called `name`. What another program left there before it died is
/// removed if it was not finished, and taken up if it is that bundle; a bundle with another manifest is replaced where
/// `replace` says so. One caller at a time. Throws as copy_bundle does.
Stored store_bundle(const std::filesystem::path& from, const std::string& name,
                    const std::filesystem::path& directory, bool replace);

}  // namespace braggd
