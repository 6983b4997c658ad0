// A setting as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include <braggd/field.hpp>

namespace braggd {

/// null where it is not given.
inline nlohmann::ordered_json value_json(const Value& value) {
  if (!is_given(value)) return nullptr;
  return std::visit(
      [](const auto& given) -> nlohmann::ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(given)>, std::monostate>) {
          return nullptr;
        } else {
          return given;
        }
      },
      value);
}

}  // namespace braggd
