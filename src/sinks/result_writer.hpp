// The result file while it grows, frame after frame in order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include <braggd/sink.hpp>

#include "formats/hdf5_output.hpp"
#include "kernels/scan_score.hpp"
#include "sinks/frame_result.hpp"

namespace braggd {

/// Everything throws OutputError. Rows are written in whole chunks, so up to a few MiB of the last ones are
/// still in memory at any time.
class ResultWriter {
 public:
  /// Creates `path`, or the next free name after it, under its unfinished name.
  ResultWriter(const std::filesystem::path& path, const SinkContext& context, KeepPixels keep);
  ~ResultWriter();

  /// What the frames that carry a score were held against; the first one given counts.
  void score_against(const std::shared_ptr<const AnomalyBaseline>& baseline);
  /// The result of the next frame.
  void append(const FrameResult& result);
  /// The frame at which the scan has changed significantly, as far as whole sectors tell; no_frame: it has not.
  std::uint64_t changed_frame() const;
  const std::filesystem::path& final_path() const { return output_.final_path(); }
  /// The score of the frames so far; nothing where none carried one.
  std::optional<AnomalySummary> anomaly() const;

  /// Writes the ledger and publishes the file. Returns its name.
  std::filesystem::path complete(const ScanSummary& summary);
  /// Leaves the unfinished file with what has reached it.
  void abandon() noexcept;

 private:
  struct Content;

  hdf5::OutputFile output_;
  std::unique_ptr<Content> content_;  ///< closed before the file is
};

}  // namespace braggd
