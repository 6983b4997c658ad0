#include "sinks/nexus_file.hpp"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>

#include "formats/result_file.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/sinks/nexus_file_samples.hpp"

namespace braggd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::uint64_t> in_order(std::uint64_t frames) {
  std::vector<std::uint64_t> order(frames);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  return order;
}

class NexusFileTest : public testing::Test {
 protected:
  NexusFileConfig config() const {
    NexusFileConfig config;
    config.directory = directory_.path();
    return config;
  }
  TemporaryDirectory directory_;
};

TEST_F(NexusFileTest, EveryColumnOfAFrameAndItsPeaksIsInItsPlace) {
  const auto path = write_sample_result(config(), 3, in_order(3));
  EXPECT_EQ(path, directory_ / "scan.h5");
  const auto file = hdf5::open_file(path);
  EXPECT_THAT(numbers(file, "/entry/frames/frame_number"), ElementsAre(500, 501, 502));
  EXPECT_THAT(numbers(file, "/entry/frames/omega_deg"), ElementsAre(10.25, 10.75, 11.25));
  EXPECT_THAT(numbers(file, "/entry/frames/status"), ElementsAre(0, 0, 0));
  EXPECT_THAT(numbers(file, "/entry/frames/n_peaks"), ElementsAre(0, 2, 4));
  EXPECT_THAT(numbers(file, "/entry/frames/n_pixels"), ElementsAre(1, 5, 9));
  EXPECT_THAT(numbers(file, "/entry/frames/n_too_small"), ElementsAre(1, 1, 1));
  EXPECT_THAT(numbers(file, "/entry/frames/n_too_big"), ElementsAre(2, 2, 2));
  EXPECT_THAT(numbers(file, "/entry/frames/received_ns"), ElementsAre(1e6, 1e6 + 1, 1e6 + 2));
  EXPECT_THAT(numbers(file, "/entry/frames/wire_bytes"), ElementsAre(77, 78, 79));
  EXPECT_THAT(numbers(file, "/entry/peaks/frame_offsets"), ElementsAre(0, 0, 2, 6));
  EXPECT_THAT(numbers(file, "/entry/peaks/frame"), ElementsAre(1, 1, 2, 2, 2, 2));
  EXPECT_THAT(numbers(file, "/entry/peaks/component"), ElementsAre(0, 1, 0, 1, 2, 3));
  EXPECT_THAT(numbers(file, "/entry/peaks/omega_deg"), ElementsAre(10.75, 10.75, 11.25, 11.25, 11.25, 11.25));
  EXPECT_THAT(numbers(file, "/entry/peaks/row"), ElementsAre(10.25, 11.25, 10.25, 11.25, 12.25, 13.25));
  EXPECT_THAT(numbers(file, "/entry/peaks/col"), ElementsAre(21.5, 21.5, 22.5, 22.5, 22.5, 22.5));
  EXPECT_THAT(numbers(file, "/entry/peaks/sum_intensity"),
              ElementsAre(1001, 1001.125, 1002, 1002.125, 1002.25, 1002.375));
  EXPECT_EQ(numbers(file, "/entry/peaks/centroid_row").at(1), 11.375);
  EXPECT_EQ(numbers(file, "/entry/peaks/centroid_col").at(0), 21.625);
  EXPECT_EQ(numbers(file, "/entry/peaks/max_intensity").at(0), 600);
  EXPECT_EQ(numbers(file, "/entry/peaks/n_pixels").at(0), 2);
  EXPECT_EQ(numbers(file, "/entry/peaks/row_begin").at(1), 11);
  EXPECT_EQ(numbers(file, "/entry/peaks/row_end").at(1), 12);
  EXPECT_EQ(numbers(file, "/entry/peaks/col_begin").at(0), 20);
  EXPECT_EQ(numbers(file, "/entry/peaks/col_end").at(0), 22);
  EXPECT_EQ(numbers(file, "/entry/peaks/sigma_row").at(0), 0.5);
  EXPECT_EQ(numbers(file, "/entry/peaks/sigma_col").at(0), 0.75);
  EXPECT_EQ(numbers(file, "/entry/peaks/position_source").at(0), 0);
  EXPECT_EQ(numbers(file, "/entry/peaks/flags").at(0), touches_edge | saturated);
  EXPECT_TRUE(std::isnan(numbers(file, "/entry/peaks/row_error").at(0)));
  EXPECT_TRUE(std::isnan(numbers(file, "/entry/peaks/col_error").at(0)));
}

TEST_F(NexusFileTest, PlotsAndDefaultsLeadFromTheRootToTheCounts) {
  const auto file = hdf5::open_file(write_sample_result(config(), 3, in_order(3)));
  EXPECT_EQ(hdf5::read_attribute_text(file, "/", "default"), "entry");
  EXPECT_EQ(hdf5::read_attribute_text(file, "/entry", "default"), "peaks_per_frame");
  EXPECT_EQ(hdf5::read_attribute_text(file, "/entry", "NX_class"), "NXentry");
  EXPECT_EQ(hdf5::read_attribute_text(file, "/entry/peaks_per_frame", "signal"), "n_peaks");
  EXPECT_EQ(hdf5::read_attribute_text(file, "/entry/peaks", "signal"), "sum_intensity");
  EXPECT_THAT(numbers(file, "/entry/peaks_per_frame/n_peaks"), ElementsAre(0, 2, 4));
  EXPECT_THAT(numbers(file, "/entry/peaks_per_frame/frame_number"), ElementsAre(500, 501, 502));
  EXPECT_THAT(numbers(file, "/entry/sample/rotation_angle"), ElementsAre(10.25, 10.75, 11.25));
  EXPECT_EQ(hdf5::read_attribute_text(file, "/entry/sample/rotation_angle", "units"), "deg");
  EXPECT_THAT(*hdf5::read_attribute_text(file, "/entry/frames/status", "legend"),
              HasSubstr("4 decode error"));
  EXPECT_THAT(*hdf5::read_attribute_text(file, "/entry/peaks/flags", "legend"), HasSubstr("128 not_located"));
}

TEST_F(NexusFileTest, RunsOfZeroOneAndTwoFramesAreFilesLikeAnyOther) {
  for (const std::uint64_t frames : {0U, 1U, 2U}) {
    for (const bool announced : {true, false}) {
      const auto file = hdf5::open_file(write_sample_result(config(), frames, in_order(frames), announced));
      EXPECT_EQ(numbers(file, "/entry/frames/status").size(), frames);
      EXPECT_EQ(numbers(file, "/entry/peaks_per_frame/n_peaks").size(), frames);
      EXPECT_EQ(numbers(file, "/entry/peaks/frame_offsets").size(), frames + 1);
      EXPECT_EQ(numbers(file, "/entry/peaks/row").size(), frames == 2 ? 2U : 0U);
      EXPECT_EQ(hdf5::read_text(file, "/entry/exit_status"), "complete");
    }
  }
}

TEST_F(NexusFileTest, FramesWithoutAResultAreRowsWithTheirReason) {
  const auto header = sample_header(11);
  NexusFile sink(config(), sample_context(header));
  const std::vector<DropReason> reasons{
      DropReason::missing,       DropReason::decode_error, DropReason::wrong_shape,
      DropReason::back_pressure, DropReason::too_large,    DropReason::too_many_pixels,
      DropReason::stage_error,   DropReason::output_error, DropReason::aborted};
  for (std::uint64_t i = 0; i < reasons.size(); ++i) sink.consume(sample_tombstone(*header, i, reasons[i]));
  auto timed_out = sample_envelope(*header, 9, 0);
  auto list = std::make_shared<PeakList>(*timed_out.get<PeakList>());
  list->status = frame_timed_out | frame_not_finite;
  timed_out.product = std::shared_ptr<const PeakList>(list);
  sink.consume(timed_out);
  const auto file = hdf5::open_file(sink.finish(complete_summary(11)));  // frame 10 never came
  EXPECT_THAT(numbers(file, "/entry/frames/status"), ElementsAre(1, 4, 4, 2, 2, 8, 8, 8, 8, 48, 1));
  EXPECT_THAT(numbers(file, "/entry/frames/frame_number"),
              ElementsAre(500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 10));
  EXPECT_EQ(numbers(file, "/entry/frames/omega_deg").at(10), 15.25);
  EXPECT_EQ(numbers(file, "/entry/frames/received_ns").at(10), 0);
  EXPECT_EQ(numbers(file, "/entry/peaks/frame_offsets").size(), 12U);
}

TEST_F(NexusFileTest, TheSummaryTellsWhatWasWritten) {
  const auto header = sample_header(3);
  NexusFile sink(config(), sample_context(header));
  sink.consume(sample_envelope(*header, 2, 4));
  sink.consume(sample_tombstone(*header, 0, DropReason::decode_error));
  ScanSummary summary;
  summary.status = ExitStatus::incomplete;
  summary.reason = "1 frames are missing";
  summary.ledger.expected = 3;
  summary.ledger.received = 2;
  summary.ledger.written = summary.ledger.processed = 1;
  summary.ledger.missing = 1;
  summary.ledger.dropped[static_cast<std::size_t>(DropReason::decode_error)] = 1;
  summary.ledger.t_last_ns = 18446744073709551615U;
  const auto result = read_result_summary(sink.finish(summary), 2);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->creator, HasSubstr("braggd "));
  EXPECT_EQ(result->scan_id, "scan");
  EXPECT_EQ(result->exit_status, "incomplete");
  EXPECT_EQ(result->reason, "1 frames are missing");
  EXPECT_EQ(result->frames, 3U);
  EXPECT_EQ(result->frames_with_status, 2U);
  EXPECT_EQ(result->peaks, 4U);
  EXPECT_EQ(result->omega_range_deg, std::pair(10.25, 11.25));
  EXPECT_EQ(result->ledger.at("expected"), 3U);
  EXPECT_EQ(result->ledger.at("dropped_decode_error"), 1U);
  EXPECT_EQ(result->ledger.at("dropped_aborted"), 0U);
  EXPECT_EQ(result->ledger.at("t_last_ns"), 18446744073709551615U);
  EXPECT_FALSE(result->ledger.contains("dropped_missing"));
  ASSERT_EQ(result->brightest.size(), 2U);
  EXPECT_EQ(result->brightest[0].sum_intensity, 1002.375);
  EXPECT_EQ(result->brightest[0].frame, 2U);
  EXPECT_EQ(result->brightest[1].sum_intensity, 1002.25);
  ASSERT_EQ(result->processes.size(), 2U);
  EXPECT_EQ(result->processes[1].type, "find_components");
  EXPECT_THAT(result->processes[0].parameters,
              ElementsAre(std::pair("at_least", "26.5"), std::pair("strict", "1")));
  EXPECT_EQ(result->configuration, "version: 1\n# µ: a comment\n");
}

TEST_F(NexusFileTest, PixelsOfPeaksNameTheirPeakAndKeepTheDetectorsType) {
  auto with_pixels = config();
  with_pixels.keep_pixels = KeepPixels::peaks;
  const auto file = hdf5::open_file(write_sample_result(with_pixels, 3, in_order(3)));
  EXPECT_THAT(numbers(file, "/entry/pixels/frame_offsets"), ElementsAre(0, 0, 4, 12));
  EXPECT_THAT(numbers(file, "/entry/pixels/peak"), ElementsAre(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5));
  EXPECT_THAT(numbers(file, "/entry/pixels/row"),
              ElementsAre(10, 10, 11, 11, 10, 10, 11, 11, 12, 12, 13, 13));
  EXPECT_EQ(numbers(file, "/entry/pixels/col").at(1), 21);
  EXPECT_EQ(numbers(file, "/entry/pixels/intensity").at(11), 403);
  const auto intensity = hdf5::open_object(file, "/entry/pixels/intensity");
  const auto type = hdf5::own("type", [&] { return H5Dget_type(intensity.id()); });
  EXPECT_GT(H5Tequal(type.id(), H5T_STD_U16LE), 0);
}

TEST_F(NexusFileTest, AllPixelsIncludeThoseOfNoPeak) {
  auto with_pixels = config();
  with_pixels.keep_pixels = KeepPixels::all;
  const auto file = hdf5::open_file(write_sample_result(with_pixels, 3, in_order(3)));
  EXPECT_THAT(numbers(file, "/entry/pixels/frame_offsets"), ElementsAre(0, 1, 6, 15));
  EXPECT_EQ(numbers(file, "/entry/pixels/intensity").at(6), 2);
  EXPECT_FALSE(hdf5::exists(file, "/entry/pixels/peak"));
}

TEST_F(NexusFileTest, IntensitiesThatGetAFractionLateBecomeFloatsFromTheFirstOn) {
  auto with_pixels = config();
  with_pixels.keep_pixels = KeepPixels::all;
  const auto header = sample_header(200);
  NexusFile sink(with_pixels, sample_context(header));
  std::size_t expected = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    auto envelope = sample_envelope(*header, i, 2);
    const auto& list = *envelope.get<PeakList>();
    auto pixels = std::make_shared<SparseFrame>(*list.components->pixels);
    pixels->index.resize(1000, 8);
    pixels->value.resize(1000, 7);
    if (i == 190) pixels->value[5] = 0.1F;
    auto components = std::make_shared<ComponentList>(*list.components);
    components->pixels = pixels;
    auto changed = std::make_shared<PeakList>(list);
    changed->components = components;
    envelope.product = std::shared_ptr<const PeakList>(changed);
    sink.consume(envelope);
    expected += 1000;
  }
  const auto file = hdf5::open_file(sink.finish(complete_summary(200)));
  const auto intensity = numbers(file, "/entry/pixels/intensity");
  ASSERT_EQ(intensity.size(), expected);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(intensity[i * 1000], static_cast<double>(i % 60));
    EXPECT_EQ(intensity[i * 1000 + 1], 400);
    EXPECT_EQ(intensity[i * 1000 + 999], 7);
  }
  EXPECT_EQ(intensity[190 * 1000 + 5], static_cast<double>(0.1F));
}

TEST_F(NexusFileTest, KeepingPixelsThatNobodyPassesOnIsAnError) {
  auto with_pixels = config();
  with_pixels.keep_pixels = KeepPixels::peaks;
  const auto header = sample_header(1);
  NexusFile sink(with_pixels, sample_context(header));
  auto envelope = sample_envelope(*header, 0, 1);
  auto bare = std::make_shared<PeakList>(*envelope.get<PeakList>());
  bare->components = nullptr;
  envelope.product = std::shared_ptr<const PeakList>(bare);
  EXPECT_THROW(sink.consume(envelope), OutputError);
}

TEST_F(NexusFileTest, ASecondScanOfTheSameNameGetsANumberAndAStrangeNameIsCleaned) {
  EXPECT_EQ(write_sample_result(config(), 1, {0}), directory_ / "scan.h5");
  EXPECT_EQ(write_sample_result(config(), 1, {0}), directory_ / "scan_2.h5");
  EXPECT_EQ(write_sample_result(config(), 1, {0}), directory_ / "scan_3.h5");
  const auto header = sample_header(0);
  header->scan_id = "../../etc/passwd";
  NexusFile sink(config(), sample_context(header));
  EXPECT_EQ(sink.finish(complete_summary(0)).parent_path(), directory_.path());
}

TEST_F(NexusFileTest, AnAbandonedScanLeavesItsUnfinishedFile) {
  const auto header = sample_header(2);
  {
    NexusFile sink(config(), sample_context(header));
    sink.consume(sample_envelope(*header, 0, 3));
    sink.abandon();
  }
  EXPECT_TRUE(std::filesystem::exists(directory_ / "scan.h5.part"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "scan.h5"));
}

TEST_F(NexusFileTest, ADirectoryThatIsAFileIsRefusedByTheCheckAndByTheSink) {
  std::ofstream(directory_ / "file") << "x";
  auto wrong = config();
  wrong.directory = directory_ / "file";
  EXPECT_THROW(NexusFile::check(wrong), ConfigError);
  EXPECT_THROW(NexusFile(wrong, sample_context(sample_header(1))), OutputError);
  wrong.directory = directory_ / "not" / "yet";
  NexusFile::check(wrong);
  EXPECT_TRUE(std::filesystem::exists(write_sample_result(wrong, 1, {0})));
}

}  // namespace
}  // namespace braggd
