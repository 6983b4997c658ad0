#include "sinks/result_writer.hpp"

#include <optional>

#include "formats/hdf5_values.hpp"
#include "sinks/anomaly_layout.hpp"
#include "sinks/kept_pixels.hpp"
#include "sinks/result_layout.hpp"
#include "sinks/row_table.hpp"

namespace braggd {

namespace {

constexpr std::uint64_t frame_chunk_rows = 8192;
constexpr std::uint64_t peak_chunk_rows = 16384;

}  // namespace

struct ResultWriter::Content {
  hdf5::Handle entry;
  hdf5::Handle frames_group;
  hdf5::Handle peaks_group;
  RowTable<FrameRow> frames;
  RowTable<PeakRow> peaks;
  RowTable<OffsetRow> offsets;
  std::optional<KeptPixels> pixels;
  std::optional<ScanTally> tally;
  double first_omega_deg;

  Content(const hdf5::OutputFile& output, const SinkContext& context, KeepPixels keep)
      : entry(create_entry(output.file(), *context.header)),
        frames_group(create_plot(entry, "frames", "n_peaks", {"frame_number"})),
        peaks_group(create_plot(entry, "peaks", "sum_intensity", {"col", "row"})),
        frames(output, frames_group, frame_columns(), frame_chunk_rows, Packing::compressed),
        peaks(output, peaks_group, peak_columns(), peak_chunk_rows, Packing::compressed),
        offsets(output, peaks_group, offset_columns(), frame_chunk_rows, Packing::compressed),
        first_omega_deg(context.header->omega_of(0)) {
    offsets.append(OffsetRow{});
    if (keep != KeepPixels::none) pixels.emplace(output, entry, context.header->pixel_type, keep);
    link_columns(entry);
    if (context.provenance) write_provenance(entry, *context.provenance);
  }

  void append(const FrameResult& result) {
    if (pixels) pixels->append(result.pixels, peaks.rows());
    if (result.scored && tally) tally->add(frames.rows(), result.frame.omega_deg, result.anomaly);
    frames.append(result.frame);
    peaks.append(std::span<const PeakRow>(result.peaks));
    offsets.append(OffsetRow{peaks.rows()});
  }

  void flush() {
    frames.flush();
    peaks.flush();
    offsets.flush();
    if (pixels) pixels->flush();
  }
};

ResultWriter::ResultWriter(const std::filesystem::path& path, const SinkContext& context, KeepPixels keep)
    : output_(path, hdf5::OutputFile::NameTaken::numbered) {
  output_.attempt([&] { content_ = std::make_unique<Content>(output_, context, keep); });
  output_.check();
}

ResultWriter::~ResultWriter() = default;

void ResultWriter::score_against(const std::shared_ptr<const AnomalyBaseline>& baseline) {
  if (!content_->tally) content_->tally.emplace(baseline, content_->first_omega_deg);
}

std::uint64_t ResultWriter::changed_frame() const {
  return content_->tally ? content_->tally->changed_frame() : no_frame;
}

std::optional<AnomalySummary> ResultWriter::anomaly() const {
  const auto& tally = content_->tally;
  if (!tally) return std::nullopt;
  return tally->score().summary(tally->baseline().model_id);
}

void ResultWriter::append(const FrameResult& result) {
  output_.attempt([&] { content_->append(result); });
}

std::filesystem::path ResultWriter::complete(const ScanSummary& summary) {
  output_.attempt([&] {
    content_->flush();
    if (const auto& tally = content_->tally) {
      write_anomaly(content_->entry, tally->baseline(), tally->score());
    }
    write_summary(content_->entry, summary);
  });
  output_.check();
  content_.reset();
  return output_.publish();
}

void ResultWriter::abandon() noexcept {
  content_.reset();
  output_.abandon();
}

}  // namespace braggd
