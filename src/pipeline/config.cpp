#include "pipeline/config.hpp"

#include <fstream>
#include <sstream>
#include <utility>

#include "pipeline/component_table.hpp"
#include "pipeline/config_reader.hpp"

namespace braggd {

namespace {

constexpr std::size_t max_config_bytes = 1 << 20;

std::string read_text(const std::filesystem::path& file, std::vector<Problem>& problems) {
  std::error_code error;
  const auto problem = [&](std::string text, std::string suggestion) {
    problems.push_back({file.string(), 0, 0, "", std::move(text), std::move(suggestion)});
    return std::string();
  };
  if (!std::filesystem::exists(file, error))
    return problem("there is no such pipeline file", "check the path");
  if (std::filesystem::is_directory(file, error)) return problem("it is a directory", "name a YAML file");
  std::ifstream stream(file, std::ios::binary);
  std::string text(max_config_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || !stream.eof()) {
    if (stream.gcount() > static_cast<std::streamsize>(max_config_bytes)) {
      return problem("it is larger than 1 MiB", "a pipeline file is a page of YAML; is this the right file?");
    }
    return problem("it cannot be read", "check its permissions");
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

}  // namespace

Position Entry::position_of(std::string_view key) const {
  const auto found = key_positions.find(key);
  return found == key_positions.end() ? position : found->second;
}

std::string Entry::path_of(std::string_view key) const {
  std::string path =
      section == "source" || find_option_section(section) != nullptr ? section : section + "." + name;
  if (!key.empty()) path += "." + std::string(key);
  return path;
}

Override parse_override(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw ConfigProblems({{"--set " + text, 0, 0, "", "it is not of the form path=value",
                           "write, for example, --set stages.threshold.at_least=30"}});
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

PipelineConfig parse_config(std::string text, const std::filesystem::path& file,
                            std::span<const Override> overrides, std::vector<Problem>& problems) {
  return ConfigReader(file, overrides, problems).read(std::move(text));
}

Settings settings_from_overrides(const std::string& section, const std::string& type,
                                 const std::vector<std::string>& assignments) {
  std::vector<Override> overrides;
  for (const std::string& assignment : assignments) overrides.push_back(parse_override(assignment));
  std::vector<Problem> problems;
  Settings settings = ConfigReader("--set", overrides, problems).read_bare(section, type);
  if (!problems.empty()) throw ConfigProblems(std::move(problems));
  return settings;
}

PipelineConfig read_config(const std::filesystem::path& file, std::span<const Override> overrides,
                           std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  std::string text = read_text(file, problems);
  if (problems.size() != before) {
    PipelineConfig nothing;
    nothing.file = file;
    return nothing;
  }
  return parse_config(std::move(text), file, overrides, problems);
}

}  // namespace braggd
