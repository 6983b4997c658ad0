#include "service/http_guard.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fstream>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <braggd/error.hpp>

namespace braggd {

namespace {

constexpr std::size_t shortest_token = 16, longest_token = 200;

std::string random_token() {
  std::array<unsigned char, 24> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw ConfigError("no random numbers are to be had for a token", "token_file");
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string token;
  for (const unsigned char byte : bytes) {
    token += digits[byte >> 4U];
    token += digits[byte & 15U];
  }
  return token;
}

void make_token(const std::filesystem::path& file) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string text = random_token() + "\n";
  const bool written =
      descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (descriptor >= 0) ::close(descriptor);
  if (!written) {
    throw ConfigError(
        "a token cannot be written to " + file.string() + "; name another file, or mend its directory",
        "token_file");
  }
}

}  // namespace

std::string read_or_make_token(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) make_token(file);
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0 || (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw ConfigError(file.string() + " can be read by others than its owner: chmod 600 it", "token_file");
  }
  std::ifstream in(file);
  std::string token;
  std::getline(in, token);
  const bool printable = std::ranges::all_of(token, [](unsigned char c) { return c > ' ' && c <= '~'; });
  if (token.size() < shortest_token || token.size() > longest_token || !printable) {
    throw ConfigError(file.string() + " holds no token: one line of 16 to 200 printable characters",
                      "token_file");
  }
  return token;
}

bool same_secret(const std::string& one, const std::string& other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

bool is_cross_site(const std::string& host, const std::string& origin, const std::string& fetch_site) {
  if (!fetch_site.empty() && fetch_site != "same-origin" && fetch_site != "none") return true;
  if (origin.empty()) return false;
  return origin != "http://" + host && origin != "https://" + host;
}

}  // namespace braggd
