#include "pipeline/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/products.hpp"
#include "pipeline/explain.hpp"
#include "stages/find_components.hpp"
#include "stages/sparsify_pixels.hpp"
#include "unit/pipeline/plans.hpp"

namespace braggd {
namespace {

using ::testing::HasSubstr;

TEST(Plan, DecodeAndThresholdBecomeOneKernelCallAndTheRestSharesItsTask) {
  const Plan plan = testing::plan_of(testing::spine);
  ASSERT_EQ(plan.tasks.size(), 1u);
  ASSERT_EQ(plan.tasks[0].steps.size(), 3u);
  EXPECT_EQ(plan.tasks[0].steps[0].label, "decode + threshold");
  EXPECT_TRUE(plan.tasks[0].steps[0].fused());
  EXPECT_TRUE(plan.tasks[0].parallel);
}

TEST(Plan, WithoutFusionEveryStageIsAStep) {
  const Plan plan = testing::plan_of(testing::spine, {.fuse = false});
  ASSERT_EQ(plan.tasks.size(), 1u);
  EXPECT_EQ(plan.tasks[0].steps.size(), 4u);
}

TEST(Plan, ABranchEndsFusionWhereTwoStagesTakeTheSameProduct) {
  const Plan plan = testing::plan_of(R"(version: 1
source: {type: replay}
stages:
  - {type: decode}
  - {type: threshold, name: low, at_least: 5, from: decode}
  - {type: threshold, name: high, at_least: 50, from: decode}
sinks:
  - {type: "null", name: one, from: low}
  - {type: "null", name: two, from: high}
)");
  ASSERT_EQ(plan.tasks.size(), 3u);
  EXPECT_EQ(plan.tasks[1].producer, 0u);
  EXPECT_EQ(plan.tasks[2].producer, 0u);
}

TEST(Plan, AnOverrideReplacesTheFilesValueAndAWrongOneIsReported) {
  const Plan plan = testing::plan_of(testing::spine, {}, {{"stages.threshold.at_least", "30"}});
  EXPECT_EQ(std::get<double>(plan.stages[1].settings.at("at_least")), 30.0);
  try {
    testing::plan_of(testing::spine, {},
                     {{"stages.treshold.at_least", "30"}, {"stages.threshold.at_least", "x"}});
    FAIL() << "accepted";
  } catch (const ConfigProblems& problems) {
    EXPECT_EQ(problems.problems().size(), 2u);
    EXPECT_THAT(problems.what(), HasSubstr("did you mean 'stages.threshold'?"));
    EXPECT_THAT(problems.what(), HasSubstr("'x' is not a finite number"));
  }
}

TEST(Plan, TheExpandedFileReadsBackAsTheSamePipeline) {
  const Plan plan = testing::plan_of(testing::spine);
  const std::string expanded = expand_config(plan.config);
  EXPECT_THAT(expanded, HasSubstr("max_pixels: 4194304"));
  EXPECT_EQ(expand_config(testing::plan_of(expanded).config), expanded);
}

TEST(Plan, AFrameInFlightIsChargedItsMessageItsKeptPixelsAndTheDenseFramesThatThePlanMakes) {
  ScanHeader header;
  header.shape = {100, 100};
  const Plan fused = testing::plan_of(testing::spine);
  EXPECT_EQ(fused.bytes_in_flight(header, 500), 500u + 200000u);
  const Plan plain = testing::plan_of(testing::spine, {.fuse = false});
  EXPECT_EQ(plain.bytes_in_flight(header, 500), 500u + 40000u + 200000u);
}

TEST(Plan, TheChargeIsWhatAFrameHoldsOfWhichEveryPixelIsKeptAndFlagged) {
  auto header = std::make_shared<ScanHeader>();
  header->shape = {64, 48};
  header->saturation_value = 1000;
  Frame frame;
  frame.shape = header->shape;
  frame.bytes = Bytes::own(std::vector<std::byte>(header->frame_bytes(), std::byte{0x20}));
  PixelRule rule;
  rule.at_least = 10;
  rule.max_pixels = header->shape.pixels();
  ResourceCache resources;
  auto kept = SparsifyPixels(rule, header).process(frame);
  ASSERT_TRUE(kept);
  const auto pixels = std::make_shared<const SparseFrame>(std::move(kept.value()));
  const auto components = FindComponents({}, {header, resources}).process(pixels);
  ASSERT_TRUE(components);
  ASSERT_EQ(pixels->flagged.size(), header->shape.pixels());
  ASSERT_EQ(components.value().components.size(), 1u);
  const std::uint64_t of_components = components.value().components.capacity() * sizeof(Component) +
                                      components.value().maxima.capacity() * sizeof(std::uint32_t);
  const std::uint64_t held =
      frame.bytes.size() + vector_bytes(*pixels) + vector_bytes(components.value()) - of_components;
  EXPECT_EQ(testing::plan_of(testing::spine).bytes_in_flight(*header, frame.bytes.size()), held);
}

TEST(Plan, HostileYamlIsRefusedWithAMessage) {
  const std::string deep(20000, '[');
  for (const std::string& text :
       {deep, std::string("\0\1\2", 3), std::string("- - -"), std::string("&a [*a]"),
        std::string("version: 1\nversion: 1\n"), std::string("{? {a: b} : c}")}) {
    EXPECT_THROW(testing::plan_of(text), ConfigProblems) << text.substr(0, 20);
  }
}

TEST(Explain, TheGraphNamesEveryTaskAndSink) {
  const Plan plan = testing::plan_of(testing::spine);
  EXPECT_THAT(explain_text(plan), HasSubstr("decode + threshold   [fused: one kernel, no dense frame]"));
  EXPECT_THAT(explain_dot(plan), HasSubstr("task0 -> \"sink null\" [label=\"PeakList\"]"));
  EXPECT_THAT(explain_json(plan), HasSubstr("\"implied\": true"));
}

}  // namespace
}  // namespace braggd
