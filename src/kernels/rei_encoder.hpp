// The network that turns a patch into 32 numbers.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/kernel_set.hpp"
#include "kernels/rei_patches.hpp"

namespace braggd {

inline constexpr std::size_t rei_dimensions = 32;
inline constexpr std::size_t rei_encoder_weights = 37452;

/// Mean and (biased) variance of each normalised channel: 1 of the first block, 32 each of the second and third.
struct ReiStatistics {
  std::array<double, 65> mean{}, variance{};
};

/// The encoder of the rare event indicator (Zheng et al. 2024, J. Appl. Cryst. 57, 1158): a patch scaled to [0, 1], then
/// three blocks of convolution 3 x 3 with a border of zeros, batch normalisation, ReLU, convolution 3 x 3 with stride 2
/// and ReLU (not after the last): 15 -> 7 -> 3 -> 1 px, 1 -> 32 -> 32 -> 32 channels.
///
/// The normalisation's statistics are given: those of the baseline, for an embedding that depends on its patch alone; or
/// those of the scan itself, as the published program has them, which never leaves training mode. A patch's embedding
/// depends neither on the patches beside it nor on the kernel set: products are fused into sums in every one, in the order
/// of window rows, window columns, channels; window pixels on the border of zeros are left out.
class ReiEncoder {
 public:
  /// `weights`: for each block the convolution's weight [out, in, 3, 3] and bias, the normalisation's weight and bias, the
  /// second convolution's weight and bias: the order of the state dictionary. Throws ConfigError for another number of
  /// them, values that are not finite or a variance below 0.
  ReiEncoder(std::span<const float> weights, const ReiStatistics& statistics);

  /// patches: n x 15 x 15, finite; embeddings: n x 32. A flat patch counts as zeros.
  void encode(std::span<const float> patches, std::span<float> embeddings) const;
  void encode_with(KernelSet set, std::span<const float> patches, std::span<float> embeddings) const;

  /// One number for each channel of a convolution's output.
  struct alignas(64) Outputs : std::array<float, 32> {};
  /// A convolution to 32 channels: weights [window pixel][channel in] and the bias.
  struct Convolution {
    std::vector<Outputs> weight;
    Outputs bias{};
  };
  struct Folded {
    std::array<float, 9> first_weight{};  // 1 channel to 1
    float first_bias = 0;
    std::array<Convolution, 5> convolutions;  // the rest, in order
  };

 private:
  Folded folded_;
};

/// The statistics of a set of patches, layer after layer, each on what the layers before it make of these patches with
/// their own statistics. Throws ConfigError without patches.
ReiStatistics batch_statistics(std::span<const float> weights, std::span<const float> patches);

/// The definition: layer by layer in double precision.
std::array<double, rei_dimensions> encode_reference(std::span<const float> weights,
                                                    const ReiStatistics& statistics,
                                                    std::span<const float> patch);

}  // namespace braggd
