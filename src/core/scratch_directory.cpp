#include "core/scratch_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include <braggd/error.hpp>

namespace braggd {

ScratchDirectory::ScratchDirectory(const std::filesystem::path& within) {
  std::string name = (within / "braggd-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw OutputError(within.string() +
                      ": no directory can be made there: " + std::generic_category().message(errno));
  }
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace braggd
