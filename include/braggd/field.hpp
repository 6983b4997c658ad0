// One table of fields per configuration: it drives parsing, ranges, "did you mean", `braggd list`, the generated
// reference and the JSON Schema.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

namespace braggd {

enum class FieldKind : std::uint8_t {
  boolean,
  integer,
  real,
  bytes,
  text,
  choice,
  file,
  directory,
  model,
  text_list,
  file_list
};

/// A checked setting: integers and byte counts are int64, choices and paths are strings. An option without a default that was
/// left out is monostate, or NaN where it is a number.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>, std::monostate>;
using Settings = std::map<std::string, Value, std::less<>>;

inline bool is_given(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  return !std::holds_alternative<std::monostate>(value) && (real == nullptr || !std::isnan(*real));
}

/// What is to be known of an option without knowing its configuration's type.
struct FieldDescriptor {
  std::string_view key;
  FieldKind kind = FieldKind::text;
  std::string_view doc;
  std::string_view unit;
  std::optional<double> minimum, maximum;
  std::span<const std::string_view> choices;
  bool required = false;
  Value default_value;
};

/// An option of the aggregate `Config`: built by the functions below and refined by its member functions.
template <class Config, class T>
struct Field {
  using Type = T;
  std::string_view key;
  T Config::*member;
  std::string_view doc;
  FieldKind kind;
  std::string_view unit_name{};
  std::optional<double> minimum{}, maximum{};
  std::span<const std::string_view> choices{};
  bool is_required = false;

  constexpr Field unit(std::string_view name) const {
    Field f = *this;
    f.unit_name = name;
    return f;
  }
  constexpr Field required() const {
    Field f = *this;
    f.is_required = true;
    return f;
  }
};

template <class T>
constexpr FieldKind kind_of() {
  if constexpr (std::same_as<T, bool> || std::same_as<T, std::optional<bool>>)
    return FieldKind::boolean;
  else if constexpr (std::integral<T>)
    return FieldKind::integer;
  else if constexpr (std::floating_point<T>)
    return FieldKind::real;
  else if constexpr (std::same_as<T, std::vector<std::string>>)
    return FieldKind::text_list;
  else
    return FieldKind::text;
}

template <class C, class T>
constexpr auto field(std::string_view key, T C::*member, std::string_view doc) {
  return Field<C, T>{key, member, doc, kind_of<T>()};
}

/// A number within [minimum, maximum].
template <class C, class T>
requires std::is_arithmetic_v<T>
constexpr auto field(std::string_view key, T C::*member, std::string_view doc, double minimum,
                     double maximum) {
  Field<C, T> f{key, member, doc, kind_of<T>()};
  f.minimum = minimum;
  f.maximum = maximum;
  return f;
}

/// A byte count; YAML may say 536870912 or 512 MiB.
template <class C>
constexpr auto bytes_field(std::string_view key, std::uint64_t C::*member, std::string_view doc,
                           double minimum, double maximum) {
  Field<C, std::uint64_t> f{key, member, doc, FieldKind::bytes, "bytes"};
  f.minimum = minimum;
  f.maximum = maximum;
  return f;
}

/// An enum whose values are 0, 1, 2… in the order of `names`.
template <class C, class E>
requires std::is_enum_v<E>
constexpr auto choice_field(std::string_view key, E C::*member, std::string_view doc,
                            std::span<const std::string_view> names) {
  Field<C, E> f{key, member, doc, FieldKind::choice};
  f.choices = names;
  return f;
}

/// A file that must exist when the pipeline is checked. Relative paths start at the pipeline file's folder.
template <class C>
constexpr auto file_field(std::string_view key, std::filesystem::path C::*member, std::string_view doc) {
  return Field<C, std::filesystem::path>{key, member, doc, FieldKind::file};
}

/// Files, each as a `file_field` would have it.
template <class C>
constexpr auto files_field(std::string_view key, std::vector<std::string> C::*member, std::string_view doc) {
  return Field<C, std::vector<std::string>>{key, member, doc, FieldKind::file_list};
}

/// A directory for output, made when it is first needed. Relative paths start at the pipeline file's folder.
template <class C>
constexpr auto directory_field(std::string_view key, std::filesystem::path C::*member, std::string_view doc) {
  return Field<C, std::filesystem::path>{key, member, doc, FieldKind::directory};
}

/// A model bundle, which its stage checks: a directory, or store:NAME for the active model of a name in the model store,
/// which becomes that model's directory when the pipeline is read.
template <class C>
constexpr auto model_field(std::string_view key, std::filesystem::path C::*member, std::string_view doc) {
  return Field<C, std::filesystem::path>{key, member, doc, FieldKind::model};
}

namespace detail {

template <class T>
Value to_value(const T& value) {
  if constexpr (std::same_as<T, bool>)
    return value;
  else if constexpr (std::same_as<T, std::optional<bool>>)
    return value ? Value(*value) : Value(std::monostate{});
  else if constexpr (std::integral<T>)
    return static_cast<std::int64_t>(value);
  else if constexpr (std::floating_point<T>)
    return static_cast<double>(value);
  else if constexpr (std::same_as<T, std::filesystem::path>)
    return value.string();
  else
    return value;
}

template <class T>
void from_value(const Value& value, T& out) {
  if constexpr (std::same_as<T, bool>)
    out = std::get<bool>(value);
  else if constexpr (std::same_as<T, std::optional<bool>>)
    out = is_given(value) ? std::optional(std::get<bool>(value)) : std::nullopt;
  else if constexpr (std::integral<T>)
    out = static_cast<T>(std::get<std::int64_t>(value));
  else if constexpr (std::floating_point<T>)
    out = static_cast<T>(std::get<double>(value));
  else if constexpr (std::same_as<T, std::filesystem::path>)
    out = std::get<std::string>(value);
  else
    out = std::get<T>(value);
}

template <class C, class T>
FieldDescriptor describe(const Field<C, T>& f) {
  const C defaults{};
  FieldDescriptor d{f.key, f.kind, f.doc, f.unit_name, f.minimum, f.maximum, f.choices, f.is_required, {}};
  if constexpr (std::is_enum_v<T>) {
    d.default_value = std::string(f.choices[static_cast<std::size_t>(defaults.*f.member)]);
  } else {
    d.default_value = to_value(defaults.*f.member);
  }
  return d;
}

template <class C, class T, std::derived_from<C> Config>
void assign(const Field<C, T>& f, const Settings& settings, Config& config) {
  const auto found = settings.find(f.key);
  if (found == settings.end()) return;
  if constexpr (std::is_enum_v<T>) {
    const auto& name = std::get<std::string>(found->second);
    for (std::size_t i = 0; i < f.choices.size(); ++i) {
      if (f.choices[i] == name) config.*f.member = static_cast<T>(i);
    }
  } else {
    from_value(found->second, config.*f.member);
  }
}

}  // namespace detail

/// The table of `Config` as data.
template <class Config>
std::vector<FieldDescriptor> describe_fields() {
  return std::apply([](const auto&... f) { return std::vector<FieldDescriptor>{detail::describe(f)...}; },
                    Config::fields());
}

/// The aggregate filled from settings that were checked against its table; what they leave out keeps its default.
template <class Config>
Config make_config(const Settings& settings) {
  Config config{};
  std::apply([&](const auto&... f) { (detail::assign(f, settings, config), ...); }, Config::fields());
  return config;
}

}  // namespace braggd
