#include "core/sha256.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <openssl/evp.h>
#include <span>
#include <stdexcept>
#include <vector>

#include <braggd/error.hpp>

namespace braggd {

namespace {

std::string hex_of(std::span<const unsigned char> digest) {
  std::string text;
  for (const unsigned char byte : digest) {
    std::array<char, 3> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", byte);
    text += hex.data();
  }
  return text;
}

void demand(int answer) {
  if (answer != 1) throw std::runtime_error("SHA-256 is not available from OpenSSL");
}

}  // namespace

std::string sha256_hex(std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  demand(EVP_Digest(data.data(), data.size(), digest.data(), &length, EVP_sha256(), nullptr));
  return hex_of({digest.data(), length});
}

FileDigest sha256_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path.string() + " cannot be read");
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  demand(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
  FileDigest result;
  std::vector<char> piece(std::size_t{1} << 20);
  do {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto length = static_cast<std::size_t>(file.gcount());
    demand(EVP_DigestUpdate(context.get(), piece.data(), length));
    result.bytes += length;
  } while (file);
  if (!file.eof()) throw InputError(path.string() + " cannot be read to its end");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  demand(EVP_DigestFinal_ex(context.get(), digest.data(), &length));
  result.sha256 = hex_of({digest.data(), length});
  return result;
}

}  // namespace braggd
