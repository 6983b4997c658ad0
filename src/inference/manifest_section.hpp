// One object of a manifest's JSON, its values checked as they are read.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <braggd/error.hpp>

#include "core/text.hpp"

namespace braggd {

using Json = nlohmann::ordered_json;

inline constexpr std::size_t max_golden = 64;  ///< golden examples of a manifest

/// One object of the manifest; what is wrong in it is said with the whole path of keys.
class ManifestSection {
 public:
  ManifestSection(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) fail("", "must be an object");
  }

  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw ConfigError(where_ + key + ": " + what);
  }
  const Json& at(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) fail(key, "is missing");
    return *found;
  }
  bool has(const char* key) const { return json_.contains(key); }
  ManifestSection section(const char* key) const { return {at(key), where_ + key + "."}; }
  std::string text(const char* key, std::size_t max_bytes = 256) const {
    const Json& value = at(key);
    if (!value.is_string() || value.get_ref<const std::string&>().size() > max_bytes) {
      fail(key, "must be a text of at most " + std::to_string(max_bytes) + " bytes");
    }
    return printable(value.get<std::string>());
  }
  std::uint64_t whole(const char* key, std::uint64_t low, std::uint64_t high) const {
    const Json& value = at(key);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < low ||
        value.get<std::uint64_t>() > high) {
      fail(key, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return value.get<std::uint64_t>();
  }
  double number(const char* key, double low, double high) const {
    const Json& value = at(key);
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high)) {
      fail(key, "must be a number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return value.get<double>();
  }
  bool flag(const char* key) const {
    const Json& value = at(key);
    if (!value.is_boolean()) fail(key, "must be true or false");
    return value.get<bool>();
  }
  const Json& array(const char* key, std::size_t min_items, std::size_t max_items) const {
    const Json& value = at(key);
    if (!value.is_array() || value.size() < min_items || value.size() > max_items) {
      fail(key,
           "must be a list of " + std::to_string(min_items) + " to " + std::to_string(max_items) + " items");
    }
    return value;
  }
  /// `n` numbers; null is NaN where that is admitted.
  template <class T = float>
  std::vector<T> numbers(const char* key, std::size_t n, bool nan_admitted) const {
    std::vector<T> values;
    values.reserve(n);
    for (const Json& item : array(key, n, n)) {
      const bool nan = item.is_null() && nan_admitted;
      if (!nan && !item.is_number()) fail(key, "must hold numbers");
      const double value = nan ? std::numeric_limits<double>::quiet_NaN() : item.get<double>();
      if (!nan && !(std::abs(value) < 1e9)) fail(key, "holds a number that is out of range");
      values.push_back(static_cast<T>(value));
    }
    return values;
  }

 private:
  const Json& json_;
  std::string where_;
};

/// JSON has no NaN.
template <class T>
Json number_or_null(T value) {
  return std::isnan(value) ? Json(nullptr) : Json(value);
}

}  // namespace braggd
