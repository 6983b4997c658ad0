#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <tuple>

#include <braggd/sink.hpp>
#include <braggd/stage.hpp>

#include "formats/hdf5_output.hpp"
#include "kernels/rei_patches.hpp"

namespace braggd {

struct ReiPatchesConfig {
  std::filesystem::path directory = "patches";
  std::uint64_t memory = std::uint64_t{2} << 30U;
  static constexpr auto fields() {
    return std::tuple{
        directory_field("directory", &ReiPatchesConfig::directory,
                        "where the file <scan id>.patches.h5 is written"),
        bytes_field("memory", &ReiPatchesConfig::memory,
                    "of the patches of a scan, which are written when it ends; a scan with more fails",
                    1 << 20, 1e13),
    };
  }
};

/// The patches of a scan that the rare event indicator looks at, in frame order, for models to be trained on and scans
/// to be scored again (`formats/scan_patches.hpp`). They are kept in memory until the scan ends.
class ReiPatchesSink final : public Sink {
 public:
  using Config = ReiPatchesConfig;
  using Input = PeakList;
  static constexpr StageInfo info{
      "rei_patches", "Writes the patches that the rare event indicator looks at to a file (HDF5)."};

  static void check(const Config& config);
  /// Throws OutputError where the file cannot be created.
  ReiPatchesSink(const Config& config, const SinkContext& context);

  void consume(const Envelope& envelope) override;
  std::filesystem::path finish(const ScanSummary& summary) override;
  void abandon() noexcept override;

 private:
  struct Looked {
    double omega_deg = 0;
    ReiPatches patches;
  };

  std::shared_ptr<const ScanHeader> header_;
  std::uint64_t memory_;
  hdf5::OutputFile output_;
  std::map<std::uint64_t, Looked> frames_;
  std::uint64_t bytes_ = 0;
};

}  // namespace braggd
