#include <gmock/gmock.h>

#include <braggd/error.hpp>

#include "unit/formats/temporary_directory.hpp"
#include "unit/inference/bundles.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;

class HostileBundle : public testing::Test {
 protected:
  void SetUp() override {
    BRAGGD_SKIP_WITHOUT_NETWORKS();
    written_ = write_random_bundle(bundle_);
  }
  void change_manifest(const std::string& from, const std::string& to) {
    std::string text = content_of(manifest_);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    replace_content(manifest_, text.replace(at, from.size(), to));
  }
  std::string refusal() const {
    try {
      PeakNetwork::load(bundle_, {"cpu", "float32"});
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }
  /// Another script in the bundle, its manifest made to fit.
  void put_script(const std::vector<char>& script) { write_bundle(bundle_, written_, script); }

  TemporaryDirectory directory_;
  ModelManifest written_;
  std::filesystem::path bundle_ = directory_.path() / "model", manifest_ = bundle_ / "manifest.json",
                        script_ = bundle_ / "script.pt";
};

TEST_F(HostileBundle, IsAcceptedAsLongAsNobodyTouchedIt) {
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(HostileBundle, WithOneChangedByteIsRefusedByItsDigest) {
  std::string script = content_of(script_);
  script[script.size() / 2] = static_cast<char>(script[script.size() / 2] ^ 1);
  replace_content(script_, script);
  EXPECT_THAT(refusal(), HasSubstr("SHA-256"));
}

TEST_F(HostileBundle, WithAScriptCutShortIsRefusedByItsLength) {
  replace_content(script_, content_of(script_).substr(0, 1000));
  EXPECT_THAT(refusal(), HasSubstr("has 1000 bytes where its manifest says"));
}

TEST_F(HostileBundle, WithATruncatedArchiveAndADigestThatFitsIsRefused) {
  const std::string script = content_of(script_);
  for (const std::size_t length : {std::size_t{1}, std::size_t{100}, script.size() / 2, script.size() - 1}) {
    put_script({script.begin(), script.begin() + static_cast<std::ptrdiff_t>(length)});
    EXPECT_THAT(refusal(), HasSubstr("is not a whole TorchScript archive")) << length;
  }
}

TEST_F(HostileBundle, WhoseArchiveIsDamagedAnywhereIsRefusedOrHarmless) {
  const std::string script = content_of(script_);
  Random random(5, RandomStream::patch);
  for (int i = 0; i < 60; ++i) {
    std::string damaged = script;
    // The directory and the pickles are at the ends, the weights between them.
    const std::size_t place = i % 2 == 0 ? random.below(6000) : damaged.size() - 1 - random.below(6000);
    damaged[place] = static_cast<char>(random.below(256));
    put_script({damaged.begin(), damaged.end()});
    EXPECT_NO_THROW(refusal()) << place;
  }
}

TEST_F(HostileBundle, WithWeightsThatAreNotFiniteIsRefused) {
  const NetworkPlan plan = network_plan("braggnn-fast");
  NamedWeights weights = initial_weights(plan, 7);
  weights.at("weight_2").values[17] = NAN;
  put_script(write_script(deployed_script(plan, weights)));
  EXPECT_THAT(refusal(), HasSubstr("not finite"));
}

TEST_F(HostileBundle, WhoseScriptTakesOrGivesAnotherShapeIsRefused) {
  put_script(write_script({"def forward(self, x):\n    return x.flatten(1)\n", {}}));
  EXPECT_THAT(refusal(), HasSubstr("has the shape [256, 242] where [256, 4] is promised"));
  put_script(write_script({"def forward(self, x):\n    return torch.conv2d(x, self.w)\n",
                           {{"w", {{1, 5, 3, 3}, std::vector<float>(45)}}}}));
  EXPECT_THAT(refusal(), HasSubstr("does not run on its own input shape"));
  put_script(write_script({"def forward(self, x):\n    return [x, x]\n", {}}));
  EXPECT_THAT(refusal(), HasSubstr("the answer is no tensor"));
}

TEST_F(HostileBundle, WithAWeightThatClaimsMoreThanTheFileHasIsRefused) {
  // 12345 float32 weights; the pickle then says 16777216 more.
  const std::string source =
      "def forward(self, x):\n    return torch.cat([x.flatten(1), x.flatten(1)], 1).narrow(1, 0, 4) + "
      "self.w[0]\n";
  std::vector<char> bytes = write_script({source, {{"w", {{12345}, std::vector<float>(12345)}}}});
  std::string script(bytes.begin(), bytes.end());
  const std::string claim = "M90";  // BININT2 12345
  std::size_t n = 0;
  for (std::size_t at = script.find(claim); at != std::string::npos; at = script.find(claim, at + 3)) {
    script.replace(at, 3, "M\xff\xff");
    ++n;
  }
  ASSERT_GT(n, 0U);
  put_script({script.begin(), script.end()});
  EXPECT_NE(refusal(), "accepted");
}

TEST_F(HostileBundle, ForAnotherTaskIsRefused) {
  change_manifest("\"task\": \"locate_peaks\"", "\"task\": \"embed\"");
  EXPECT_THAT(refusal(), HasSubstr("must be locate_peaks or score_anomaly"));
}

TEST_F(HostileBundle, WhoseGoldenExampleComesOutOtherwiseIsRefused) {
  std::string text = content_of(manifest_);
  const std::size_t at = text.find('[', text.find("row_col_px"));
  replace_content(manifest_, text.replace(at, 1, "[1.25, 1.25], \"was\": ["));
  EXPECT_THAT(refusal(), HasSubstr("where its manifest says (1.25, 1.25)"));
}

TEST_F(HostileBundle, WithAManifestThatIsNoJsonIsRefused) {
  for (const std::string text : {"", "{", "[]", "nonsense", "{\"format\": 1}", "\xff\xfe"}) {
    replace_content(manifest_, text);
    EXPECT_THAT(refusal(), HasSubstr("manifest.json")) << text;
  }
  replace_content(manifest_, std::string(100000, '['));
  EXPECT_THAT(refusal(), HasSubstr("nested too deeply"));
}

TEST_F(HostileBundle, WithSizesOutOfRangeIsRefusedBeforeAnythingIsMadeOfThem) {
  const std::string good = content_of(manifest_);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"patch_px\": 11", "\"patch_px\": 4000000001"},
           {"\"patch_px\": 11", "\"patch_px\": 12"},
           {"\"patch_px\": 11", "\"patch_px\": 13"},
           {"\"batch\": 256", "\"batch\": 100000000"},
           {"\"batch\": 256", "\"batch\": -1"},
           {"\"channels\": 2", "\"channels\": 1"},
           {"\"preparation\": \"sqrt_and_mask\"", "\"preparation\": \"cube\""},
           {"\"order\": \"row_col\"", "\"order\": \"xy\""},
           {"\"scale_px\": 1.0", "\"scale_px\": 1e300"},
           {"\"bytes\": ", "\"bytes\": 9"},
           {"\"tolerance_px\": ", "\"tolerance_px\": 5"}}) {
    replace_content(manifest_, good);
    change_manifest(from, to);
    EXPECT_THAT(refusal(), HasSubstr("model/")) << to;
  }
}

TEST_F(HostileBundle, WithErrorsByNoiseThatMakeNoSenseIsRefused) {
  const std::string good = content_of(manifest_);
  const std::string flag = "\"log_sigmas\": true";
  const auto with = [&](const std::string& errors) {
    replace_content(manifest_, good);
    change_manifest(flag, flag + R"(, "errors_by_noise": )" + errors);
    return refusal();
  };
  const auto with_line = [&](const std::string& line) {
    return with(R"({"of_whole": {"log_height_knots": [0, 1], "slopes": [0, 0], "offset": 0}, "of_cut": )" +
                line + R"(, "exponent": 0.5})");
  };
  EXPECT_EQ(with_line(R"({"log_height_knots": [0], "slopes": [0], "offset": 0})"), "accepted");
  EXPECT_THAT(with("7"), HasSubstr("errors_by_noise.: must be an object"));
  EXPECT_THAT(with(R"({"exponent": 0.5})"), HasSubstr("errors_by_noise.of_whole"));
  EXPECT_THAT(with_line(R"({"log_height_knots": [0, 1], "slopes": [0], "offset": 0})"),
              HasSubstr("of_cut.slopes"));
  EXPECT_THAT(with_line(R"({"log_height_knots": [], "slopes": [], "offset": 0})"),
              HasSubstr("of_cut.log_height_knots"));
  EXPECT_THAT(with_line(R"({"log_height_knots": [0], "slopes": [null], "offset": 0})"),
              HasSubstr("of_cut.slopes"));
  EXPECT_THAT(with_line(R"({"log_height_knots": [0], "slopes": [0], "offset": 1e9})"),
              HasSubstr("of_cut.offset"));
}

TEST_F(HostileBundle, ThatIsAbsentOrAFileSaysWhatABundleIs) {
  std::filesystem::remove(script_);
  EXPECT_THAT(refusal(), HasSubstr("a model bundle is a directory"));
  std::filesystem::remove_all(bundle_);
  EXPECT_THAT(refusal(), HasSubstr("a model bundle is a directory"));
}

TEST_F(HostileBundle, IsNeverWrittenOverADirectoryThatHoldsAnythingElse) {
  const ModelBundle bundle = read_bundle(bundle_);
  replace_content(bundle_ / "thesis.tex", "years of work");
  EXPECT_THROW(write_bundle(bundle_, bundle.manifest, bundle.script), OutputError);
  EXPECT_EQ(content_of(bundle_ / "thesis.tex"), "years of work");
}

}  // namespace
}  // namespace braggd
