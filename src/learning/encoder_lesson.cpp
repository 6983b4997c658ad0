#include "learning/encoder_lesson.hpp"

#include <cmath>
#include <functional>
#include <numeric>

#include "learning/encoder_script.hpp"
#include "simulation/random.hpp"

namespace braggd {

namespace {

void plan_dense(std::vector<WeightPlan>& planned, const std::string& name, std::int64_t outputs,
                std::int64_t inputs) {
  planned.push_back({name + "_weight", {outputs, inputs}});
  planned.push_back({name + "_bias", {outputs}});
}

void plan_head(std::vector<WeightPlan>& planned, const std::string& name, std::int64_t inputs) {
  plan_dense(planned, name + "_1", 64, inputs);
  planned.push_back({name + "_norm_weight", {64}});
  planned.push_back({name + "_norm_bias", {64}});
  plan_dense(planned, name + "_2", 64, 64);
}

std::string head_source(const std::string& name) {
  const std::string own = "self." + name;
  return "    h = torch.addmm(" + own + "_1_bias, h, " + own + "_1_weight.t())\n" +
         "    h = torch.batch_norm(h, " + own + "_norm_weight, " + own +
         "_norm_bias, None, None, True, 0.1, 1e-05, False)\n" + "    h = torch.addmm(" + own +
         "_2_bias, torch.relu(h), " + own + "_2_weight.t())\n";
}

std::int64_t product(std::span<const std::int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

bool ends_with(const std::string& name, std::string_view end) {
  return name.ends_with(end);
}

}  // namespace

std::vector<WeightPlan> lesson_weights() {
  std::vector<WeightPlan> planned = encoder_weights();
  plan_head(planned, "projector", 32);
  plan_head(planned, "predictor", 64);
  return planned;
}

std::string lesson_source() {
  return "\ndef project(self, x):\n" + encoder_source(NormStatistics::of_batch) + head_source("projector") +
         "    return h\n" + "\ndef forward(self, x):\n    h = self.project(x)\n" + head_source("predictor") +
         "    return h\n";
}

NamedWeights lesson_begin(std::uint64_t seed, std::span<const float> start_from) {
  NamedWeights weights;
  std::uint64_t index = 0;
  std::int64_t inputs = 1;  // of an output, of the layer whose weight came last: its bias is drawn alike
  for (const WeightPlan& planned : lesson_weights()) {
    const auto n = static_cast<std::size_t>(product(planned.shape));
    Weight weight{planned.shape, std::vector<float>(n, 0.0F)};
    if (index < encoder_weights().size() && !start_from.empty()) {
      weight.values.assign(start_from.begin(), start_from.begin() + static_cast<std::ptrdiff_t>(n));
      start_from = start_from.subspan(n);
    } else if (ends_with(planned.name, "_norm_weight")) {
      weight.values.assign(n, 1.0F);
    } else if (!ends_with(planned.name, "_norm_bias")) {
      if (planned.shape.size() > 1) inputs = product(std::span(planned.shape).subspan(1));
      const double reach = 1 / std::sqrt(static_cast<double>(inputs));
      Random random(seed, RandomStream::weight, index);
      for (float& value : weight.values) value = static_cast<float>(random.uniform(-reach, reach));
    }
    ++index;
    weights.emplace(planned.name, std::move(weight));
  }
  return weights;
}

}  // namespace braggd
