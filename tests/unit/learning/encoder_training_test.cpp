#include <gmock/gmock.h>
#include <limits>

#include <braggd/error.hpp>

#include "kernels/rei_encoder.hpp"
#include "learning/train_anomaly_encoder.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/inference/bundles.hpp"
#include "unit/learning/encoder_patches.hpp"

namespace braggd {
namespace {

EncoderTraining small(std::uint32_t epochs = 3) {
  EncoderTraining options;
  options.epochs = epochs;
  options.batch = 16;
  return options;
}

TrainedEncoder trained(const EncoderTraining& options, const std::vector<float>& patches = spot_patches(70),
                       const std::function<bool()>& stopped = {}) {
  return train_anomaly_encoder(
      patches, options, [](const EncoderProgress&) {}, stopped);
}

std::string refusal(const EncoderTraining& options, const std::vector<float>& patches = spot_patches(70)) {
  try {
    trained(options, patches);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(EncoderTraining, LowersTheLossAndDoesNotCollapse) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const std::vector<float> patches = spot_patches(256);
  EncoderTraining options = small(12);
  options.batch = 32;
  std::vector<EncoderProgress> seen;
  const TrainedEncoder encoder =
      train_anomaly_encoder(patches, options, [&](const EncoderProgress& now) { seen.push_back(now); });
  EXPECT_LT(encoder.last_loss, 0.6 * encoder.first_loss);
  EXPECT_EQ(encoder.epochs, 12U);
  EXPECT_FALSE(encoder.interrupted);
  ASSERT_EQ(seen.size(), 12U);
  EXPECT_EQ(seen.front().epoch, 1U);
  EXPECT_EQ(seen.front().loss, encoder.first_loss);
  EXPECT_EQ(seen.back().loss, encoder.last_loss);
  EXPECT_EQ(seen.back().seconds_left, 0);
  std::vector<float> embeddings(256 * rei_dimensions);
  ReiEncoder(encoder.weights, batch_statistics(encoder.weights, patches)).encode(patches, embeddings);
  for (std::size_t k = 0; k < rei_dimensions; ++k) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 256; ++i) {
      const double x = embeddings[i * rei_dimensions + k];
      sum += x / 256;
      squares += x * x / 256;
    }
    EXPECT_GT(std::sqrt(squares - sum * sum), 0.01) << k;
  }
}

TEST(EncoderTraining, GivesTheSameWeightsForTheSameSeedAndOthersForAnother) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  EncoderTraining options = small();
  const TrainedEncoder once = trained(options);
  EXPECT_EQ(once.weights.size(), rei_encoder_weights);
  EXPECT_EQ(once.weights, trained(options).weights);
  options.seed = 2;
  EXPECT_NE(once.weights, trained(options).weights);
}

TEST(EncoderTraining, CountsPatchesOnlyRelativelyAndFlatOnesAsZeros) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  std::vector<float> patches = spot_patches(32);
  std::fill_n(patches.begin(), 225, 0.0F);
  std::vector<float> doubled = patches;
  for (float& value : doubled) value *= 2;
  std::fill_n(doubled.begin(), 225, 9.0F);
  EXPECT_EQ(trained(small(2), patches).weights, trained(small(2), doubled).weights);
}

TEST(EncoderTraining, ThatWasStoppedAndTakenUpAgainEndsWithTheSameWeights) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const TrainedEncoder whole = trained(small());
  for (const int steps : {4, 6}) {  // at the end of an epoch of 4 steps, and within the next
    TemporaryDirectory directory;
    EncoderTraining options = small();
    options.checkpoint = directory.path() / "checkpoint";
    int asked = 0;
    const TrainedEncoder part = trained(options, spot_patches(70), [&] { return ++asked == steps; });
    ASSERT_TRUE(part.interrupted);
    ASSERT_EQ(part.epochs, 1U);
    ASSERT_NE(part.weights, whole.weights);
    const TrainedEncoder resumed = trained(options);
    EXPECT_EQ(resumed.weights, whole.weights);
    EXPECT_EQ(resumed.first_loss, whole.first_loss);
    EXPECT_EQ(resumed.last_loss, whole.last_loss);
    EXPECT_FALSE(resumed.interrupted);
    EXPECT_EQ(trained(options).weights, whole.weights);  // there is nothing left to do
  }
}

TEST(EncoderTraining, MayBeProlongedButNotShortened) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  TemporaryDirectory directory;
  EncoderTraining options = small(2);
  options.checkpoint = directory.path() / "checkpoint";
  trained(options);
  options.epochs = 3;
  EXPECT_EQ(trained(options).weights, trained(small(3)).weights);
  options.epochs = 2;
  EXPECT_THAT(refusal(options), testing::HasSubstr("more epochs already"));
}

TEST(EncoderTraining, RefusesACheckpointOfOtherOptionsOrPatches) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  TemporaryDirectory directory;
  EncoderTraining options = small(1);
  options.checkpoint = directory.path() / "checkpoint";
  trained(options);
  EncoderTraining other = options;
  other.learning_rate = 1e-3;
  EXPECT_THAT(refusal(other), testing::HasSubstr("another seed, batch, learning rate"));
  other = options;
  other.start_from = begun_encoder(8);
  EXPECT_THAT(refusal(other), testing::HasSubstr("encoder to start from"));
  EXPECT_THAT(refusal(options, spot_patches(70, 4)), testing::HasSubstr("other patches"));
  replace_content(options.checkpoint, content_of(options.checkpoint).substr(0, 1000));
  EXPECT_THAT(refusal(options), testing::HasSubstr("remove it to begin anew"));
}

TEST(EncoderTraining, GoesOnFromAnEncoderThatIsThere) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  EncoderTraining options = small(1);
  options.learning_rate = 1e-9;
  options.start_from = begun_encoder(8);
  const std::vector<float> weights = trained(options).weights;
  float off = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    off = std::max(off, std::abs(weights[i] - options.start_from[i]));
  }
  EXPECT_LT(off, 1e-6F);
}

TEST(EncoderTraining, RefusesOptionsAndPatchesThatItCannotLearnFrom) {
  EXPECT_THAT(refusal(small(), {}), testing::HasSubstr("no patches"));
  EXPECT_THAT(refusal(small(), spot_patches(15)), testing::HasSubstr("fewer than a batch of 16"));
  EXPECT_THAT(refusal(small(), std::vector<float>(300)), testing::HasSubstr("225 pixels each"));
  std::vector<float> broken = spot_patches(20);
  broken[3 * 225 + 7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal(small(), broken), testing::HasSubstr("patch 3"));
  EXPECT_THAT(refusal(small(0)), testing::HasSubstr("epoch"));
  EncoderTraining options = small();
  options.batch = 1;
  EXPECT_THAT(refusal(options), testing::HasSubstr("batch"));
  options = small();
  options.learning_rate = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(refusal(options), testing::HasSubstr("learning rate"));
  options = small();
  options.momentum = 1.5;
  EXPECT_THAT(refusal(options), testing::HasSubstr("momentum"));
  options = small();
  options.start_from = {1, 2, 3};
  EXPECT_THAT(refusal(options), testing::HasSubstr("37452"));
}

}  // namespace
}  // namespace braggd
