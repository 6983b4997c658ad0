#include "core/text.hpp"

#include <array>
#include <gtest/gtest.h>

namespace braggd {
namespace {

TEST(Text, ByteCountsAreReadWithAndWithoutUnits) {
  EXPECT_EQ(parse_bytes("1048576"), 1048576u);
  EXPECT_EQ(parse_bytes("512 MiB"), 536870912u);
  EXPECT_EQ(parse_bytes("1.5GB"), 1500000000u);
  EXPECT_FALSE(parse_bytes("-1"));
  EXPECT_FALSE(parse_bytes("12 parsecs"));
  EXPECT_FALSE(parse_bytes("nan"));
  EXPECT_FALSE(parse_bytes("1e30"));
}

TEST(Text, ATypingMistakeFindsItsWordAndAnotherWordFindsNone) {
  constexpr std::array<std::string_view, 3> words{"threshold", "subtract_dark", "mask_pixels"};
  EXPECT_EQ(did_you_mean("treshold", words), "threshold");
  EXPECT_EQ(did_you_mean("substract_dark", words), "subtract_dark");
  EXPECT_EQ(did_you_mean("tresh", words), "threshold");
  EXPECT_EQ(did_you_mean("substr", words), "subtract_dark");
  EXPECT_FALSE(did_you_mean("banana", words));
  EXPECT_FALSE(did_you_mean("foo", words));
}

TEST(Text, WordsAreJoinedWithCommasBetweenThem) {
  constexpr std::array<std::string_view, 3> words{"a", "b", "c"};
  EXPECT_EQ(join(words), "a, b, c");
  EXPECT_EQ(join({}), "");
}

TEST(Text, AScanIdCannotLeaveItsDirectory) {
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "_._.._etc_passwd");
  EXPECT_EQ(safe_file_name("/abs"), "_abs");
  EXPECT_EQ(safe_file_name(std::string("a\0b", 3)), "a_b");
  EXPECT_EQ(safe_file_name(""), "scan");
  EXPECT_EQ(safe_file_name(std::string(5000, 'x')).size(), 128u);
}

TEST(Text, BrokenUtf8AndControlCharactersBecomeQuestionMarks) {
  EXPECT_EQ(printable("grün\n"), "grün?");
  EXPECT_EQ(printable("\xC3("), "?(");
  EXPECT_EQ(printable("\xED\xA0\x80"), "???");
  EXPECT_EQ(printable("abcdef", 3), "abc");
}

}  // namespace
}  // namespace braggd
