#include "learning/stored_bundles.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "formats/output_directory.hpp"
#include "inference/model_bundle.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;

constexpr std::array bundle_files{"manifest.json", "script.pt"};

[[noreturn]] void cannot(const fs::path& path, const std::string& what, const std::string& why) {
  throw OutputError(printable(path.string()) + ": " + what + ": " + why);
}

void sync_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) cannot(path, "cannot be flushed to the disk", errno_text(error));
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Whatever it is; what cannot be told is found out when it is written to.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

void remove_whole(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) cannot(path, "cannot be removed", error.message());
}

/// A directory that is gone at the end of its scope, unless it was put in place.
class Unfinished {
 public:
  explicit Unfinished(const fs::path& path) : path_(path) {
    remove_whole(path_);
    std::error_code error;
    fs::create_directory(path_, error);
    if (error) cannot(path_, "cannot be made", error.message());
  }
  ~Unfinished() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  const fs::path& path() const { return path_; }
  void put_in_place(const fs::path& to) {
    sync_directory(path_);
    if (!rename_to_new_name(path_, to)) cannot(to, "is in the way", "there is something of that name");
    path_.clear();
    sync_directory(parent_of(to));
  }

 private:
  fs::path path_;
};

ModelManifest copy_into(const fs::path& from, const fs::path& to) {
  std::uint64_t bytes = max_manifest_bytes;
  bytes += read_bundle(from).script.size();  // so it is not larger than a bundle may be
  require_room(to, bytes);
  for (const char* name : bundle_files) {
    std::error_code error;
    fs::copy_file(from / name, to / name, error);
    if (error) cannot(to / name, "cannot be written", error.message());
    sync_file(to / name);
  }
  return read_bundle(to).manifest;
}

ModelManifest rename_bundle(const fs::path& bundle, const std::string& name) {
  ModelBundle renamed = read_bundle(bundle);
  renamed.manifest.name = name;
  write_bundle(bundle, renamed.manifest, renamed.script);
  for (const char* file : bundle_files) sync_file(bundle / file);
  return read_bundle(bundle).manifest;
}

bool same_files(const fs::path& one, const fs::path& other) {
  const auto same = [&](const char* name) { return content(one / name) == content(other / name); };
  return std::all_of(bundle_files.begin(), bundle_files.end(), same);
}

}  // namespace

ModelManifest copy_bundle(const fs::path& from, const fs::path& to) {
  const fs::path final = to.has_filename() ? to : to.parent_path();  // "to/" is "to"
  if (is_there(final)) {
    cannot(final, "is there already", "name a directory that is not, or remove that one");
  }
  prepare_output_directory(parent_of(final));
  fs::path part = final;
  Unfinished copy(part += ".part");
  const ModelManifest manifest = copy_into(from, copy.path());
  copy.put_in_place(final);
  return manifest;
}

std::string trouble_of_bundle(const fs::path& directory, const std::string& id) {
  try {
    const ModelManifest manifest = read_bundle(directory / id).manifest;
    return manifest.id == id ? std::string()
                             : printable((directory / id).string()) + ": holds " + manifest.id;
  } catch (const ConfigError& error) {
    return error.what();
  }
}

Stored store_bundle(const fs::path& from, const std::string& name, const fs::path& directory, bool replace) {
  Unfinished copy(directory / ".part");
  ModelManifest manifest = copy_into(from, copy.path());
  if (manifest.name != name) manifest = rename_bundle(copy.path(), name);
  const fs::path place = directory / manifest.id;
  if (is_there(place)) {
    if (trouble_of_bundle(directory, manifest.id).empty()) {
      if (same_files(copy.path(), place)) return Stored::was_there;
      if (!replace) return Stored::other_there;
    }
    remove_whole(place);
  }
  copy.put_in_place(place);
  return Stored::put_in_place;
}

}  // namespace braggd
