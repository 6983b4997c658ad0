// One YAML value against one field's description.
#pragma once

#include <filesystem>
#include <string>
#include <yaml-cpp/yaml.h>

#include <braggd/field.hpp>

namespace braggd {

/// The value as the field wants it. Throws ConfigError (text only) for no value, a wrong type, a value out of range, an unknown
/// choice, a file that does not exist or cannot be read. Relative paths start at `base`.
Value read_value(const YAML::Node& node, const FieldDescriptor& field, const std::filesystem::path& base);

/// "at least 0 and at most 10", with the unit; empty where there is no range.
std::string describe_range(const FieldDescriptor& field);

/// What a field takes, in words: "a whole number", "one of none, peaks, all".
std::string describe_kind(const FieldDescriptor& field);

/// The shortest text that reads back as the same number: 26, 0.25, 1e+09.
std::string format_number(double value);

}  // namespace braggd
