#include "pipeline/reference.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/text.hpp"
#include "pipeline/component_table.hpp"
#include "pipeline/condition.hpp"
#include "pipeline/value_json.hpp"
#include "pipeline/yaml_value.hpp"

namespace braggd {

namespace {

using nlohmann::ordered_json;

std::string default_text(const FieldDescriptor& field) {
  if (field.required) return "required";
  return (is_given(field.default_value) ? "default " : "") + format_value(field.default_value);
}

std::string field_text(const FieldDescriptor& field) {
  std::string text = describe_kind(field);
  if (!field.unit.empty() && field.kind != FieldKind::bytes) text += " in " + std::string(field.unit);
  if (const std::string range = describe_range(field); !range.empty()) text += ", " + range;
  return text + "; " + default_text(field);
}

std::string signature(const ComponentKind& kind) {
  if (kind.section == "rules") return "";
  if (kind.section == "source") return "gives Frame";
  if (kind.section == "sinks") return "takes " + std::string(kind.input);
  return std::string(kind.input) + " -> " + std::string(kind.output);
}

// A section's name as one of its entries is called.
std::string_view singular(std::string_view section) {
  return section == "source"   ? "source"
         : section == "stages" ? "stage"
         : section == "sinks"  ? "sink"
                               : "rule";
}

void write_options(std::ostringstream& out, const std::vector<FieldDescriptor>& fields) {
  if (fields.empty()) out << "    (no options)\n";
  for (const FieldDescriptor& field : fields) {
    out << "    " << field.key << "\n        " << field.doc << "\n        " << field_text(field) << "\n";
  }
}

ordered_json component_json(const ComponentKind& kind) {
  ordered_json options = ordered_json::array();
  for (const FieldDescriptor& field : *kind.fields) {
    ordered_json option{{"key", field.key}, {"doc", field.doc}, {"takes", describe_kind(field)}};
    if (!field.unit.empty()) option["unit"] = field.unit;
    if (field.minimum) option["minimum"] = *field.minimum;
    if (field.maximum) option["maximum"] = *field.maximum;
    if (!field.choices.empty())
      option["choices"] = std::vector<std::string_view>(field.choices.begin(), field.choices.end());
    option["required"] = field.required;
    option["default"] = value_json(field.default_value);
    options.push_back(std::move(option));
  }
  return {{"type", kind.type},   {"section", kind.section}, {"doc", kind.doc},
          {"input", kind.input}, {"output", kind.output},   {"options", std::move(options)}};
}

ComponentKind kind_of_section(const OptionSection& section) {
  return {section.name, section.name, section.doc, "", "", &section.fields, section.check};
}

void write_markdown_table(std::ostringstream& out, const std::vector<FieldDescriptor>& fields) {
  if (fields.empty()) {
    out << "No options.\n";
    return;
  }
  out << "| option | takes | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const FieldDescriptor& field : fields) {
    std::string takes = describe_kind(field);
    if (!field.unit.empty() && field.kind != FieldKind::bytes) takes += " in " + std::string(field.unit);
    if (const std::string range = describe_range(field); !range.empty()) takes += ", " + range;
    const std::string standard = default_text(field);
    out << "| `" << field.key << "` | " << takes << " | "
        << (standard.starts_with("default ") ? "`" + standard.substr(8) + "`" : standard) << " | "
        << field.doc << " |\n";
  }
}

void write_facts(std::ostringstream& out) {
  out << "\n### What rules know\n\n`when` compares these with `==`, `!=`, `<`, `<=`, `>` or `>=` (words: the "
         "first two), "
         "comparisons are joined by `and`, and none holds of what is not known yet. In texts `{NAME}` is the "
         "value.\n\n| name | takes | meaning |\n| --- | --- | --- |\n";
  for (const FactInfo& fact : known_facts()) {
    out << "| `" << fact.name << "` | "
        << (fact.is_number       ? "a number"
            : fact.words.empty() ? "a word"
                                 : "one of " + join(fact.words))
        << " | " << fact.doc << " |\n";
  }
}

}  // namespace

std::string format_value(const Value& value) {
  struct Writer {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return format_number(v); }
    std::string operator()(const std::string& v) const { return v.empty() ? "\"\"" : v; }
    std::string operator()(const std::vector<std::string>& v) const {
      std::string text = "[";
      for (const auto& item : v) text += (text.size() > 1 ? ", " : "") + item;
      return text + "]";
    }
  };
  return is_given(value) ? std::visit(Writer{}, value) : "not given";
}

std::string list_text() {
  std::ostringstream out;
  std::string_view section;
  for (const ComponentKind& kind : component_table()) {
    if (kind.section != section) out << (section.empty() ? "" : "\n") << kind.section << '\n';
    section = kind.section;
    std::string name(kind.type);
    name.resize(std::max<std::size_t>(name.size(), 18), ' ');
    std::string io = signature(kind);
    io.resize(std::max<std::size_t>(io.size(), 30), ' ');
    out << "  " << name << io << kind.doc << '\n';
  }
  out << "\n`braggd list TYPE` shows the options of one, `braggd list engine` and `braggd list service` "
         "those of these sections.\n";
  return out.str();
}

std::string list_json() {
  ordered_json root = ordered_json::array();
  for (const OptionSection& section : option_sections())
    root.push_back(component_json(kind_of_section(section)));
  for (const ComponentKind& kind : component_table()) root.push_back(component_json(kind));
  return root.dump(2) + "\n";
}

std::string list_type_text(std::string_view type) {
  std::ostringstream out;
  const auto write = [&](const ComponentKind& kind) {
    out << kind.type << " (" << singular(kind.section) << ")";
    if (const std::string io = signature(kind); !io.empty()) out << ": " << io;
    out << "\n    " << kind.doc << "\n\n";
    write_options(out, *kind.fields);
  };
  if (const OptionSection* section = find_option_section(type)) {
    out << section->name << "\n    " << section->doc << "\n\n";
    write_options(out, section->fields);
  }
  for (const ComponentKind& kind : component_table()) {
    if (kind.type == type) write(kind);
  }
  return out.str();
}

std::string list_type_json(std::string_view type) {
  if (const OptionSection* section = find_option_section(type)) {
    return component_json(kind_of_section(*section)).dump(2) + "\n";
  }
  for (const ComponentKind& kind : component_table()) {
    if (kind.type == type) return component_json(kind).dump(2) + "\n";
  }
  return "";
}

std::string reference_markdown() {
  std::ostringstream out;
  out << "# Pipeline reference\n\n"
      << "Generated by `braggd list --markdown`; a test holds it against the program. A pipeline file has "
         "`version: 1`, "
      << "`source`, `stages`, `sinks` and, if wanted, `engine`, `service` and `rules`. Every stage and sink "
         "may have a `name` "
         "(default: its "
      << "type) and `from` (default: the entry above). Relative paths start at the pipeline file's "
         "folder.\n\n";
  for (const OptionSection& section : option_sections()) {
    out << "## " << section.name << "\n\n" << section.doc << "\n\n";
    write_markdown_table(out, section.fields);
    out << '\n';
  }
  std::string_view section;
  for (const ComponentKind& kind : component_table()) {
    if (kind.section != section) out << (section.empty() ? "" : "\n") << "## " << kind.section << '\n';
    section = kind.section;
    out << "\n### " << kind.type << "\n\n" << kind.doc;
    if (const std::string io = signature(kind); !io.empty()) out << " (" << io << ")";
    out << "\n\n";
    write_markdown_table(out, *kind.fields);
  }
  write_facts(out);
  return out.str();
}

}  // namespace braggd
