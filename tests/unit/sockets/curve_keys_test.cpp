// Key files: made once, private, and refused where anything about them is wrong.
#include "sockets/curve_keys.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <iterator>
#include <sys/stat.h>

#include <braggd/error.hpp>

#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& text, mode_t mode) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
}

TEST(CurveKeys, AreReadAsTheyWereWrittenAndTheSecretIsTheOwnersAlone) {
  const TemporaryDirectory directory;
  const mode_t before = ::umask(0);
  const CurveKeys keys = make_curve_keys();
  const KeyFiles files = write_key_files(keys, directory.path(), "edge");
  ::umask(before);
  struct stat facts {};
  ASSERT_EQ(::stat(files.secret_file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  const CurveKeys read = read_key_file(files.secret_file);
  EXPECT_EQ(read.public_key, keys.public_key);
  EXPECT_EQ(read.secret_key, keys.secret_key);
  EXPECT_EQ(read_public_key_file(files.public_file), keys.public_key);
  EXPECT_THAT(content(files.public_file), ::testing::Not(HasSubstr(keys.secret_key)));
  EXPECT_NE(make_curve_keys().secret_key, keys.secret_key);
}

TEST(CurveKeys, NothingIsOverwrittenAndNoHalfIsLeft) {
  const TemporaryDirectory directory;
  write_key_files(make_curve_keys(), directory.path(), "a");
  const std::string secret = content(directory / "a.key"), shared = content(directory / "a.pub");
  EXPECT_THROW(write_key_files(make_curve_keys(), directory.path(), "a"), OutputError);
  EXPECT_EQ(content(directory / "a.key"), secret);
  EXPECT_EQ(content(directory / "a.pub"), shared);
  std::ofstream(directory / "b.pub") << "mine";
  EXPECT_THROW(write_key_files(make_curve_keys(), directory.path(), "b"), OutputError);
  EXPECT_FALSE(std::filesystem::exists(directory / "b.key"));
  EXPECT_EQ(content(directory / "b.pub"), "mine");
  std::filesystem::create_symlink(directory / "elsewhere", directory / "c.key");
  EXPECT_THROW(write_key_files(make_curve_keys(), directory.path(), "c"), OutputError);
  EXPECT_FALSE(std::filesystem::exists(directory / "elsewhere"));
  EXPECT_THROW(write_key_files(make_curve_keys(), directory / "absent", "d"), OutputError);
}

TEST(CurveKeys, ASecretThatOthersMayReadIsRefusedInWords) {
  const TemporaryDirectory directory;
  const KeyFiles files = write_key_files(make_curve_keys(), directory.path(), "edge");
  for (const mode_t mode : {0640U, 0604U, 0660U, 0644U, 0620U}) {
    ::chmod(files.secret_file.c_str(), mode);
    EXPECT_THAT([&] { read_key_file(files.secret_file); },
                ThrowsMessage<ConfigError>(HasSubstr("chmod 600")));
  }
  ::chmod(files.secret_file.c_str(), 0400);
  EXPECT_NO_THROW(read_key_file(files.secret_file));
}

TEST(CurveKeys, FilesThatAreNoKeysAreRefused) {
  const TemporaryDirectory directory;
  const CurveKeys one = make_curve_keys(), other = make_curve_keys();
  const std::string null(1, '\0');
  const auto says = [&](const std::string& text, const char* words) {
    write(directory / "x.key", text, 0600);
    EXPECT_THAT([&] { read_key_file(directory / "x.key"); }, ThrowsMessage<ConfigError>(HasSubstr(words)))
        << text;
  };
  says("", "is no key file");
  says("public " + one.public_key + "\n", "is no key file");
  says("public " + one.public_key + "\nsecret " + other.secret_key + "\n", "is damaged");
  says("public " + one.public_key + "\nsecret " + one.secret_key.substr(1) + "\n", "is no key file");
  says("public " + one.public_key + "\nsecret " + one.secret_key.substr(0, 35) + null + "abcd\n",
       "is no key file");
  says("public " + one.public_key + "\nsecret " + std::string(40, '~') + "\n", "is no key file");
  says("public " + one.public_key + "\nsecret " + std::string(40, '\xff') + "\n", "is no key file");
  says(std::string(100'000, 'a'), "is no key file");
  EXPECT_THAT([&] { read_key_file(directory.path()); }, ThrowsMessage<ConfigError>(HasSubstr("is no file")));
  EXPECT_THAT([&] { read_key_file(directory / "absent"); },
              ThrowsMessage<ConfigError>(HasSubstr("cannot be read")));
  const KeyFiles files = write_key_files(one, directory.path(), "edge");
  EXPECT_THAT([&] { read_public_key_file(files.secret_file); },
              ThrowsMessage<ConfigError>(HasSubstr("secret")));
  EXPECT_THAT([&] { read_public_key_file(directory / "x.key"); },
              ThrowsMessage<ConfigError>(HasSubstr("is no public key file")));
}

}  // namespace
}  // namespace braggd
