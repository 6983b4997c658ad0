#include "sockets/curve_keys.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <braggd/error.hpp>

namespace braggd {

namespace {

constexpr std::size_t longest_file_bytes = 4096;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  int close() {
    const int answer = ::close(number_);
    number_ = -1;
    return answer;
  }

 private:
  int number_;
};

std::string error_text() {
  return std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is not
}

void write_new(const std::filesystem::path& path, mode_t mode, const std::string& text) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.number() < 0) {
    throw OutputError(errno == EEXIST ? path.string() + " exists, and keys are never overwritten"
                                      : path.string() + " cannot be written: " + error_text());
  }
  const bool written =
      ::write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file.number()) == 0 && file.close() == 0;
  if (written) return;
  const std::string why = error_text();
  ::unlink(path.c_str());
  throw OutputError(path.string() + " cannot be written: " + why);
}

// The whole of a small file; `secret`: only its owner may have rights to it.
std::string read_small(const std::filesystem::path& path, bool secret) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) {
    throw ConfigError(path.string() + " cannot be read: " + error_text());
  }
  if (!S_ISREG(facts.st_mode)) throw ConfigError(path.string() + " is no file");
  if (secret && (facts.st_mode & 077U) != 0) {
    throw ConfigError(path.string() +
                      " holds a secret, and others than its owner have rights to it: chmod 600 " +
                      path.string());
  }
  std::array<char, longest_file_bytes> text{};
  const ssize_t length = ::read(file.number(), text.data(), text.size());
  if (length < 0) throw ConfigError(path.string() + " cannot be read: " + error_text());
  return {text.data(), static_cast<std::size_t>(length)};
}

bool is_key(const std::string& text) {
  std::array<std::uint8_t, curve_key_bytes> bytes{};
  return text.size() == curve_key_characters && text.find(static_cast<char>(0)) == std::string::npos &&
         ::zmq_z85_decode(bytes.data(), text.c_str()) != nullptr;
}

// What a line `word KEY` says; empty: there is no such line, or it holds no key.
std::string key_of(const std::string& text, std::string_view word) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(std::string(word) + " ")) continue;
    std::string key = line.substr(word.size() + 1);
    return is_key(key) ? key : "";
  }
  return {};
}

}  // namespace

CurveKeys make_curve_keys() {
  std::array<char, curve_key_characters + 1> public_key{}, secret_key{};
  if (::zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    throw std::runtime_error("the ZeroMQ library was built without CURVE");
  }
  return {public_key.data(), secret_key.data()};
}

KeyFiles write_key_files(const CurveKeys& keys, const std::filesystem::path& directory,
                         const std::string& name) {
  const KeyFiles files{directory / (name + ".key"), directory / (name + ".pub")};
  const std::string shared = "public " + keys.public_key + "\n";
  write_new(
      files.secret_file, 0600,
      "# whoever can read this can pass for " + name + "\n" + shared + "secret " + keys.secret_key + "\n");
  try {
    write_new(files.public_file, 0644, shared);
  } catch (const OutputError&) {
    ::unlink(files.secret_file.c_str());
    throw;
  }
  return files;
}

CurveKeys read_key_file(const std::filesystem::path& path) {
  const std::string text = read_small(path, true);
  CurveKeys keys{key_of(text, "public"), key_of(text, "secret")};
  std::array<char, curve_key_characters + 1> derived{};
  if (keys.public_key.empty() || keys.secret_key.empty()) {
    throw ConfigError(path.string() + " is no key file: `braggd keys NAME` writes NAME.key");
  }
  if (::zmq_curve_public(derived.data(), keys.secret_key.c_str()) != 0 || keys.public_key != derived.data()) {
    throw ConfigError(path.string() + " is damaged: its public key is not that of its secret key");
  }
  return keys;
}

std::string read_public_key_file(const std::filesystem::path& path) {
  const std::string text = read_small(path, false);
  if (!key_of(text, "secret").empty()) {
    throw ConfigError(path.string() + " holds a secret key: name the .pub file beside it");
  }
  std::string key = key_of(text, "public");
  if (key.empty()) {
    throw ConfigError(path.string() + " is no public key file: `braggd keys NAME` writes NAME.pub");
  }
  return key;
}

}  // namespace braggd
