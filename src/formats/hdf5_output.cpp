#include "formats/hdf5_output.hpp"

#include <cerrno>
#include <string>

#include <braggd/error.hpp>

#include "formats/hdf5_driver.hpp"
#include "formats/hdf5_times.hpp"
#include "formats/output_directory.hpp"

namespace braggd::hdf5 {

namespace fs = std::filesystem;

namespace {

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

OutputFile::OutputFile(const fs::path& final_path, NameTaken policy)
    : wanted_path_(final_path), final_path_(final_path), policy_(policy), failure_(std::make_unique<int>(0)) {
  prepare_output_directory(directory_of(wanted_path_));
  braggd::require_room(directory_of(wanted_path_), 0);
  while (!create()) choose_next_name();
}

OutputFile::~OutputFile() {
  abandon();
}

fs::path OutputFile::unfinished_path() const {
  return fs::path(final_path_) += ".part";
}

// False where the name is taken.
bool OutputFile::create() {
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(final_path_, ignored))) return false;
  *failure_ = 0;
  try {
    const Handle access = enduring_file_access(*failure_);
    file_ = Handle(timed_call(TimedCall::create, "cannot create " + unfinished_path().string(), [&] {
      return H5Fcreate(unfinished_path().c_str(), H5F_ACC_EXCL, H5P_DEFAULT, access.id());
    }));
  } catch (const Error& error) {
    if (*failure_ == EEXIST) return false;
    check();
    throw OutputError(error.what());
  }
  return true;
}

void OutputFile::choose_next_name() {
  if (policy_ == NameTaken::refuse) {
    throw OutputError(final_path_.string() + " or its unfinished " + unfinished_path().filename().string() +
                      " exists: remove it or choose another name");
  }
  final_path_ = wanted_path_;
  final_path_.replace_filename(wanted_path_.stem().string() + "_" + std::to_string(++number_) +
                               wanted_path_.extension().string());
}

void OutputFile::check() const {
  if (*failure_ != 0)
    throw OutputError("cannot write " + unfinished_path().string() + ": " + errno_text(*failure_));
}

void OutputFile::fail(const Error& error) const {
  check();
  throw OutputError("cannot write " + unfinished_path().string() + ": " + error.what());
}

void OutputFile::require_room(std::uint64_t bytes) const {
  check();
  braggd::require_room(directory_of(wanted_path_), bytes);
}

fs::path OutputFile::publish() {
  const fs::path unfinished = unfinished_path();
  const hid_t file = file_.release();
  attempt([&] { timed_call(TimedCall::close, "its last part", [&] { return H5Fclose(file); }); });
  check();
  while (!rename_to_new_name(unfinished, final_path_)) choose_next_name();
  sync_directory(directory_of(final_path_));
  return final_path_;
}

void OutputFile::abandon() noexcept {
  if (!file_) return;
  const hid_t file = file_.release();
  try {
    call("close", [&] { return H5Fclose(file); });
  } catch (...) {  // the unfinished name says it already
  }
}

}  // namespace braggd::hdf5
