// Headers and tables of live results, read back as a subscriber reads them.
#include "wire/live_messages.hpp"

#include <cstring>
#include <gmock/gmock.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

namespace braggd {
namespace {

using nlohmann::json;
using ::testing::StartsWith;

ScanHeader header_of_scan() {
  ScanHeader header;
  header.scan_id = "scan \"1\"\n";
  header.shape = {100, 200};
  header.pixel_type = PixelType::u32;
  header.expected_frames = 7;
  header.omega_start_deg = 10;
  header.omega_step_deg = 0.5;
  return header;
}

// A value of a packed table by the name of its column.
template <class T>
T value_at(const std::vector<std::byte>& table, std::size_t record, std::string_view name) {
  for (std::size_t i = 0; i < live_columns.size(); ++i) {
    if (live_columns[i].name != name) continue;
    EXPECT_EQ(live_columns[i].dtype, (std::is_same_v<T, float> ? "<f4" : "<u4"));
    T value;
    std::memcpy(&value, table.data() + record * live_record_bytes + 4 * i, sizeof(T));
    return value;
  }
  ADD_FAILURE() << "no column " << name;
  return {};
}

TEST(LiveMessages, EveryColumnOfThePeakTableHoldsThatValueOfThePeak) {
  std::vector<Peak> peaks(3);
  Peak& peak = peaks[2];
  peak.row = 1234.56789, peak.col = 0.25, peak.row_error = 0.125F, peak.col_error = 0.5F;
  peak.sum_intensity = 1e6 + 1, peak.max_intensity = 65535, peak.sigma_row = 1.5F, peak.sigma_col = 2.5F;
  peak.anomaly_confidence = 0.75F, peak.n_pixels = 12, peak.component = 4'000'000'000U;
  peak.source = PositionSource::fit, peak.cluster = 17, peak.flags = touches_edge | not_located;
  std::vector<std::byte> table(peaks.size() * live_record_bytes);
  pack_live_peaks(peaks, table);
  EXPECT_EQ(value_at<float>(table, 2, "row"), 1234.56789F);
  EXPECT_EQ(value_at<float>(table, 2, "col"), 0.25F);
  EXPECT_EQ(value_at<float>(table, 2, "row_error"), 0.125F);
  EXPECT_EQ(value_at<float>(table, 2, "col_error"), 0.5F);
  EXPECT_EQ(value_at<float>(table, 2, "sum_intensity"), 1000001.F);
  EXPECT_EQ(value_at<float>(table, 2, "max_intensity"), 65535.F);
  EXPECT_EQ(value_at<float>(table, 2, "sigma_row"), 1.5F);
  EXPECT_EQ(value_at<float>(table, 2, "sigma_col"), 2.5F);
  EXPECT_EQ(value_at<float>(table, 2, "anomaly_confidence"), 0.75F);
  EXPECT_EQ(value_at<std::uint32_t>(table, 2, "n_pixels"), 12U);
  EXPECT_EQ(value_at<std::uint32_t>(table, 2, "component"), 4'000'000'000U);
  EXPECT_EQ(value_at<std::uint32_t>(table, 2, "position_source"), 2U);
  EXPECT_EQ(value_at<std::uint32_t>(table, 2, "cluster"), 17U);
  EXPECT_EQ(value_at<std::uint32_t>(table, 2, "flags"), 129U);
  EXPECT_TRUE(std::isnan(value_at<float>(table, 0, "row_error")));
  EXPECT_EQ(value_at<std::uint32_t>(table, 0, "cluster"), 65535U);
}

TEST(LiveMessages, AScanStartNamesTheColumnsAndBeginsWithItsTypeVersionAndNumber) {
  const std::string text = scan_start_header(42, header_of_scan(), "abc", false);
  EXPECT_THAT(text, StartsWith(R"({"type":"scan_start","v":1,"seq":42,)"));
  const json start = json::parse(text);
  EXPECT_EQ(start["scan_id"], "scan \"1\"\n");
  EXPECT_EQ(start["rows"], 100);
  EXPECT_EQ(start["cols"], 200);
  EXPECT_EQ(start["pixel_type"], "u32");
  EXPECT_EQ(start["expected_frames"], 7);
  EXPECT_EQ(start["configuration_sha256"], "abc");
  EXPECT_EQ(start["record_bytes"], 56);
  EXPECT_EQ(start["columns"].size(), live_columns.size());
  EXPECT_EQ(start["columns"][0], (json{{"name", "row"}, {"dtype", "<f4"}, {"unit", "px"}}));
  EXPECT_FALSE(start.contains("welcome"));
  EXPECT_EQ(json::parse(scan_start_header(42, header_of_scan(), "abc", true))["welcome"], true);
}

TEST(LiveMessages, AFrameSaysHowManyPeaksItHasOrWhyItWasDropped) {
  const ScanHeader scan = header_of_scan();
  auto list = std::make_shared<PeakList>();
  list->peaks.resize(5);
  Envelope envelope{
      .meta = {}, .dropped = DropReason::none, .product = std::shared_ptr<const PeakList>(list), .lease = {}};
  envelope.meta.index = 3;
  envelope.meta.frame_number = 103;
  ReiCounts so_far;
  so_far.n_patches = 100;
  so_far.n_low = 20;
  const std::string text = frame_header(9, scan, envelope, &so_far);
  EXPECT_THAT(text, StartsWith(R"({"type":"frame","v":1,"seq":9,)"));
  const json frame = json::parse(text);
  EXPECT_EQ(frame["frame"], 3);
  EXPECT_EQ(frame["frame_number"], 103);
  EXPECT_EQ(frame["omega_deg"], 11.75);
  EXPECT_EQ(frame["n_peaks"], 5);
  EXPECT_EQ(frame["anomaly"]["rei"], 0.2);
  EXPECT_NEAR(frame["anomaly"]["rei_error"], 0.04, 1e-12);
  EXPECT_FALSE(frame.contains("dropped"));
  const Envelope tombstone{
      .meta = envelope.meta, .dropped = DropReason::decode_error, .product = {}, .lease = {}};
  const json dropped = json::parse(frame_header(10, scan, tombstone, nullptr));
  EXPECT_EQ(dropped["dropped"], "decode_error");
  EXPECT_EQ(dropped["n_peaks"], 0);
  EXPECT_FALSE(dropped.contains("anomaly"));
}

TEST(LiveMessages, AScanEndHasTheLedgerAndTheVerdictOnItsAnomaly) {
  ScanSummary summary;
  summary.scan_id = "s";
  summary.status = ExitStatus::incomplete;
  summary.reason = "2 frames are missing";
  summary.ledger.missing = 2;
  std::optional<AnomalySummary> anomaly;
  const json plain = json::parse(scan_end_header(1, {summary, {}, anomaly}, nullptr));
  EXPECT_EQ(plain["exit_status"], "incomplete");
  EXPECT_EQ(plain["reason"], "2 frames are missing");
  EXPECT_EQ(plain["ledger"]["missing"], 2);
  EXPECT_EQ(plain["ledger"]["dropped_decode_error"], 0);
  EXPECT_FALSE(plain.contains("anomaly"));
  anomaly.emplace();
  anomaly->decision = AnomalyDecision::changed;
  anomaly->changed_frame = 39;
  anomaly->rei = std::numeric_limits<double>::quiet_NaN();
  const json judged = json::parse(scan_end_header(1, {summary, {}, anomaly}, nullptr));
  EXPECT_EQ(judged["anomaly"]["decision"], "changed");
  EXPECT_EQ(judged["anomaly"]["changed_frame"], 39);
  EXPECT_TRUE(judged["anomaly"]["rei"].is_null());
}

TEST(LiveMessages, BytesThatAreNoTextBecomeTextAndAFileWithoutADigestSaysSo) {
  const json file = json::parse(file_finalised_header(1, "\xff\xfe", "/data/a.h5", std::nullopt, 17));
  EXPECT_EQ(file["type"], "file_finalised");
  EXPECT_EQ(file["path"], "/data/a.h5");
  EXPECT_TRUE(file["sha256"].is_null());
  EXPECT_EQ(file["bytes"], 17);
  EXPECT_EQ(file["scan_id"], "\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace braggd
