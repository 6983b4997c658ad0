#include "learning/encoder_script.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include <braggd/error.hpp>

namespace braggd {

namespace {

constexpr std::size_t n_blocks = 3;

std::string block_name(std::size_t block) {
  return "block_" + std::to_string(block + 1) + "_";
}

std::int64_t channels_into(std::size_t block) {
  return block == 0 ? 1 : 32;
}

std::vector<WeightPlan> planned_weights() {
  std::vector<WeightPlan> planned;
  for (std::size_t block = 0; block < n_blocks; ++block) {
    const std::string name = block_name(block);
    const std::int64_t channels = channels_into(block);
    planned.push_back({name + "conv_1_weight", {channels, channels, 3, 3}});
    planned.push_back({name + "conv_1_bias", {channels}});
    planned.push_back({name + "norm_weight", {channels}});
    planned.push_back({name + "norm_bias", {channels}});
    planned.push_back({name + "conv_2_weight", {32, channels, 3, 3}});
    planned.push_back({name + "conv_2_bias", {32}});
  }
  return planned;
}

std::size_t size_of(const WeightPlan& planned) {
  return static_cast<std::size_t>(
      std::accumulate(planned.shape.begin(), planned.shape.end(), std::int64_t{1}, std::multiplies<>()));
}

/// Calls `take(name, shape, numbers of the channels' statistics)` for each block's means and variances.
template <class Statistics, class Take>
void for_each_statistic(Statistics& statistics, const Take& take) {
  std::size_t begin = 0;
  for (std::size_t block = 0; block < n_blocks; ++block) {
    const auto channels = static_cast<std::size_t>(channels_into(block));
    const std::vector<std::int64_t> shape{channels_into(block)};
    take(WeightPlan{block_name(block) + "norm_running_mean", shape},
         std::span(statistics.mean).subspan(begin, channels));
    take(WeightPlan{block_name(block) + "norm_running_var", shape},
         std::span(statistics.variance).subspan(begin, channels));
    begin += channels;
  }
}

const Weight& weight_of(const NamedWeights& weights, const WeightPlan& planned) {
  const auto found = weights.find(planned.name);
  if (found == weights.end() || found->second.shape != planned.shape ||
      found->second.values.size() != size_of(planned)) {
    throw ConfigError("the script is none of an anomaly encoder: the weight " + planned.name +
                      " is missing or has another shape; take the bundle anew from where it came");
  }
  return found->second;
}

}  // namespace

const std::vector<WeightPlan>& encoder_weights() {
  static const std::vector<WeightPlan> planned = planned_weights();
  return planned;
}

std::string encoder_source(NormStatistics statistics) {
  std::string source = "    h = x\n";
  for (std::size_t block = 0; block < n_blocks; ++block) {
    const std::string own = "self." + block_name(block);
    const std::string used = statistics == NormStatistics::stored
                                 ? own + "norm_running_mean, " + own + "norm_running_var, False"
                                 : "None, None, True";
    source += "    h = torch.conv2d(h, " + own + "conv_1_weight, " + own + "conv_1_bias, [1, 1], [1, 1])\n";
    source += "    h = torch.batch_norm(h, " + own + "norm_weight, " + own + "norm_bias, " + used +
              ", 0.1, 1e-05, False)\n";
    source +=
        "    h = torch.conv2d(torch.relu(h), " + own + "conv_2_weight, " + own + "conv_2_bias, [2, 2])\n";
    source += block + 1 < n_blocks ? "    h = torch.relu(h)\n" : "    h = h.flatten(1)\n";
  }
  return source;
}

Script encoder_script(std::span<const float> weights, const ReiStatistics& statistics) {
  ReiEncoder(weights, stored_statistics(statistics));
  Script script{"\ndef forward(self, x):\n" + encoder_source(NormStatistics::stored) + "    return h\n", {}};
  std::size_t begin = 0;
  for (const WeightPlan& planned : encoder_weights()) {
    const std::span<const float> values = weights.subspan(begin, size_of(planned));
    script.weights.emplace(planned.name, Weight{planned.shape, {values.begin(), values.end()}});
    begin += values.size();
  }
  for_each_statistic(statistics, [&](const WeightPlan& planned, std::span<const double> values) {
    Weight weight{planned.shape, {}};
    for (const double value : values) weight.values.push_back(static_cast<float>(value));
    script.weights.emplace(planned.name, std::move(weight));
  });
  return script;
}

ReiStatistics stored_statistics(const ReiStatistics& statistics) {
  ReiStatistics stored = statistics;
  for (double& value : stored.mean) value = static_cast<float>(value);
  for (double& value : stored.variance) value = static_cast<float>(value);
  return stored;
}

EncoderWeights encoder_of(const NamedWeights& weights) {
  NamedWeights without_dots;
  for (const auto& [name, weight] : weights) {
    std::string plain = name;
    std::ranges::replace(plain, '.', '_');
    without_dots.emplace(std::move(plain), weight);
  }
  EncoderWeights encoder;
  for (const WeightPlan& planned : encoder_weights()) {
    const std::vector<float>& values = weight_of(without_dots, planned).values;
    encoder.weights.insert(encoder.weights.end(), values.begin(), values.end());
  }
  for_each_statistic(encoder.statistics, [&](const WeightPlan& planned, std::span<double> values) {
    std::ranges::copy(weight_of(without_dots, planned).values, values.begin());
  });
  ReiEncoder(encoder.weights, encoder.statistics);
  return encoder;
}

}  // namespace braggd
