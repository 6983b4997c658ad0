// A pipeline under load: prepared frames, played over and over from memory or over ZeroMQ.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "core/scan_reader.hpp"
#include "pipeline/runner.hpp"

namespace braggd {

enum class Transport : std::uint8_t { memory, tcp, ipc, shm };
inline constexpr std::array<std::string_view, 4> transport_names{"memory", "tcp", "ipc", "shm"};

/// Some frames of a scan, held encoded in memory, as a scan of any length: frame i is frame i modulo their number.
class RepeatedScan final : public ScanReader {
 public:
  /// Reads the first `distinct` frames of `scan`, or all where it has fewer. Throws InputError for one that cannot be
  /// read, or for none.
  RepeatedScan(ScanReader& scan, std::uint64_t distinct);

  void set_length(std::uint64_t frames);
  std::shared_ptr<const ScanHeader> header() const override { return header_; }
  Result<Frame> read(std::uint64_t index) override;
  const std::vector<Frame>& frames() const { return frames_; }

 private:
  std::vector<Frame> frames_;
  std::shared_ptr<const ScanHeader> header_;
};

struct LoadOptions {
  std::uint64_t frames = 1000;
  double frames_per_second = 0;  ///< 0: flat out
  Transport transport = Transport::memory;
};

struct LoadResult {
  ScanReport report;
  double seconds = 0;            ///< from the first frame's arrival to the last sink's end
  double frames_per_second = 0;  ///< written, over that time
  double core_s = 0;             ///< processor time of the whole process, a sender in it too
  std::uint64_t peak_budget_bytes = 0;
};

/// One scan through `plan`; its source is not used, its sinks are. Throws what the pipeline and the sockets throw.
LoadResult run_load(const Plan& plan, RepeatedScan& scan, const LoadOptions& options);

/// The highest rate, to about 2 %, at which `options.frames` frames keep pace: none is lost and the last is through
/// within 2 % of the time it is due, or 50 ms. Bisects below the rate of `flat_out`; `on_try` hears of each.
double find_highest_rate(const Plan& plan, RepeatedScan& scan, LoadOptions options,
                         const LoadResult& flat_out,
                         const std::function<void(double rate, bool kept_pace)>& on_try);

}  // namespace braggd
