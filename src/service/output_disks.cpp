#include "service/output_disks.hpp"

#include <string>
#include <sys/statvfs.h>
#include <unistd.h>
#include <variant>

#include "pipeline/component_table.hpp"

namespace braggd {

namespace {

// The path, or the nearest one above it that is there.
std::filesystem::path nearest_existing(std::filesystem::path path) {
  std::error_code error;
  while (!std::filesystem::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path.empty() ? "." : path;
}

}  // namespace

std::vector<std::filesystem::path> paths_of(const std::vector<Entry>& entries, FieldKind kind) {
  std::vector<std::filesystem::path> paths;
  for (const Entry& entry : entries) {
    for (const FieldDescriptor& field : *find_component(entry.section, entry.type)->fields) {
      const auto found = entry.settings.find(field.key);
      if (field.kind != kind || found == entry.settings.end()) continue;
      if (const auto& path = std::get<std::string>(found->second); !path.empty()) paths.emplace_back(path);
    }
  }
  return paths;
}

std::vector<OutputDisk> output_disks(const Plan& plan) {
  std::vector<OutputDisk> disks;
  for (auto& directory : paths_of(plan.config.sinks, FieldKind::directory)) {
    const auto path = nearest_existing(directory);
    struct statvfs facts {};
    if (::statvfs(path.c_str(), &facts) != 0) continue;
    disks.push_back({std::move(directory), std::uint64_t{facts.f_bavail} * facts.f_frsize,
                     ::access(path.c_str(), W_OK | X_OK) == 0});
  }
  return disks;
}

}  // namespace braggd
