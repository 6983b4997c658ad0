#include "core/this_program.hpp"

#include <filesystem>

namespace braggd {

std::string this_program() {
  constexpr const char* by_kernel = "/proc/self/exe";
  std::error_code error;
  const auto path = std::filesystem::read_symlink(by_kernel, error);
  const bool still_there = !error && std::filesystem::equivalent(path, by_kernel, error) && !error;
  return still_there ? path.string() : by_kernel;
}

}  // namespace braggd
