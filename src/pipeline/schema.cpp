// JSON Schema of a pipeline file, from the tables of fields.
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/component_table.hpp"
#include "pipeline/reference.hpp"
#include "pipeline/value_json.hpp"

namespace braggd {

namespace {

using nlohmann::ordered_json;

ordered_json type_of(const FieldDescriptor& field) {
  switch (field.kind) {
    case FieldKind::boolean:
      return {{"type", "boolean"}};
    case FieldKind::integer:
      return {{"type", "integer"}};
    case FieldKind::real:
      return {{"type", "number"}};
    case FieldKind::bytes:
      return {{"type", {"integer", "string"}}, {"pattern", "^[0-9.]+ ?([kKMGT]i?)?B?$"}};
    case FieldKind::choice:
      return {{"enum", std::vector<std::string_view>(field.choices.begin(), field.choices.end())}};
    case FieldKind::text_list:
    case FieldKind::file_list:
      return {{"anyOf", {{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}}}};
    case FieldKind::text:
    case FieldKind::file:
    case FieldKind::directory:
    case FieldKind::model:
      break;
  }
  return {{"type", "string"}};
}

ordered_json property_of(const FieldDescriptor& field) {
  ordered_json property = type_of(field);
  std::string doc(field.doc);
  if (!field.unit.empty()) doc += " (" + std::string(field.unit) + ")";
  property["description"] = doc;
  if (field.minimum) property["minimum"] = *field.minimum;
  if (field.maximum) property["maximum"] = *field.maximum;
  if (!field.required) property["default"] = value_json(field.default_value);
  return property;
}

void add_properties(ordered_json& object, const std::vector<FieldDescriptor>& fields) {
  for (const FieldDescriptor& field : fields) {
    object["properties"][std::string(field.key)] = property_of(field);
    if (field.required) object["required"].push_back(field.key);
  }
}

ordered_json entry_schema(const ComponentKind& kind) {
  ordered_json entry{{"title", kind.type},   {"description", kind.doc},
                     {"type", "object"},     {"properties", {{"type", {{"const", kind.type}}}}},
                     {"required", {"type"}}, {"additionalProperties", false}};
  if (kind.section != "source") {
    const ordered_json name{{"type", "string"}, {"pattern", "^[A-Za-z0-9_-]{1,64}$"}};
    entry["properties"]["name"] = name;
    if (kind.section != "rules") entry["properties"]["from"] = name;
  }
  add_properties(entry, *kind.fields);
  return entry;
}

ordered_json choice_of(std::string_view section) {
  ordered_json any = ordered_json::array();
  for (const ComponentKind& kind : component_table()) {
    if (kind.section == section) any.push_back(entry_schema(kind));
  }
  return {{"oneOf", std::move(any)}};
}

}  // namespace

std::string pipeline_json_schema() {
  const auto options_of = [](std::string_view name) {
    ordered_json object{
        {"type", "object"}, {"properties", ordered_json::object()}, {"additionalProperties", false}};
    add_properties(object, find_option_section(name)->fields);
    return object;
  };
  const auto list_of = [](std::string_view section) {
    return ordered_json{{"type", "array"}, {"minItems", 1}, {"items", choice_of(section)}};
  };
  const ordered_json root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                          {"title", "braggd pipeline"},
                          {"type", "object"},
                          {"properties",
                           {{"version", {{"const", 1}}},
                            {"engine", options_of("engine")},
                            {"service", options_of("service")},
                            {"source", choice_of("source")},
                            {"stages", list_of("stages")},
                            {"sinks", list_of("sinks")},
                            {"rules", list_of("rules")}}},
                          {"required", {"version", "source", "stages", "sinks"}},
                          {"additionalProperties", false}};
  return root.dump(2) + "\n";
}

}  // namespace braggd
