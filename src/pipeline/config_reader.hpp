// From YAML nodes to entries, collecting every problem on the way.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <yaml-cpp/yaml.h>

#include "pipeline/config.hpp"

namespace braggd {

class ConfigReader {
 public:
  ConfigReader(const std::filesystem::path& file, std::span<const Override> overrides,
               std::vector<Problem>& problems);

  PipelineConfig read(std::string text);
  /// One component that only the overrides describe: their paths are its keys.
  Settings read_bare(const std::string& section, const std::string& type);

 private:
  void read_document(const YAML::Node& root, PipelineConfig& config);
  void check_version(const YAML::Node& root);
  Settings read_options(const YAML::Node& root, const char* name);
  void check_names(const std::vector<Entry>& entries);
  void check(void (*check_settings)(const Settings&), const Entry& entry);
  void read_list(const YAML::Node& root, const char* section, std::vector<Entry>& entries);
  Entry read_entry(const YAML::Node& node, std::string section);
  bool read_type(const YAML::Node& node, Entry& entry);
  void read_identity(const YAML::Node& node, Entry& entry);
  void read_settings(const YAML::Node& node, const std::vector<FieldDescriptor>& fields, Entry& entry);
  void read_setting(std::string_view key, const YAML::Node& value, Position position,
                    const std::vector<FieldDescriptor>& fields, const std::filesystem::path& base,
                    Entry& entry);
  void resolve_model(std::string_view key, Value& setting, Entry& entry);
  void apply_overrides(const std::string& prefix, const std::vector<FieldDescriptor>& fields, Entry& entry);
  void fill_defaults(const std::vector<FieldDescriptor>& fields, Entry& entry);
  void report_unused_overrides(const PipelineConfig& config);
  void add(Position position, std::string key, std::string text, std::string suggestion = {});

  std::filesystem::path file_;
  Settings service_;  ///< read before the stages, which may name models of its store
  std::span<const Override> overrides_;
  std::vector<bool> used_;
  std::vector<Problem>& problems_;
};

}  // namespace braggd
