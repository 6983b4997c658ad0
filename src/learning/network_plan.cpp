#include "learning/network_plan.hpp"

#include <cmath>
#include <numeric>
#include <utility>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "learning/braggnn.hpp"
#include "simulation/random.hpp"

namespace braggd {

namespace {

constexpr std::uint32_t fast_patch_px = 11;
constexpr std::int64_t fast_inputs = 2 * fast_patch_px * fast_patch_px;

// Two channels of a patch through a perceptron to the residual on the squared centroid; a second head on the last
// layer gives the logarithms of the errors. The head teaches the body nothing, so positions are as good as without.
constexpr const char* fast_training_source = R"(
def forward(self, x):
    h = torch.relu(torch.addmm(self.bias_1, x.flatten(1), self.weight_1))
    h = torch.relu(torch.addmm(self.bias_2, h, self.weight_2))
    h = torch.relu(torch.addmm(self.bias_3, h, self.weight_3))
    place = torch.addmm(self.bias_4, h, self.weight_4)
    s = torch.relu(torch.addmm(self.error_bias_1, h.detach(), self.error_weight_1))
    s = torch.addmm(self.error_bias_2, s, self.error_weight_2)
    return torch.cat([place, torch.clamp(s, -8.0, 4.0)], 1)
)";

// ErrorByHeight (kernels/error_by_height.hpp).
constexpr const char* error_by_height_source = R"(
    mask = x.flatten(1).narrow(1, 121, 121).amax(1, True)
    u = torch.log(torch.clamp(mask, 0.001, 1.0)) * -2.0
    added = (torch.relu(u - self.height_knots) * self.height_slopes).sum(1, True) + self.height_offset
    return torch.cat([h.narrow(1, 0, 2), h.narrow(1, 2, 2) + added], 1)
)";

std::string fast_deployed_source() {
  std::string source = "\ndef forward(self, x):\n    h = x.flatten(1)\n" + dense_layers::begin("h", "h");
  const auto add = [&](const char* to, const char* from, const std::string& head, const char* number,
                       const char* before, const char* behind) {
    source += dense_layers::layer(to, from, "self." + head + "weight_" + number + ".t()",
                                  "self." + head + "bias_" + number, before, behind);
  };
  add("h", "h", "", "1", "torch.relu(", ")");
  add("h", "h", "", "2", "torch.relu(", ")");
  add("h", "h", "", "3", "torch.relu(", ")");
  add("place", "h", "", "4", "(", ")");
  add("s", "h", "error_", "1", "torch.relu(", ")");
  add("s", "s", "error_", "2", "torch.clamp(", ", -8.0, 4.0)");
  return source + "    h = torch.cat([place, s], 1)\n" + dense_layers::end("h", "h") + error_by_height_source;
}

NetworkPlan fast_plan() {
  NetworkPlan plan;
  ModelManifest& manifest = plan.manifest;
  manifest.patch_px = fast_patch_px;
  manifest.batch = 256;
  manifest.input = PatchInput::sqrt_and_mask;
  manifest.residual = true;
  manifest.sigmas = true;
  manifest.scale_px = 1;
  plan.weights = {{"weight_1", {fast_inputs, 256}},
                  {"bias_1", {256}},
                  {"weight_2", {256, 128}},
                  {"bias_2", {128}},
                  {"weight_3", {128, 64}},
                  {"bias_3", {64}},
                  {"weight_4", {64, 2}},
                  {"bias_4", {2}},
                  {"error_weight_1", {64, 32}},
                  {"error_bias_1", {32}},
                  {"error_weight_2", {32, 2}},
                  {"error_bias_2", {2}}};
  plan.training_source = fast_training_source;
  return plan;
}

NetworkPlan braggnn_plan(std::uint32_t patch_px) {
  NetworkPlan plan;
  ModelManifest& manifest = plan.manifest;
  manifest.patch_px = patch_px;
  manifest.batch = 64;
  manifest.input = PatchInput::min_max;
  manifest.scale_px = static_cast<float>(patch_px);
  plan.weights = braggnn_weights(patch_px);
  plan.training_source = braggnn_training_source();
  plan.learning_rate = 1e-3;
  return plan;
}

}  // namespace

NetworkPlan network_plan(std::string_view name) {
  NetworkPlan plan;
  if (name == "braggnn-fast") {
    plan = fast_plan();
  } else if (name == "braggnn-11" || name == "braggnn-15") {
    plan = braggnn_plan(name == "braggnn-11" ? 11 : 15);
  } else {
    throw ConfigError("there is no network '" + printable(name, 64) +
                      "' to be trained; there are braggnn-11, braggnn-15 and braggnn-fast");
  }
  plan.manifest.name = name;
  plan.manifest.architecture = name;
  plan.manifest.task = locate_peaks_task;
  plan.manifest.tolerance_px = 1e-3F;
  return plan;
}

double first_learning_rate(const NetworkPlan& plan, bool goes_on) {
  return goes_on ? plan.learning_rate / 2 : plan.learning_rate;
}

NamedWeights initial_weights(const NetworkPlan& plan, std::uint64_t seed) {
  NamedWeights weights;
  std::uint64_t index = 0;
  for (const WeightPlan& planned : plan.weights) {
    const std::vector<std::int64_t>& shape = planned.shape;
    const std::int64_t n = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    Weight weight{shape, std::vector<float>(static_cast<std::size_t>(n), 0.0F)};
    if (shape.size() > 1) {
      const std::int64_t window = n / (shape[0] * shape[1]);
      const double reach = std::sqrt(6.0 / static_cast<double>((shape[0] + shape[1]) * window));
      Random random(seed, RandomStream::spot, index);
      for (float& value : weight.values) value = static_cast<float>(random.uniform(-reach, reach));
    }
    ++index;
    weights.emplace(planned.name, std::move(weight));
  }
  return weights;
}

NamedWeights error_by_height_weights(const ErrorByHeight& by_height) {
  const auto n = static_cast<std::int64_t>(by_height.knots.size());
  return {{"height_knots", {{n}, by_height.knots}},
          {"height_slopes", {{n}, by_height.slopes}},
          {"height_offset", {{1}, {by_height.offset}}}};
}

Script deployed_script(const NetworkPlan& plan, const NamedWeights& weights) {
  if (plan.manifest.architecture == "braggnn-fast") {
    NamedWeights all = error_by_height_weights({{0.0F}, {0.0F}});  // unless the weights have it
    for (const auto& [name, weight] : weights) all.insert_or_assign(name, weight);
    return {fast_deployed_source(), std::move(all)};
  }
  return braggnn_script(weights, BraggnnForm::collapsed);
}

}  // namespace braggd
