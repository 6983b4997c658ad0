#include "core/allocator.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <malloc.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/this_program.hpp"

namespace braggd {

namespace {

/// Whether the kernel gives huge pages to those who ask for them, and to them only.
[[maybe_unused]] bool huge_pages_on_request() {
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string choices;
  return std::getline(file, choices) && choices.find("[madvise]") != std::string::npos;
}

/// The command line of this process, word by word.
[[maybe_unused]] std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void tune_allocator() {
#ifdef __GLIBC__
  constexpr int one_gib = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, one_gib);
  mallopt(M_TRIM_THRESHOLD, one_gib);
  mallopt(M_ARENA_MAX, 1);
#endif
}

void restart_with_huge_pages() {
#ifdef __GLIBC__
  const char* before = std::getenv("GLIBC_TUNABLES");
  std::string tunables = before == nullptr ? "" : before;
  if (tunables.find("glibc.malloc.hugetlb") != std::string::npos || !huge_pages_on_request()) return;
  std::string words = command_line();
  if (words.empty() || words.back() != '\0') return;
  std::vector<char*> arguments;
  for (std::size_t at = 0; at < words.size(); at = words.find('\0', at) + 1) arguments.push_back(&words[at]);
  arguments.push_back(nullptr);
  tunables += (tunables.empty() ? "" : ":") + std::string("glibc.malloc.hugetlb=1");
  if (setenv("GLIBC_TUNABLES", tunables.c_str(), 1) == 0) execv(this_program().c_str(), arguments.data());
#endif
}

}  // namespace braggd
