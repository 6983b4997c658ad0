#include "learning/model_store.hpp"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "learning/sqlite_database.hpp"
#include "unit/learning/tried_store.hpp"

namespace braggd {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ModelRecords, AManifestOfAModelThatScoresScansGivesItsBaseline) {
  ModelManifest manifest;
  manifest.name = "steel";
  manifest.task = score_anomaly_task;
  manifest.anomaly.emplace();
  manifest.anomaly->histogram = {0.75, 0.25};
  manifest.anomaly->threshold = 0.3;
  manifest.anomaly->rei_mean = 0.1;
  const ModelBaseline baseline = record_of(manifest).baseline.value();
  EXPECT_THAT(baseline.histogram, ElementsAre(0.75, 0.25));
  EXPECT_EQ(baseline.threshold, 0.3);
  EXPECT_EQ(baseline.rei_mean, 0.1);
  EXPECT_TRUE(std::isnan(baseline.rei_sd));
}

TEST_F(ModelStoreTest, AModelComesBackAsItWasRegistered) {
  store_.add_scan(some_scan("first"));
  store_.add_scan(some_scan("second"));
  const std::string parent = add(store_, "fast", "parent");
  ModelRecord record = record_of(write_tiny_bundle(work_ / "bundle", "fast", "child"));
  record.parent_id = parent;
  record.reason = "a domain of its own";
  record.trained_from = {"first", "second"};
  record.baseline = ModelBaseline{0.11, 0.02, 0.4, {1, 2.5, 0}};
  store_.add_model(work_ / "bundle", record);

  const ModelRecord found = store_.model(record.id).value();
  EXPECT_EQ(found.id, record.id);
  EXPECT_EQ(found.name, "fast");
  EXPECT_EQ(found.task, "locate_peaks");
  EXPECT_EQ(found.parent_id, parent);
  EXPECT_EQ(found.patch_px, 11U);
  EXPECT_EQ(found.script_sha256, record.script_sha256);
  EXPECT_THAT(found.created, testing::MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z"));
  EXPECT_EQ(found.seed, 18446744073709551615U);
  EXPECT_THAT(found.training, HasSubstr("patches_seen"));
  EXPECT_THAT(found.accuracy, HasSubstr("mean_px"));
  EXPECT_EQ(found.baseline->rei_mean, 0.11);
  EXPECT_EQ(found.baseline->threshold, 0.4);
  EXPECT_THAT(found.baseline->histogram, ElementsAre(1, 2.5, 0));
  EXPECT_EQ(found.status, ModelStatus::candidate);
  EXPECT_EQ(found.reason, "a domain of its own");
  EXPECT_THAT(found.trained_from, ElementsAre("first", "second"));
  EXPECT_EQ(store_.models().size(), 2U);
  EXPECT_EQ(read_bundle(store_.bundle(found.id)).manifest.id, found.id);
  EXPECT_THAT(store_.problems(), IsEmpty());
}

TEST_F(ModelStoreTest, ABaselineWithoutRepeatsHasNoMeanAndAModelWithoutBaselineNone) {
  const std::string with = add(store_, "scores", "x", ModelBaseline{NAN, NAN, 0.4, {1, 1}});
  EXPECT_TRUE(std::isnan(store_.model(with)->baseline->rei_mean));
  EXPECT_FALSE(store_.model(add(store_, "locates", "x"))->baseline);
}

TEST_F(ModelStoreTest, TheSameModelTwiceIsOneAndADamagedBundleIsMended) {
  const std::string id = add(store_, "fast", "x");
  const ModelRecord record = record_of(read_bundle(work_ / "bundle").manifest);
  EXPECT_EQ(store_.add_model(work_ / "bundle", record), ModelStore::Added::already_there);
  std::ofstream(store_.bundle(id) / "script.pt") << "overwritten";
  EXPECT_THAT(store_.problems(), ElementsAre(HasSubstr("script.pt")));
  EXPECT_EQ(store_.add_model(work_ / "bundle", record), ModelStore::Added::mended);
  EXPECT_THAT(store_.problems(), IsEmpty());
  EXPECT_EQ(store_.models().size(), 1U);
}

TEST_F(ModelStoreTest, AnotherManifestToTheSameScriptIsRefused) {
  add(store_, "fast", "x");
  ModelBundle bundle = read_bundle(work_ / "bundle");
  bundle.manifest.tolerance_px *= 2;
  write_bundle(work_ / "bundle", bundle.manifest, bundle.script);
  EXPECT_THAT(
      refused_with<InputError>([&] { store_.add_model(work_ / "bundle", record_of(bundle.manifest)); }),
      HasSubstr("with another manifest"));
}

TEST_F(ModelStoreTest, AModelMayHaveAnotherNameInTheStore) {
  ModelRecord record = record_of(write_tiny_bundle(work_ / "bundle", "fast", "x"));
  record.name = "mine";
  record.id = "mine" + record.id.substr(record.id.find('@'));
  EXPECT_EQ(store_.add_model(work_ / "bundle", record), ModelStore::Added::added);
  EXPECT_EQ(store_.add_model(work_ / "bundle", record), ModelStore::Added::already_there);
  EXPECT_EQ(store_.find_model("mine").id, record.id);
  EXPECT_EQ(read_bundle(store_.bundle(record.id)).manifest.name, "mine");
  EXPECT_THAT(store_.problems(), IsEmpty());
}

TEST_F(ModelStoreTest, ARecordThatDisagreesWithItsBundleIsRefused) {
  const ModelRecord good = record_of(write_tiny_bundle(work_ / "bundle", "fast", "x"));
  const auto refused = [&](auto spoil) {
    ModelRecord bad = good;
    spoil(bad);
    return refused_with<InputError>([&] { store_.add_model(work_ / "bundle", bad); });
  };
  EXPECT_THAT(refused([](ModelRecord& r) { r.task = "score_anomaly"; }), HasSubstr("differs from it"));
  EXPECT_THAT(refused([](ModelRecord& r) { r.patch_px = 15; }), HasSubstr("differs from it"));
  EXPECT_THAT(refused([](ModelRecord& r) { r.id = "fast@000000000000"; }), HasSubstr("its id must be"));
  EXPECT_THAT(refused([](ModelRecord& r) { r.name = "../../fast"; }), HasSubstr("its name must be"));
  EXPECT_THAT(refused([](ModelRecord& r) { r.parent_id = "nobody@000000000000"; }), HasSubstr("its parent"));
  EXPECT_THAT(refused([](ModelRecord& r) { r.trained_from = {"no scan"}; }), HasSubstr("no scan"));
  EXPECT_THAT(refused([](ModelRecord& r) { r.training = "{"; }), HasSubstr("must be JSON"));
  EXPECT_THAT(refused([](ModelRecord& r) { r.baseline = ModelBaseline{}; }), HasSubstr("histogram"));
  EXPECT_THAT(store_.models(), IsEmpty());
  EXPECT_THAT(store_.problems(), IsEmpty());  // and no bundle is left
}

TEST_F(ModelStoreTest, OneModelOfANameIsActive) {
  const std::string first = add(store_, "fast", "1"), second = add(store_, "fast", "2"),
                    other = add(store_, "slow", "3");
  EXPECT_FALSE(store_.active_model("fast"));
  store_.promote(first);
  store_.promote(other);
  store_.promote(second, "is better");
  EXPECT_EQ(store_.active_model("fast")->id, second);
  EXPECT_EQ(store_.active_model("fast")->reason, "is better");
  EXPECT_EQ(store_.model(first)->status, ModelStatus::retired);
  EXPECT_EQ(store_.model(first)->reason, "replaced by " + second);
  EXPECT_EQ(store_.active_model("slow")->id, other);
  store_.promote(first);  // back again
  EXPECT_EQ(store_.model(first)->reason, "");
  EXPECT_EQ(store_.model(second)->status, ModelStatus::retired);
  store_.retire(first, "drifts");
  EXPECT_FALSE(store_.active_model("fast"));
  EXPECT_EQ(store_.model(first)->reason, "drifts");
}

TEST_F(ModelStoreTest, WhatIsNotThereOrDamagedIsNotPromoted) {
  const std::string id = add(store_, "fast", "1");
  store_.promote(id);
  EXPECT_THAT(refused_with<ConfigError>([&] { store_.promote("fast@ffffffffffff"); }),
              HasSubstr("there is no model"));
  EXPECT_THAT(refused_with<ConfigError>([&] { store_.retire("fast@ffffffffffff"); }),
              HasSubstr("there is no model"));
  const std::string damaged = add(store_, "fast", "2");
  fs::remove(store_.bundle(damaged) / "script.pt");
  EXPECT_THAT(refused_with<ConfigError>([&] { store_.promote(damaged); }), HasSubstr("script.pt"));
  EXPECT_EQ(store_.active_model("fast")->id, id);
}

TEST_F(ModelStoreTest, ModelsAreFoundByIdNameAndTheBeginningOfOneId) {
  const std::string first = add(store_, "fast", "1"), second = add(store_, "fast", "2");
  const std::string only = add(store_, "slow", "3");
  EXPECT_EQ(store_.find_model(first).id, first);
  EXPECT_EQ(store_.find_model("slow").id, only);
  EXPECT_EQ(store_.find_model(only.substr(0, 8)).id, only);
  EXPECT_THAT(refused_with<ConfigError>([&] { store_.find_model("fast"); }),
              testing::AllOf(HasSubstr(first + " (candidate)"), HasSubstr(second), HasSubstr("promote")));
  store_.promote(second);
  EXPECT_EQ(store_.find_model("fast").id, second);
  EXPECT_THAT(refused_with<ConfigError>([&] { store_.find_model("fast@"); }), HasSubstr("may be any of"));
  EXPECT_THAT(refused_with<ConfigError>([&] { store_.find_model("fats"); }),
              HasSubstr("did you mean 'fast'?"));
  EXPECT_THAT(refused_with<ConfigError>([&] { store_.find_model("%"); }), HasSubstr("there is no model '%'"));
  EXPECT_THAT(refused_with<ConfigError>([&] { store_.find_model(""); }), HasSubstr("may be any of"));
}

TEST_F(ModelStoreTest, ScansAreRegisteredAndBroughtUpToDate) {
  ScanRecord scan = some_scan("ruby");
  store_.add_scan(scan);
  const std::string added = store_.scan("ruby")->added;
  scan.load_mpa = 350.5;
  scan.first_omega_deg.reset();
  store_.add_scan(scan);
  const ScanRecord found = store_.scan("ruby").value();
  EXPECT_EQ(found.load_mpa, 350.5);
  EXPECT_FALSE(found.first_omega_deg);
  EXPECT_EQ(found.last_omega_deg, 179.75);
  EXPECT_EQ(found.n_frames, 1440U);
  EXPECT_EQ(found.detector, "GE3");
  EXPECT_EQ(found.added, added);
  EXPECT_EQ(store_.n_scans(), 1U);
  EXPECT_FALSE(store_.scan("sapphire"));
  scan.id = "bell\a";
  EXPECT_THAT(refused_with<InputError>([&] { store_.add_scan(scan); }), HasSubstr("printable"));
  scan = some_scan("large");
  scan.file_bytes = std::uint64_t{1} << 63U;
  EXPECT_THAT(refused_with<InputError>([&] { store_.add_scan(scan); }), HasSubstr("9223372036854775808"));
}

TEST_F(ModelStoreTest, PatchesAreFilesOfTheStoreAndOfAScan) {
  PatchSetRecord set{"ruby-100", "ruby", "patches/ruby.h5", 0, 5000, 100, 15, {}};
  EXPECT_THAT(refused_with<InputError>([&] { store_.add_patch_set(set); }),
              HasSubstr("ruby.h5: cannot be registered"));
  std::ofstream(work_ / "store/patches/ruby.h5") << "12345";
  EXPECT_THAT(refused_with<InputError>([&] { store_.add_patch_set(set); }),
              HasSubstr("scan ruby, which is not registered"));
  store_.add_scan(some_scan("ruby"));
  store_.add_patch_set(set);
  const auto sets = store_.patch_sets("ruby");
  ASSERT_EQ(sets.size(), 1U);
  EXPECT_EQ(sets[0].file_bytes, 5U);
  EXPECT_EQ(sets[0].n_patches, 5000U);
  EXPECT_EQ(sets[0].patch_px, 15U);
  set.id = "another";
  EXPECT_THAT(refused_with<InputError>([&] { store_.add_patch_set(set); }), HasSubstr("patches/ruby.h5"));
  for (const char* file : {"/etc/passwd", "patches/../metadata.sqlite", "bundles/x", "patches", "patches/"}) {
    set.file = file;
    EXPECT_THAT(refused_with<InputError>([&] { store_.add_patch_set(set); }),
                HasSubstr("must lie in the store's patches/"));
  }
  EXPECT_THAT(store_.problems(), IsEmpty());
  std::ofstream(work_ / "store/patches/ruby.h5") << "1234";
  EXPECT_THAT(store_.problems(), ElementsAre(HasSubstr("had 5 when it was registered")));
}

TEST_F(ModelStoreTest, ScoresAreReplacedByNewerOnesOfTheSameScanModelAndMode) {
  const std::string model = add(store_, "scores", "x");
  for (const char* scan : {"b", "a"}) store_.add_scan(some_scan(scan));
  for (const char* scan : {"b", "a"}) store_.add_score(some_score(scan, model));
  ScoreRecord again = some_score("a", model);
  again.rei = NAN;
  again.decision = AnomalyDecision::changed;
  again.changed_frame = 720;
  store_.add_score(again);
  again.mode = ReiMode::compat;
  store_.add_score(again);
  const auto scores = store_.scores(model);
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_EQ(scores[1].scan_id + scores[2].scan_id, "ab");
  EXPECT_EQ(scores[2].rei, 0.12);
  const ScoreRecord found = store_.score("a", model, ReiMode::stream).value();
  EXPECT_TRUE(std::isnan(found.rei));
  EXPECT_EQ(found.decision, AnomalyDecision::changed);
  EXPECT_EQ(found.changed_frame, 720U);
  EXPECT_FALSE(store_.score("b", model, ReiMode::compat));
}

TEST_F(ModelStoreTest, AScoreOfWhatIsNotRegisteredSaysWhatIsMissing) {
  const std::string model = add(store_, "scores", "x");
  EXPECT_THAT(refused_with<InputError>([&] { store_.add_score(some_score("a", model)); }),
              HasSubstr("the scan 'a'"));
  store_.add_scan(some_scan("a"));
  EXPECT_THAT(refused_with<InputError>([&] { store_.add_score(some_score("a", "x@1")); }),
              HasSubstr("the model 'x@1'"));
  ScoreRecord wrong = some_score("a", model);
  wrong.n_low = wrong.n_patches + 1;
  EXPECT_THAT(refused_with<InputError>([&] { store_.add_score(wrong); }), HasSubstr("n_low"));
  EXPECT_THAT(store_.scores(model), IsEmpty());
}

}  // namespace
}  // namespace braggd
