#pragma once

#include <cstdint>
#include <memory>
#include <tuple>

#include <braggd/stage.hpp>

namespace braggd {

struct FindComponentsConfig {
  std::uint32_t min_pixels = 1;
  std::uint32_t max_pixels = 100000;
  static constexpr auto fields() {
    return std::tuple{
        field("min_pixels", &FindComponentsConfig::min_pixels, "smaller components are counted and left out",
              1, 1e9)
            .unit("pixels"),
        field("max_pixels", &FindComponentsConfig::max_pixels, "bigger components are counted and left out",
              1, 1e9)
            .unit("pixels"),
    };
  }
};

/// Groups 8-connected pixels and takes their moments.
class FindComponents {
 public:
  using Config = FindComponentsConfig;
  using Input = SparseFrame;
  using Output = ComponentList;
  static constexpr StageInfo info{"find_components",
                                  "Groups touching pixels (8-connected) and takes their moments."};

  static void check(const Config& config);
  FindComponents(const Config& config, const StageContext& context);
  Result<ComponentList> process(const std::shared_ptr<const SparseFrame>& frame,
                                ComponentList list = {}) const;

 private:
  Config config_;
};

}  // namespace braggd
