#include "pipeline/condition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>

#include <braggd/error.hpp>

#include "pipeline/rule_registry.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

bool holds(const char* text, std::map<std::string, FactValue, std::less<>> facts) {
  return Condition(text).holds([&](std::string_view name) { return facts.find(name)->second; });
}

TEST(Condition, ComparesNumbersInSixWaysAndWordsInTwo) {
  for (const auto& [text, below, at, above] :
       {std::tuple{"dropped == 3", false, true, false}, std::tuple{"dropped != 3", true, false, true},
        std::tuple{"dropped < 3", true, false, false}, std::tuple{"dropped <= 3", true, true, false},
        std::tuple{"dropped > 3", false, false, true}, std::tuple{"dropped>=3", false, true, true}}) {
    EXPECT_EQ(holds(text, {{"dropped", 2.0}}), below) << text;
    EXPECT_EQ(holds(text, {{"dropped", 3.0}}), at) << text;
    EXPECT_EQ(holds(text, {{"dropped", 4.0}}), above) << text;
  }
  EXPECT_TRUE(holds("anomaly.decision == changed", {{"anomaly.decision", "changed"}}));
  EXPECT_FALSE(holds("anomaly.decision != changed", {{"anomaly.decision", "changed"}}));
  EXPECT_TRUE(holds("scan_id == \"a b\"", {{"scan_id", "a b"}}));
}

TEST(Condition, JoinedByAndHoldsWhereAllHold) {
  const char* text = "dropped > 0 and exit_status == complete and peaks < 10";
  EXPECT_TRUE(holds(text, {{"dropped", 1.0}, {"exit_status", "complete"}, {"peaks", 2.0}}));
  EXPECT_FALSE(holds(text, {{"dropped", 1.0}, {"exit_status", "failed"}, {"peaks", 2.0}}));
}

TEST(Condition, OfWhatIsNotKnownNeverHolds) {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  for (const char* text : {"anomaly.rei > 0", "anomaly.rei <= 0", "anomaly.rei != 1"}) {
    EXPECT_FALSE(holds(text, {{"anomaly.rei", unknown}})) << text;
  }
  EXPECT_FALSE(holds("exit_status != complete", {{"exit_status", std::string()}}));
}

TEST(Condition, ThatCannotBeMeantIsRefusedWithWords) {
  for (const auto& [text, words] :
       {std::pair{"droped > 0", "did you mean 'dropped'"}, std::pair{"dropped > few", "is a number"},
        std::pair{"anomaly.decision == maybe", "is never 'maybe'"}, std::pair{"scan_id < b", "is a word"},
        std::pair{"dropped", "is no comparison"}, std::pair{"", "is no comparison"},
        std::pair{"dropped =< 3", "compares with none"}, std::pair{"dropped > 0 and ", "is no comparison"},
        std::pair{"dropped > nan", "is a number"}}) {
    const auto read = [wrong = text] { Condition{wrong}; };
    EXPECT_THAT(read, ThrowsMessage<ConfigError>(HasSubstr(words))) << text;
  }
}

TEST(FillIn, ReplacesEveryFactAndRefusesOthers) {
  const auto name = [](std::string_view fact) { return "<" + std::string(fact) + ">"; };
  EXPECT_EQ(fill_in("{scan_id}: {dropped} of {expected}", name), "<scan_id>: <dropped> of <expected>");
  EXPECT_EQ(fill_in("nothing", name), "nothing");
  for (const char* text : {"{scan}", "{", "{}", "{dropped"})
    EXPECT_THROW(fill_in(text, name), ConfigError) << text;
}

}  // namespace
}  // namespace braggd
