// Where a YAML node stands, and what to write in its place.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <yaml-cpp/yaml.h>

#include "core/text.hpp"
#include "pipeline/config.hpp"

namespace braggd {

/// From 1; of what is not in the file: no place.
inline Position position_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

/// "did you mean 'threshold'?", or `intro` and what there is.
inline std::string suggest(std::string_view word, std::span<const std::string_view> candidates,
                           const std::string& intro) {
  if (const auto guess = did_you_mean(word, candidates)) return "did you mean '" + std::string(*guess) + "'?";
  return candidates.empty() ? "" : intro + " " + join(candidates);
}

}  // namespace braggd
