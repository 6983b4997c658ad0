// The options of everything, for people: terminal text and the generated reference page.
#pragma once

#include <string>
#include <string_view>

#include <braggd/field.hpp>

namespace braggd {

/// A setting as YAML would have it.
std::string format_value(const Value& value);

/// All sources, stages and sinks, a line each.
std::string list_text();
std::string list_json();

/// One of them with every option: default, unit, range, doc. Empty where there is none of that type.
std::string list_type_text(std::string_view type);
std::string list_type_json(std::string_view type);

/// config/reference.md.
std::string reference_markdown();

/// JSON Schema (draft 2020-12) of a whole pipeline file.
std::string pipeline_json_schema();

}  // namespace braggd
