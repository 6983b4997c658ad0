#pragma once

#include <string_view>

namespace braggd {

/// The HTTP interface in OpenAPI 3.1: src/service/openapi.json, byte for byte.
extern const std::string_view openapi_json;

}  // namespace braggd
