#include "formats/hdf5.hpp"

#include "formats/hdf5_driver.hpp"

namespace braggd::hdf5 {

namespace {

bool library_is_threadsafe() {
  hbool_t threadsafe = 0;
  return H5is_library_threadsafe(&threadsafe) >= 0 && threadsafe;
}

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

// Our handles close everything. HDF5's own clean-up at exit would come back to files whose close has failed.
bool prepare_library() {
  H5dont_atexit();
  return library_is_threadsafe();
}

}  // namespace

Guard::Guard() {
  static const bool threadsafe = prepare_library();
  if (!threadsafe) lock_ = std::unique_lock(library_mutex());
  thread_local bool silenced = false;
  if (!silenced) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    silenced = true;
  }
}

std::string innermost_message() {
  const Guard guard;
  std::string message;
  const auto visit = [](unsigned /*depth*/, const H5E_error2_t* error, void* out) -> herr_t {
    if (error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
    return 1;  // the first one upward is the innermost
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, &message);
  H5Eclear2(H5E_DEFAULT);
  return message.empty() ? "HDF5 gives no reason" : message;
}

Handle::~Handle() {
  if (id_ < 0) return;
  const Guard guard;
  H5Idec_ref(id_);
}

Handle open_file(const std::filesystem::path& path) {
  const Handle access = wary_file_access();
  // Room for the stacks of frames that some programs store in one compressed chunk.
  call("chunk cache", [&] { return H5Pset_cache(access.id(), 0, 521, std::size_t{64} << 20, 1.0); });
  return own("this is not a readable HDF5 file",
             [&] { return H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()); });
}

Handle open_object(const Handle& at, const std::string& path) {
  return own("cannot open " + path, [&] { return H5Oopen(at.id(), path.c_str(), H5P_DEFAULT); });
}

bool exists(const Handle& at, const std::string& path) {
  const Guard guard;
  const bool found = H5Oexists_by_name(at.id(), path.c_str(), H5P_DEFAULT) > 0;
  H5Eclear2(H5E_DEFAULT);
  return found;
}

std::vector<std::string> link_names(const Handle& group, std::size_t limit) {
  struct Names {
    std::vector<std::string> list;
    std::size_t limit;
  } names{{}, limit};
  const auto visit = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    auto& all = *static_cast<Names*>(out);
    if (all.list.size() == all.limit) return 1;
    all.list.emplace_back(name);
    return 0;
  };
  call("cannot list a group",
       [&] { return H5Literate(group.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &names); });
  return std::move(names.list);
}

std::vector<hsize_t> extent_of(const Handle& dataset) {
  const Handle space = own("dataspace", [&] { return H5Dget_space(dataset.id()); });
  const int rank = call("rank", [&] { return H5Sget_simple_extent_ndims(space.id()); });
  std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
  call("extent", [&] { return H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr); });
  return extent;
}

}  // namespace braggd::hdf5
