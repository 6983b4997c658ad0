#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include <braggd/sink.hpp>
#include <braggd/stage.hpp>

#include "sinks/frame_result.hpp"

namespace braggd {

class ReorderStore;
class ResultWriter;

inline constexpr std::array<std::string_view, 3> keep_pixels_names{"none", "peaks", "all"};

struct NexusFileConfig {
  std::filesystem::path directory = "results";
  KeepPixels keep_pixels = KeepPixels::none;
  std::uint64_t reorder_bytes = std::uint64_t{256} << 20;
  static constexpr auto fields() {
    return std::tuple{
        directory_field("directory", &NexusFileConfig::directory, "where the file <scan id>.h5 is written"),
        choice_field("keep_pixels", &NexusFileConfig::keep_pixels,
                     "pixels to keep beside the peaks: those of the peaks, or all at or above threshold",
                     keep_pixels_names),
        bytes_field("reorder_bytes", &NexusFileConfig::reorder_bytes,
                    "memory for results that wait for earlier frames; what exceeds it waits in a file", 0,
                    1e13),
    };
  }
};

/// The result of a scan as one NeXus file, its rows in frame order whatever order they come in. The file
/// stands as `<scan id>.h5.part` until it is complete; a name that is taken gets a number, nothing is
/// overwritten.
class NexusFile final : public Sink {
 public:
  using Config = NexusFileConfig;
  using Input = PeakList;
  static constexpr StageInfo info{"nexus_file", "Writes the peaks of a scan to a NeXus file (HDF5)."};

  /// Throws ConfigError where the directory cannot be one.
  static void check(const Config& config);
  /// Throws OutputError where the file cannot be created.
  NexusFile(const Config& config, const SinkContext& context);
  ~NexusFile() override;

  void consume(const Envelope& envelope) override;
  std::filesystem::path finish(const ScanSummary& summary) override;
  std::optional<AnomalySummary> anomaly() const override { return anomaly_; }
  void abandon() noexcept override;

 private:
  void append_result();
  void append_waiting();

  std::shared_ptr<const ScanHeader> header_;
  KeepPixels keep_pixels_;
  std::unique_ptr<ReorderStore> waiting_;
  std::unique_ptr<ResultWriter> writer_;
  std::uint64_t next_frame_ = 0;
  std::optional<AnomalySummary> anomaly_;
  bool said_changed_ = false;
  FrameResult result_;  // memory that is used for every frame
  std::vector<std::byte> packed_;
};

}  // namespace braggd
