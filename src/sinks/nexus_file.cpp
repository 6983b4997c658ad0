#include "sinks/nexus_file.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <string>

#include "core/anomaly_text.hpp"
#include "core/text.hpp"
#include "formats/output_directory.hpp"
#include "sinks/reorder_store.hpp"
#include "sinks/result_writer.hpp"

namespace braggd {

void NexusFile::check(const Config& config) {
  check_output_directory(config.directory);
}

NexusFile::NexusFile(const Config& config, const SinkContext& context)
    : header_(context.header),
      keep_pixels_(config.keep_pixels),
      waiting_(std::make_unique<ReorderStore>(config.directory, config.reorder_bytes)) {
  const auto wanted = config.directory / (safe_file_name(header_->scan_id) + ".h5");
  writer_ = std::make_unique<ResultWriter>(wanted, context, keep_pixels_);
  if (writer_->final_path() != wanted) {
    spdlog::warn("scan={}: {} or its unfinished .part exists, the result goes to {}", header_->scan_id,
                 wanted.string(), writer_->final_path().filename().string());
  }
}

NexusFile::~NexusFile() = default;

void NexusFile::consume(const Envelope& envelope) {
  const std::uint64_t index = envelope.meta.index;
  const bool beyond = header_->expected_frames != 0 && index >= header_->expected_frames;
  if (beyond || index < next_frame_) {
    spdlog::warn("scan={} frame={}: a result that has no place in the file is left out", header_->scan_id,
                 index);
    return;
  }
  take_result(envelope, *header_, keep_pixels_, result_);
  if (result_.scored) writer_->score_against(envelope.get<PeakList>()->anomaly->baseline);
  if (index != next_frame_) {
    pack(result_, packed_);
    if (!waiting_->put(index, packed_)) {
      spdlog::warn("scan={} frame={}: a second result of this frame is left out", header_->scan_id, index);
    }
    return;
  }
  append_result();
  append_waiting();
}

void NexusFile::append_result() {
  writer_->append(result_);
  ++next_frame_;
  const bool changed = writer_->changed_frame() != no_frame;
  if (changed && !said_changed_) {
    spdlog::warn("scan={} frame={}: the sample has changed: {}", header_->scan_id, writer_->changed_frame(),
                 anomaly_text(*writer_->anomaly()));
  }
  said_changed_ = said_changed_ || changed;
}

void NexusFile::append_waiting() {
  while (!waiting_->empty()) {
    const auto record = waiting_->take(next_frame_);
    if (!record) return;
    unpack(*record, result_);
    append_result();
  }
}

std::filesystem::path NexusFile::finish(const ScanSummary& summary) {
  while (next_frame_ < summary.ledger.expected) {
    take_missing(next_frame_, *header_, result_);
    append_result();
    append_waiting();
  }
  if (!waiting_->empty()) {
    spdlog::warn("scan={}: {} results beyond the {} frames of the scan are left out", header_->scan_id,
                 waiting_->size(), summary.ledger.expected);
  }
  anomaly_ = writer_->anomaly();
  if (anomaly_) spdlog::info("scan={}: {}", header_->scan_id, anomaly_text(*anomaly_));
  return writer_->complete(summary);
}

void NexusFile::abandon() noexcept {
  writer_->abandon();
}

}  // namespace braggd
