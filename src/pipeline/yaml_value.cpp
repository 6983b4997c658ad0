#include "pipeline/yaml_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <unistd.h>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "pipeline/stored_models.hpp"

namespace braggd {

namespace {

// What was written, short enough for a message.
std::string shown(const YAML::Node& node) {
  if (node.IsScalar()) return "'" + printable(node.Scalar(), 80) + "'";
  if (node.IsNull()) return "nothing";
  return node.IsMap() ? "a mapping" : "a list";
}

[[noreturn]] void refuse_type(const YAML::Node& node, const FieldDescriptor& field) {
  throw ConfigError(shown(node) + " is not " + describe_kind(field));
}

// A plain (unquoted) scalar; quoted ones are text, as the JSON Schema has it.
const std::string& plain_scalar(const YAML::Node& node, const FieldDescriptor& field) {
  if (!node.IsScalar()) refuse_type(node, field);
  if (node.Tag() == "!")
    throw ConfigError(shown(node) + " in quotes is text, not " + describe_kind(field) +
                      ": take the quotes away");
  return node.Scalar();
}

// Without a value an option is not given, which only those can be whose default says so.
Value read_nothing(const FieldDescriptor& field) {
  if (!is_given(field.default_value)) return field.default_value;
  throw ConfigError("it has no value: write one, or leave the option out for its default");
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void check_range(double value, const std::string& written, const FieldDescriptor& field) {
  if ((field.minimum && value < *field.minimum) || (field.maximum && value > *field.maximum)) {
    throw ConfigError(written + " is out of range: it must be " + describe_range(field));
  }
}

Value read_integer(const YAML::Node& node, const FieldDescriptor& field) {
  const auto value = parse_number<std::int64_t>(plain_scalar(node, field));
  if (!value) refuse_type(node, field);
  check_range(static_cast<double>(*value), node.Scalar(), field);
  return *value;
}

Value read_real(const YAML::Node& node, const FieldDescriptor& field) {
  const auto value = parse_number<double>(plain_scalar(node, field));
  if (!value || !std::isfinite(*value)) refuse_type(node, field);
  check_range(*value, node.Scalar(), field);
  return *value;
}

Value read_bytes(const YAML::Node& node, const FieldDescriptor& field) {
  if (!node.IsScalar()) refuse_type(node, field);
  const auto value = parse_bytes(node.Scalar());
  if (!value) refuse_type(node, field);
  check_range(static_cast<double>(*value), node.Scalar(), field);
  return static_cast<std::int64_t>(*value);
}

Value read_choice(const YAML::Node& node, const FieldDescriptor& field) {
  if (!node.IsScalar()) refuse_type(node, field);
  if (std::ranges::find(field.choices, node.Scalar()) == field.choices.end()) {
    const auto guess = did_you_mean(node.Scalar(), field.choices);
    throw ConfigError(shown(node) + " is not " + describe_kind(field) +
                      (guess ? "; did you mean '" + std::string(*guess) + "'?" : ""));
  }
  return node.Scalar();
}

void check_readable(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw ConfigError("the file " + path.string() + " does not exist");
  if (std::filesystem::is_directory(path, error))
    throw ConfigError(path.string() + " is a directory, not a file");
  if (::access(path.c_str(), R_OK) != 0) {
    throw ConfigError("the file " + path.string() + " cannot be read: check its permissions");
  }
}

Value read_path(const YAML::Node& node, const FieldDescriptor& field, const std::filesystem::path& base) {
  if (!node.IsScalar()) refuse_type(node, field);
  if (node.Scalar().empty()) return std::string();
  const auto path = (base / node.Scalar()).lexically_normal();
  if (field.kind == FieldKind::file) check_readable(path);
  return path.string();
}

Value read_text_list(const YAML::Node& node, const FieldDescriptor& field) {
  if (node.IsScalar()) return std::vector<std::string>{node.Scalar()};
  if (!node.IsSequence()) refuse_type(node, field);
  std::vector<std::string> list;
  for (const auto& item : node) {
    if (!item.IsScalar()) refuse_type(node, field);
    list.push_back(item.Scalar());
  }
  return list;
}

Value read_file_list(const YAML::Node& node, const FieldDescriptor& field,
                     const std::filesystem::path& base) {
  auto list = std::get<std::vector<std::string>>(read_text_list(node, field));
  for (std::string& name : list) {
    const auto path = (base / name).lexically_normal();
    check_readable(path);
    name = path.string();
  }
  return list;
}

}  // namespace

std::string format_number(double value) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string describe_range(const FieldDescriptor& field) {
  if (!field.minimum || !field.maximum) return "";
  const bool bytes = field.kind == FieldKind::bytes;
  const auto shown_bound = [&](double bound) {
    return bytes ? format_bytes(static_cast<std::uint64_t>(bound)) : format_number(bound);
  };
  const std::string unit = bytes || field.unit.empty() ? "" : " " + std::string(field.unit);
  return "at least " + shown_bound(*field.minimum) + " and at most " + shown_bound(*field.maximum) + unit;
}

std::string describe_kind(const FieldDescriptor& field) {
  switch (field.kind) {
    case FieldKind::boolean:
      return "true or false";
    case FieldKind::integer:
      return "a whole number";
    case FieldKind::real:
      return "a finite number";
    case FieldKind::bytes:
      return "a byte count such as 536870912 or 512 MiB";
    case FieldKind::text:
      return "text";
    case FieldKind::file:
      return "a file's path";
    case FieldKind::directory:
      return "a directory's path";
    case FieldKind::model:
      return "a bundle's directory, or store:NAME";
    case FieldKind::text_list:
      return "a list of texts";
    case FieldKind::file_list:
      return "a list of files' paths";
    case FieldKind::choice:
      break;
  }
  return "one of " + join(field.choices);
}

Value read_value(const YAML::Node& node, const FieldDescriptor& field, const std::filesystem::path& base) {
  if (node.IsNull()) return read_nothing(field);
  switch (field.kind) {
    case FieldKind::boolean:
      if (plain_scalar(node, field) == "true") return true;
      if (node.Scalar() == "false") return false;
      refuse_type(node, field);
    case FieldKind::integer:
      return read_integer(node, field);
    case FieldKind::real:
      return read_real(node, field);
    case FieldKind::bytes:
      return read_bytes(node, field);
    case FieldKind::choice:
      return read_choice(node, field);
    case FieldKind::file:
    case FieldKind::directory:
      return read_path(node, field, base);
    case FieldKind::model:
      if (node.IsScalar() && stored_model_name(node.Scalar())) return node.Scalar();
      return read_path(node, field, base);
    case FieldKind::text_list:
      return read_text_list(node, field);
    case FieldKind::file_list:
      return read_file_list(node, field, base);
    case FieldKind::text:
      break;
  }
  if (!node.IsScalar()) refuse_type(node, field);
  return node.Scalar();
}

}  // namespace braggd
