#include "wire/cbor_reader.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/wire/hex.hpp"
#include "wire/cbor_writer.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(CborReader, IntegersOfEveryWidthAreRead) {
  const auto input = from_hex("00 17 1818 1903e8 1a000f4240 1bffffffffffffffff");
  CborReader in(input);
  for (const std::uint64_t expected : {0ull, 23ull, 24ull, 1000ull, 1000000ull, 18446744073709551615ull}) {
    EXPECT_EQ(in.read_unsigned(), expected);
  }
  EXPECT_TRUE(in.at_end());
}

TEST(CborReader, FloatsOfEveryWidthAndIntegersAreRealNumbers) {
  const auto input = from_hex("f93c00 fa3fc00000 fb3ff8000000000000 05 20 f97c00 f97e00");
  CborReader in(input);
  for (const double expected : {1.0, 1.5, 1.5, 5.0, -1.0}) EXPECT_EQ(in.read_real(), expected);
  EXPECT_TRUE(std::isinf(in.read_real()));
  EXPECT_TRUE(std::isnan(in.read_real()));
}

TEST(CborReader, TagsThatNobodyAskedForArePassedOver) {
  const auto input = from_hex("d9d9f7 c0 d828 6161 c1 c1 07");
  CborReader in(input);
  EXPECT_EQ(in.read_text(), "a");
  EXPECT_EQ(in.read_unsigned(), 7u);
}

TEST(CborReader, StringsInChunksAreJoinedAndBytesInOneChunkAreAView) {
  const auto input = from_hex("7f 6162 626364 ff 5f 40 42aabb ff 5f 41aa 41bb ff");
  CborReader in(input);
  EXPECT_EQ(in.read_text(), "bcd");
  EXPECT_EQ(in.read_bytes().data(), input.data() + 10);
  EXPECT_THAT([&] { in.read_bytes(); }, ThrowsMessage<CborError>(HasSubstr("several chunks")));
}

TEST(CborReader, MapsWithAndWithoutALengthAreCountedThrough) {
  for (const char* hex : {"a2 6161 01 6162 02", "bf 6161 01 6162 02 ff"}) {
    const auto input = from_hex(hex);
    CborReader in(input);
    auto map = in.enter_map();
    std::string keys;
    std::uint64_t sum = 0;
    while (map.more()) {
      keys += in.read_text();
      sum += in.read_unsigned();
    }
    EXPECT_EQ(keys, "ab");
    EXPECT_EQ(sum, 3u);
    EXPECT_TRUE(in.at_end());
  }
}

TEST(CborReader, AnyWellFormedValueIsSkippedWhole) {
  for (const char* hex :
       {"00", "3903e7", "f93c00", "f4", "f6", "f7", "f0", "f8ff", "6161", "7f6161ff", "5f4100ff", "80", "a0",
        "9fff", "bfff", "83018202039f0405ff", "bf6161019f01ff820102ff", "d82882820202d845480100020003000400",
        "a26161a161628081a06163"}) {
    const auto input = from_hex(hex);
    CborReader in(input);
    in.skip();
    EXPECT_TRUE(in.at_end()) << hex;
  }
}

TEST(CborReader, IllFormedValuesAreRefused) {
  for (const char* hex : {"",
                          "18",
                          "1c",
                          "ff",
                          "61",
                          "7f",
                          "7f4100ff",
                          "5f6161ff",
                          "81",
                          "a101",
                          "9f",
                          "9f01",
                          "bf01ff",
                          "d8",
                          "f818",
                          "5bffffffffffffffff00",
                          "7b7fffffffffffffff00",
                          "9bffffffffffffffff",
                          "bb8000000000000000",
                          "fd",
                          "df"}) {
    const auto input = from_hex(hex);
    CborReader in(input);
    EXPECT_THROW(in.skip(), CborError) << hex;
  }
}

TEST(CborReader, NestingIsBounded) {
  for (const char head : {'\x81', '\x9f', '\xa1'}) {
    const std::vector<std::byte> input(1000000, static_cast<std::byte>(head));
    CborReader in(input);
    EXPECT_THAT([&] { in.skip(); }, ThrowsMessage<CborError>(HasSubstr("nested too deeply")));
  }
  std::vector<std::byte> deepest(CborReader::max_depth, std::byte{0x81});
  deepest.push_back(std::byte{0});
  CborReader in(deepest);
  in.skip();
  EXPECT_TRUE(in.at_end());
}

TEST(CborReader, ErrorsSayWhatStandsWhere) {
  const auto input = from_hex("01 6161");
  CborReader in(input);
  in.read_unsigned();
  EXPECT_THAT([&] { in.read_unsigned(); },
              ThrowsMessage<CborError>("a text where an unsigned integer was expected at byte 1 of 3"));
}

TEST(CborWriter, ShortestFloatsLoseNothing) {
  const auto encoded = [](double value) { return CborWriter({.shortest_floats = true}).real(value).take(); };
  EXPECT_EQ(encoded(1.0).size(), 3u);
  EXPECT_EQ(encoded(0.1f).size(), 5u);
  EXPECT_EQ(encoded(0.1).size(), 9u);
  for (const double value :
       {0.0, -0.5, 65504.0, 65505.0, 5.960464477539063e-08, 1e-300, 1e300, 0.1, 2047.0, 2049.0}) {
    const auto bytes = encoded(value);
    EXPECT_EQ(CborReader(bytes).read_real(), value);
  }
}

}  // namespace
}  // namespace braggd
