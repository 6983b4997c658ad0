// What the planner makes of decode, mask, dark and threshold: one kernel call.
#pragma once

#include <cstdint>
#include <memory>

#include <braggd/stage.hpp>

#include "kernels/sparsify.hpp"

namespace braggd {

/// The fused form of a foldable chain from Frame to SparseFrame, bit for bit equal to the chain run stage by stage.
/// Not for YAML: pipelines name the logical stages.
class SparsifyPixels {
 public:
  using Input = Frame;
  using Output = SparseFrame;

  /// `rule.at_least` must be set. The rule's dark frame and masks have the shape of the header.
  SparsifyPixels(const PixelRule& rule, std::shared_ptr<const ScanHeader> header);
  Result<SparseFrame> process(const Frame& frame, SparseFrame sparse = {}) const;

 private:
  std::shared_ptr<const ScanHeader> header_;
  float at_least_;
  std::uint64_t max_pixels_;
  std::unique_ptr<const Sparsifier> sparsifier_;
};

}  // namespace braggd
