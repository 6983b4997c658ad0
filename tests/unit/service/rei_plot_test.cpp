// The picture of scores: what is in it, and that names from outside cannot break it.
#include "service/rei_plot.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace braggd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AnalysedScan scan(const std::string& id, std::optional<double> load, std::uint64_t n_low, bool changed) {
  AnalysedScan made;
  made.scan_id = id;
  made.load_mpa = load;
  made.score.counts = ReiCounts(1);
  made.score.counts.n_patches = n_low == 0 ? 0 : 1000;
  made.score.counts.n_low = n_low;
  made.score.decision = changed ? AnomalyDecision::changed : AnomalyDecision::normal;
  return made;
}

AnomalyBaseline baseline() {
  AnomalyBaseline made;
  made.model_id = "steel@0123456789ab";
  made.rei_mean = 0.05;
  made.rei_sd = 0.002;
  return made;
}

TEST(ReiPlot, ShowsScansAgainstLoadWhereAllHaveOne) {
  const std::vector<AnalysedScan> scans{scan("a", 0, 50, false), scan("b", 260, 200, true)};
  const std::string svg = rei_plot_svg(scans, baseline());
  EXPECT_THAT(svg, HasSubstr("load (MPa)"));
  EXPECT_THAT(svg, HasSubstr("b: REI 0.2000, changed"));
  EXPECT_THAT(svg, HasSubstr("<circle"));
  EXPECT_THAT(svg, HasSubstr("<path"));
  EXPECT_THAT(svg, HasSubstr("steel@0123456789ab"));
}

TEST(ReiPlot, CountsScansWhereALoadIsMissing) {
  const std::vector<AnalysedScan> scans{scan("a", 0, 50, false), scan("b", std::nullopt, 60, false)};
  EXPECT_THAT(rei_plot_svg(scans, baseline()), Not(HasSubstr("load (MPa)")));
}

TEST(ReiPlot, SurvivesNoScansScansWithoutPatchesAndNoBaseline) {
  AnomalyBaseline open = baseline();
  open.rei_mean = open.rei_sd = std::nan("");
  for (const std::vector<AnalysedScan>& scans :
       {std::vector<AnalysedScan>{}, std::vector<AnalysedScan>{scan("a", 5, 0, false)}}) {
    const std::string svg = rei_plot_svg(scans, open);
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
    EXPECT_THAT(svg, HasSubstr("</svg>"));
  }
}

TEST(ReiPlot, NamesFromOutsideAreText) {
  const std::vector<AnalysedScan> scans{scan("<script>&\"", 0, 50, false)};
  const std::string svg = rei_plot_svg(scans, baseline());
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;&amp;&quot;"));
}

}  // namespace
}  // namespace braggd
