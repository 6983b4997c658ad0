#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <tuple>

#include <braggd/source.hpp>
#include <braggd/stage.hpp>

namespace braggd {

struct ReplayConfig {
  std::filesystem::path file;
  std::string dataset;
  double rate = 0;
  std::uint64_t shuffle = 0;
  static constexpr auto fields() {
    return std::tuple{
        file_field("file", &ReplayConfig::file,
                   "recorded scan: NeXus/Eiger HDF5, GE, hexrd frame-cache; `braggd replay` gives it"),
        field("dataset", &ReplayConfig::dataset, "HDF5 path of the frames; found by itself when empty"),
        field("rate", &ReplayConfig::rate, "pace; 0: as fast as it goes", 0, 1e6).unit("frames/s"),
        field("shuffle", &ReplayConfig::shuffle, "seed of a random order of the frames; 0: in order", 0,
              9e15),
    };
  }
};

/// A recorded scan, once.
class ReplaySource final : public Source {
 public:
  using Config = ReplayConfig;
  static constexpr StageInfo info{"replay", "Plays a recorded scan."};

  static void check(const Config& config);
  explicit ReplaySource(const Config& config);
  void run(FrameIntake& intake, std::stop_token stop) override;

 private:
  Config config_;
};

}  // namespace braggd
