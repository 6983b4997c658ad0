#include "kernels/rei_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <braggd/error.hpp>

#include "kernels/rei_encoder_layers.hpp"
#include "kernels/rei_encoder_x86.hpp"

namespace braggd {

namespace {

constexpr double epsilon = 1e-5;  // that batch normalisation adds to variances

/// Where a block's weights begin, and how many channels it takes.
struct Block {
  std::size_t begin, channels, first_channel;
  std::size_t first_bias() const { return begin + 9 * channels * channels; }
  std::size_t gain() const { return first_bias() + channels; }
  std::size_t shift() const { return gain() + channels; }
  std::size_t second() const { return shift() + channels; }
  std::size_t second_bias() const { return second() + 9 * channels * 32; }
};
constexpr std::array<Block, 3> blocks{{{0, 1, 0}, {332, 32, 1}, {18892, 32, 33}}};

// Weights [out, in, 3, 3] as [window pixel][in][out], each output times its scale.
ReiEncoder::Convolution arranged(std::span<const float> weights, std::size_t begin, std::size_t bias,
                                 std::size_t channels, const std::array<double, 32>& scale,
                                 const std::array<double, 32>& shift) {
  ReiEncoder::Convolution layer;
  layer.weight.resize(9 * channels);
  for (std::size_t o = 0; o < 32; ++o) {
    layer.bias[o] = static_cast<float>(double{weights[bias + o]} * scale[o] + shift[o]);
    for (std::size_t i = 0; i < channels; ++i) {
      for (std::size_t k = 0; k < 9; ++k) {
        layer.weight[k * channels + i][o] =
            static_cast<float>(double{weights[begin + (o * channels + i) * 9 + k]} * scale[o]);
      }
    }
  }
  return layer;
}

void fold(std::span<const float> weights, const ReiStatistics& statistics, ReiEncoder::Folded& folded) {
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const Block& block = blocks[b];
    std::array<double, 32> scale{}, shift{}, ones{}, zeros{};
    ones.fill(1);
    for (std::size_t k = 0; k < block.channels; ++k) {
      const std::size_t channel = block.first_channel + k;
      scale[k] = double{weights[block.gain() + k]} / std::sqrt(statistics.variance[channel] + epsilon);
      shift[k] = double{weights[block.shift() + k]} - statistics.mean[channel] * scale[k];
    }
    if (b == 0) {
      for (std::size_t k = 0; k < 9; ++k) {
        folded.first_weight[k] = static_cast<float>(double{weights[k]} * scale[0]);
      }
      folded.first_bias = static_cast<float>(double{weights[block.first_bias()]} * scale[0] + shift[0]);
    } else {
      folded.convolutions[2 * b - 1] = arranged(weights, block.begin, block.first_bias(), 32, scale, shift);
    }
    folded.convolutions[2 * b] =
        arranged(weights, block.second(), block.second_bias(), block.channels, ones, zeros);
  }
}

void check(std::span<const float> weights, const ReiStatistics& statistics) {
  if (weights.size() != rei_encoder_weights) {
    throw ConfigError("an encoder has " + std::to_string(rei_encoder_weights) + " weights, not " +
                      std::to_string(weights.size()));
  }
  const auto is_finite = [](double x) { return std::isfinite(x); };
  if (!std::ranges::all_of(weights, is_finite) || !std::ranges::all_of(statistics.mean, is_finite) ||
      !std::ranges::all_of(statistics.variance, [](double x) { return std::isfinite(x) && x >= 0; })) {
    throw ConfigError("the encoder's weights or statistics are not finite: it must be trained anew");
  }
}

void encode_scalar(const ReiEncoder::Folded& folded, std::span<const float> patches,
                   std::span<float> embeddings) {
  rei::encode_all<rei::Plain>(folded, patches, embeddings);
}
#if BRAGGD_X86_KERNELS
BRAGGD_TARGET_AVX2_FMA void encode_avx2(const ReiEncoder::Folded& folded, std::span<const float> patches,
                                        std::span<float> embeddings) {
  rei::encode_all<rei::Narrow>(folded, patches, embeddings);
}
BRAGGD_TARGET_AVX512 void encode_avx512(const ReiEncoder::Folded& folded, std::span<const float> patches,
                                        std::span<float> embeddings) {
  rei::encode_all<rei::Wide>(folded, patches, embeddings);
}
#endif

/// The image in double precision, channels outermost: what the definition computes with.
struct Image {
  std::size_t channels, side;
  std::vector<double> values;
  double at(std::size_t channel, std::size_t row, std::size_t col) const {
    return row < side && col < side ? values[(channel * side + row) * side + col] : 0;  // -1 is far beyond
  }
};

Image convolved(const Image& in, std::span<const float> weight, std::span<const float> bias,
                std::size_t stride, std::size_t border) {
  const std::size_t side = (in.side + 2 * border - 3) / stride + 1;
  Image out{bias.size(), side, std::vector<double>(bias.size() * side * side)};
  for (std::size_t o = 0; o < out.channels; ++o) {
    for (std::size_t pixel = 0; pixel < side * side; ++pixel) {
      const std::size_t row = pixel / side * stride - border, col = pixel % side * stride - border;
      double sum = bias[o];
      for (std::size_t i = 0; i < in.channels; ++i) {
        for (std::size_t k = 0; k < 9; ++k) {
          sum += in.at(i, row + k / 3, col + k % 3) * weight[(o * in.channels + i) * 9 + k];
        }
      }
      out.values[o * side * side + pixel] = sum;
    }
  }
  return out;
}

void rectify(Image& image) {
  for (double& value : image.values) value = std::max(0.0, value);
}

Image scaled(std::span<const float> patch) {
  const auto [lowest, highest] = std::ranges::minmax(patch);
  Image image{1, rei_patch_px, std::vector<double>(patch.size())};
  for (std::size_t i = 0; i < patch.size() && highest > lowest; ++i) {
    image.values[i] = (double{patch[i]} - lowest) / (double{highest} - lowest);
  }
  return image;
}

Image first_half(const Image& in, std::span<const float> weights, const Block& block) {
  return convolved(in, weights.subspan(block.begin), weights.subspan(block.first_bias(), block.channels), 1,
                   1);
}

Image second_half(Image image, std::span<const float> weights, const ReiStatistics& statistics,
                  std::size_t b) {
  const Block& block = blocks[b];
  const std::size_t area = image.side * image.side;
  for (std::size_t i = 0; i < image.values.size(); ++i) {
    const std::size_t k = i / area, channel = block.first_channel + k;
    image.values[i] = (image.values[i] - statistics.mean[channel]) /
                          std::sqrt(statistics.variance[channel] + epsilon) * weights[block.gain() + k] +
                      weights[block.shift() + k];
  }
  rectify(image);
  image = convolved(image, weights.subspan(block.second()), weights.subspan(block.second_bias(), 32), 2, 0);
  if (b + 1 < blocks.size()) rectify(image);
  return image;
}

}  // namespace

ReiEncoder::ReiEncoder(std::span<const float> weights, const ReiStatistics& statistics) {
  check(weights, statistics);
  fold(weights, statistics, folded_);
}

void ReiEncoder::encode(std::span<const float> patches, std::span<float> embeddings) const {
  static const KernelSet set = kernel_set();
  encode_with(set, patches, embeddings);
}

void ReiEncoder::encode_with([[maybe_unused]] KernelSet set, std::span<const float> patches,
                             std::span<float> embeddings) const {
#if BRAGGD_X86_KERNELS
  if (set >= KernelSet::avx512) return encode_avx512(folded_, patches, embeddings);
  if (set == KernelSet::avx2 && __builtin_cpu_supports("fma")) {
    return encode_avx2(folded_, patches, embeddings);
  }
#endif
  encode_scalar(folded_, patches, embeddings);
}

ReiStatistics batch_statistics(std::span<const float> weights, std::span<const float> patches) {
  if (patches.size() < rei_patch_pixels) throw ConfigError("there are no patches to take statistics of");
  ReiStatistics statistics;
  check(weights, statistics);
  std::vector<Image> images;
  for (std::size_t i = 0; i < patches.size() / rei_patch_pixels; ++i) {
    images.push_back(scaled(patches.subspan(i * rei_patch_pixels, rei_patch_pixels)));
  }
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    for (Image& image : images) image = first_half(image, weights, blocks[b]);
    const std::size_t area = images.front().side * images.front().side;
    const double n = static_cast<double>(images.size() * area);
    for (std::size_t k = 0; k < blocks[b].channels; ++k) {
      const auto over_channel = [&](auto term) {
        double sum = 0;
        for (const Image& image : images) {
          for (std::size_t i = 0; i < area; ++i) sum += term(image.values[k * area + i]);
        }
        return sum / n;
      };
      const double mean = over_channel([](double x) { return x; });
      statistics.mean[blocks[b].first_channel + k] = mean;
      statistics.variance[blocks[b].first_channel + k] =
          over_channel([&](double x) { return (x - mean) * (x - mean); });
    }
    for (Image& image : images) image = second_half(std::move(image), weights, statistics, b);
  }
  return statistics;
}

std::array<double, rei_dimensions> encode_reference(std::span<const float> weights,
                                                    const ReiStatistics& statistics,
                                                    std::span<const float> patch) {
  Image image = scaled(patch);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    image = second_half(first_half(image, weights, blocks[b]), weights, statistics, b);
  }
  std::array<double, rei_dimensions> embedding{};
  std::ranges::copy(image.values, embedding.begin());
  return embedding;
}

}  // namespace braggd
