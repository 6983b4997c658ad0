#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <braggd/stage.hpp>

namespace braggd {

struct MaskPixelsConfig {
  std::filesystem::path file;
  std::string dataset;
  static constexpr auto fields() {
    return std::tuple{
        file_field("file", &MaskPixelsConfig::file,
                   "HDF5 file with a mask of the frame's size; non-zero is masked")
            .required(),
        field("dataset", &MaskPixelsConfig::dataset, "HDF5 path of the mask; found by itself when empty"),
    };
  }
};

/// Takes the value from masked pixels (NaN), beside those that the scan's header masks already.
class MaskPixels {
 public:
  using Config = MaskPixelsConfig;
  using Input = DenseFrame;
  using Output = DenseFrame;
  static constexpr StageInfo info{"mask_pixels", "Ignores bad pixels, gaps and the beam stop."};

  static void check(const Config& config);
  MaskPixels(const Config& config, const StageContext& context);
  Result<DenseFrame> process(const DenseFrame& frame, DenseFrame masked = {}) const;
  void fold(PixelRule& rule) const;

 private:
  std::shared_ptr<const std::vector<std::uint8_t>> masked_;
};

}  // namespace braggd
