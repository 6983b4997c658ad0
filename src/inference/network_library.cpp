#include "inference/network_library.hpp"

#include <dlfcn.h>
#include <string>

#include <braggd/error.hpp>

namespace braggd {

namespace {

struct Library {
  void* handle = nullptr;
  std::string why_not;
};

// Looked for where the program's run path says; never closed, because LibTorch does not survive that.
const Library& library() {
  static const Library opened = [] {
    Library found;
    found.handle = dlopen("libbraggd_networks.so", RTLD_NOW | RTLD_GLOBAL);
    if (found.handle == nullptr) found.why_not = dlerror();
    return found;
  }();
  return opened;
}

}  // namespace

bool networks_available() {
  return library().handle != nullptr;
}

void* network_function(const char* name) {
  if (!networks_available()) {
    throw ConfigError(
        "networks need LibTorch, and this is a build without LibTorch or one that does not find it (" +
        library().why_not +
        "); install libtorch-dev and build again, or locate peaks by a centroid or a fit");
  }
  void* function = dlsym(library().handle, name);
  if (function == nullptr) {
    throw ConfigError("libbraggd_networks.so is of another version of braggd: it has no " +
                      std::string(name) + "; install both from one build");
  }
  return function;
}

}  // namespace braggd
