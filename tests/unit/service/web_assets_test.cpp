// The page inside the program: whole, and fit for a policy that admits nothing but the server's own files.
#include "service/web_assets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>
#include <set>
#include <string>

namespace braggd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(WebAssets, ThePageIsAtTheRoot) {
  const auto page = web_asset("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_THAT(std::string(page->content), StartsWith("<!doctype html>"));
}

TEST(WebAssets, NothingIsAtOtherPaths) {
  for (const char* path : {"", "/web", "/web/", "/web/none.js", "/web/../index.html", "//", "/?wall=1"}) {
    EXPECT_FALSE(web_asset(path)) << path;
  }
}

TEST(WebAssets, EveryPartThatThePageNamesIsThere) {
  const std::string page(web_asset("/")->content);
  const std::regex part("(?:href|src)=\"(/web/[^\"]*)\"");
  for (std::sregex_iterator it(page.begin(), page.end(), part), end; it != end; ++it) {
    const std::string path = (*it)[1];
    const auto found = web_asset(path);
    ASSERT_TRUE(found) << path;
    EXPECT_FALSE(found->content.empty()) << path;
  }
}

TEST(WebAssets, NoPartHasScriptsOrStylesInline) {
  const std::string page(web_asset("/")->content);
  EXPECT_THAT(page, Not(HasSubstr("style=")));
  EXPECT_THAT(page, Not(HasSubstr("<style")));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_FALSE(std::regex_search(page, std::regex("\\son[a-z]+="))) << "a handler in an attribute";
  EXPECT_THAT(page, Not(HasSubstr("://"))) << "another host";
}

TEST(WebAssets, TagsAreQuotedAndTellContentsApart) {
  std::set<std::string_view> tags;
  for (const WebAssetRow& row : web_asset_rows()) {
    EXPECT_THAT(std::string(row.asset.etag), ::testing::MatchesRegex("\"[^\"]+\"")) << row.path;
    EXPECT_TRUE(tags.insert(row.asset.etag).second) << row.path;
  }
}

}  // namespace
}  // namespace braggd
