#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <braggd/stage.hpp>

namespace braggd {

struct SubtractDarkConfig {
  std::filesystem::path file;
  std::string dataset;
  static constexpr auto fields() {
    return std::tuple{
        file_field("file", &SubtractDarkConfig::file,
                   "dark frames: HDF5, GE or frame-cache; their mean is subtracted")
            .required(),
        field("dataset", &SubtractDarkConfig::dataset,
              "HDF5 path of the dark frames; found by itself when empty"),
    };
  }
};

/// corrected = raw - dark in float32, dark being the mean over the file's frames. A pixel that has no value in any
/// dark frame has none in any result.
class SubtractDark {
 public:
  using Config = SubtractDarkConfig;
  using Input = DenseFrame;
  using Output = DenseFrame;
  static constexpr StageInfo info{"subtract_dark", "Subtracts the detector's dark level."};

  static constexpr bool folds_once = true;  // (raw - a) - b is not raw - (a + b) in float32

  static void check(const Config& config);
  SubtractDark(const Config& config, const StageContext& context);
  Result<DenseFrame> process(const DenseFrame& frame, DenseFrame corrected = {}) const;
  void fold(PixelRule& rule) const;

 private:
  std::shared_ptr<const std::vector<float>> dark_;
};

}  // namespace braggd
