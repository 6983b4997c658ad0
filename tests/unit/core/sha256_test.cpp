#include "core/sha256.hpp"

#include <fstream>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

TEST(Sha256, AFileHasTheDigestOfItsBytesWhateverItsLength) {
  const TemporaryDirectory directory;
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (const std::size_t length : {0UL, 3UL, (1UL << 20) - 1, 1UL << 20, (3UL << 20) + 5}) {
    const std::string content(length, 'x');
    std::ofstream(directory / "file", std::ios::binary) << content;
    const FileDigest digest = sha256_of_file(directory / "file");
    EXPECT_EQ(digest.sha256, sha256_hex(content));
    EXPECT_EQ(digest.bytes, length);
  }
  EXPECT_THROW(sha256_of_file(directory / "absent"), InputError);
  EXPECT_THROW(sha256_of_file(directory.path()), InputError);
}

}  // namespace
}  // namespace braggd
