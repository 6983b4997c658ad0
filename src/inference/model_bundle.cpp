#include "inference/model_bundle.hpp"

#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>
#include <zip.h>

#include <braggd/error.hpp>

#include "core/sha256.hpp"
#include "core/text.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;

constexpr const char* manifest_name = "manifest.json";
constexpr const char* script_name = "script.pt";
constexpr zip_int64_t max_entries = 1000;
constexpr std::uint64_t max_code_bytes = 1U << 20U;

[[noreturn]] void refuse(const fs::path& path, const std::string& what) {
  throw ConfigError(printable(path.string()) + ": " + what);
}

std::vector<char> read_file(const fs::path& path, std::uint64_t max_bytes) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    refuse(path, "is not a file; a model bundle is a directory with manifest.json and script.pt");
  }
  const std::uint64_t bytes = fs::file_size(path, error);
  if (error || bytes > max_bytes) {
    refuse(path,
           "has " + format_bytes(bytes) + "; a model bundle's file has at most " + format_bytes(max_bytes));
  }
  std::vector<char> content(static_cast<std::size_t>(bytes));
  std::ifstream file(path, std::ios::binary);
  if (!file.read(content.data(), static_cast<std::streamsize>(content.size())) && bytes > 0) {
    refuse(path, "cannot be read");
  }
  return content;
}

// Weights are stored as they are, code is compressed: what an archive claims to unpack to is bounded before anything is
// allocated for it.
void check_archive(const fs::path& path, const std::vector<char>& script) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(script.data(), script.size(), 0, &error);
  zip_t* opened =
      source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (opened == nullptr) {
    const std::string why = zip_error_strerror(&error);
    if (source != nullptr) zip_source_free(source);
    zip_error_fini(&error);
    refuse(path, "is not a whole TorchScript archive (" + why + "); copy the bundle again");
  }
  const std::unique_ptr<zip_t, void (*)(zip_t*)> archive(opened, &zip_discard);
  const zip_int64_t n_entries = zip_get_num_entries(opened, 0);
  if (n_entries < 1 || n_entries > max_entries) refuse(path, "has too few or too many entries to be a model");
  std::uint64_t stored = 0, compressed = 0;
  for (zip_int64_t i = 0; i < n_entries; ++i) {
    zip_stat_t status;
    zip_stat_init(&status);
    constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat_index(opened, static_cast<zip_uint64_t>(i), 0, &status) != 0 ||
        (status.valid & needed) != needed) {
      refuse(path, "holds an entry without a size");
    }
    std::uint64_t& sum = status.comp_method == ZIP_CM_STORE ? stored : compressed;
    if (status.size > max_script_bytes)
      refuse(path, "holds an entry that claims " + format_bytes(status.size));
    sum += status.size;
  }
  if (stored > script.size() || compressed > max_code_bytes)
    refuse(path, "claims to unpack to more than it may");
}

// Only a bundle is replaced, never a directory that holds anything else.
void refuse_other_content(const fs::path& directory) {
  if (!fs::exists(directory)) return;
  if (!fs::is_directory(directory)) throw OutputError(directory.string() + ": is in the way of the bundle");
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name != manifest_name && name != script_name) {
      throw OutputError(directory.string() + ": holds " + name + ", so it is no model bundle to be replaced");
    }
  }
}

void write_file(const fs::path& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.flush();
  if (!file) throw OutputError(path.string() + ": cannot be written");
}

}  // namespace

ModelBundle read_bundle(const fs::path& directory, std::string_view task) {
  const fs::path manifest_path = directory / manifest_name, script_path = directory / script_name;
  const std::vector<char> json = read_file(manifest_path, max_manifest_bytes);
  ModelBundle bundle{parse_manifest({json.data(), json.size()}, manifest_path), {}};
  const ModelManifest& manifest = bundle.manifest;
  if (!task.empty() && manifest.task != task) {
    refuse(manifest_path,
           "is a model for the task " + manifest.task + "; this one must be for " + std::string(task));
  }
  bundle.script = read_file(script_path, max_script_bytes);
  if (bundle.script.size() != manifest.script_bytes) {
    refuse(script_path, "has " + std::to_string(bundle.script.size()) + " bytes where its manifest says " +
                            std::to_string(manifest.script_bytes) + "; copy the bundle again");
  }
  const std::string digest = sha256_hex({bundle.script.data(), bundle.script.size()});
  if (digest != manifest.script_sha256) {
    refuse(script_path, "has the SHA-256 " + digest + " where its manifest says " + manifest.script_sha256 +
                            "; copy the bundle again");
  }
  check_archive(script_path, bundle.script);
  return bundle;
}

ModelManifest write_bundle(const fs::path& directory, ModelManifest manifest,
                           const std::vector<char>& script) {
  const std::string_view bytes(script.data(), script.size());
  manifest.script_bytes = script.size();
  manifest.script_sha256 = sha256_hex(bytes);
  manifest.id = manifest.name + "@" + manifest.script_sha256.substr(0, 12);
  refuse_other_content(directory);
  fs::path fresh = directory;
  fresh += ".part";
  std::error_code error;
  fs::remove_all(fresh, error);
  fs::create_directories(fresh, error);
  if (error) throw OutputError(fresh.string() + ": cannot be made: " + error.message());
  write_file(fresh / script_name, bytes);
  write_file(fresh / manifest_name, to_json(manifest));
  fs::remove_all(directory, error);
  fs::rename(fresh, directory, error);
  if (error) throw OutputError(directory.string() + ": cannot be put in place: " + error.message());
  return manifest;
}

}  // namespace braggd
