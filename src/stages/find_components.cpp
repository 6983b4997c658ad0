#include "stages/find_components.hpp"

#include "kernels/components.hpp"

namespace braggd {

void FindComponents::check(const Config& config) {
  if (config.min_pixels > config.max_pixels) {
    throw ConfigError("min_pixels " + std::to_string(config.min_pixels) + " is above max_pixels " +
                          std::to_string(config.max_pixels) + ": no component could pass",
                      "min_pixels");
  }
}

FindComponents::FindComponents(const Config& config, const StageContext& /*context*/) : config_(config) {}

Result<ComponentList> FindComponents::process(const std::shared_ptr<const SparseFrame>& frame,
                                              ComponentList list) const {
  list.meta = frame->meta;
  list.shape = frame->shape;
  list.status = frame->status;
  list.pixels = frame;
  find_components(*frame, config_.min_pixels, config_.max_pixels, list);
  return list;
}

}  // namespace braggd
