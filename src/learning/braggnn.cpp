#include "learning/braggnn.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <braggd/error.hpp>

namespace braggd {

namespace {

constexpr std::size_t features = BraggnnBlock::features, inner = BraggnnBlock::inner,
                      window = BraggnnBlock::window;

// TorchScript names have no dots: "nlb.theta_layer.weight" is self.nlb_theta_layer_weight.
std::string script_name(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

constexpr const char* published_block = R"(
def forward(self, x):
    f = torch.conv2d(x, self.cnn_layers_0_weight, self.cnn_layers_0_bias)
    theta = torch.conv2d(f, self.nlb_theta_layer_weight, self.nlb_theta_layer_bias).flatten(2)
    phi = torch.conv2d(f, self.nlb_phi_layer_weight, self.nlb_phi_layer_bias).flatten(2)
    g = torch.conv2d(f, self.nlb_g_layer_weight, self.nlb_g_layer_bias).flatten(2)
    attention = torch.softmax(torch.matmul(theta.transpose(1, 2), phi), -1)
    y = torch.matmul(g, attention.transpose(1, 2)).reshape(f.size(0), 32, f.size(2), f.size(3))
    h = torch.conv2d(y, self.nlb_out_cnn_weight, self.nlb_out_cnn_bias) + f
)";

constexpr const char* coefficients = R"(
def forward(self, x):
    one = torch.zeros([1, 10], dtype=x.dtype, device=x.device)
    one[0, 9] = 1.0
    first = torch.cat([self.cnn_layers_0_weight.reshape(64, 9), self.cnn_layers_0_bias.unsqueeze(1)], 1)
    theta = torch.matmul(self.nlb_theta_layer_weight.reshape(32, 64), first) + self.nlb_theta_layer_bias.unsqueeze(1) * one
    phi = torch.matmul(self.nlb_phi_layer_weight.reshape(32, 64), first) + self.nlb_phi_layer_bias.unsqueeze(1) * one
    g = torch.matmul(self.nlb_g_layer_weight.reshape(32, 64), first) + self.nlb_g_layer_bias.unsqueeze(1) * one
    direct = first + self.nlb_out_cnn_bias.unsqueeze(1) * one
    block_logits = torch.matmul(theta.t(), phi)
    block_output = torch.cat([torch.matmul(self.nlb_out_cnn_weight.reshape(64, 32), g), direct], 1)
)";

constexpr const char* fixed_coefficients = R"(
def forward(self, x):
    block_logits = self.block_logits
    block_output = self.block_output
)";

// The windows are cut as one strided copy: im2col launches a kernel a patch on a GPU.
constexpr const char* collapsed_block_source = R"(
    p = x.unfold(2, 3, 1).unfold(3, 3, 1).permute(0, 1, 4, 5, 2, 3).reshape(x.size(0), 9, -1)
    p = torch.cat([p, torch.ones_like(p.narrow(1, 0, 1))], 1)
    attention = torch.softmax(torch.bmm(p.transpose(1, 2), torch.bmm(block_logits.expand(x.size(0), 10, 10), p)), -1)
    q = torch.bmm(p, attention.transpose(1, 2))
    h = torch.bmm(block_output.expand(x.size(0), 64, 20), torch.cat([q, p], 1)).reshape(x.size(0), 64, x.size(2) - 2, x.size(3) - 2)
)";

constexpr const char* convolutions_after = R"(
    h = torch.leaky_relu(h, 0.01)
    h = torch.leaky_relu(torch.conv2d(h, self.cnn_layers_2_weight, self.cnn_layers_2_bias), 0.01)
    h = torch.leaky_relu(torch.conv2d(h, self.cnn_layers_4_weight, self.cnn_layers_4_bias), 0.01)
    h = h.flatten(1)
)";

// `trained`: in the plain form, for any number of patches.
std::string after_the_block(bool trained) {
  std::string source = convolutions_after;
  if (!trained) source += dense_layers::begin("h", "h");
  for (const char* layer : {"0", "2", "4", "6", "8"}) {
    const std::string name = std::string("self.dense_layers_") + layer;
    const std::string before = *layer == '8' ? "(" : "torch.leaky_relu(",
                      behind = *layer == '8' ? ")" : ", 0.01)";
    source += trained ? "    h = " + before + "torch.addmm(" + name + "_bias, h, " + name + "_weight.t())" +
                            behind + "\n"
                      : dense_layers::layer("h", "h", name + "_weight", name + "_bias", before, behind);
  }
  if (!trained) source += dense_layers::end("h", "h");
  return source + "    return h\n";
}

/// An affine map of a window: rows x 10.
using Affine = std::vector<std::array<double, window>>;

// `layer` (rows x 64, a 1 x 1 convolution) after `first`.
Affine after(const Affine& first, const Weight& layer, const Weight& bias) {
  Affine result(bias.values.size());
  const std::size_t inputs = first.size();
  for (std::size_t row = 0; row < result.size(); ++row) {
    for (std::size_t k = 0; k < inputs; ++k) {
      const double factor = layer.values[row * inputs + k];
      for (std::size_t i = 0; i < window; ++i) result[row][i] += factor * first[k][i];
    }
    result[row][window - 1] += bias.values[row];
  }
  return result;
}

const Weight& weight_of(const NamedWeights& weights, const std::string& name) {
  return weights.at(name);
}

Affine layer_after(const Affine& first, const NamedWeights& weights, const std::string& name) {
  return after(first, weight_of(weights, name + ".weight"), weight_of(weights, name + ".bias"));
}

void check(const NamedWeights& weights) {
  const auto dense = weights.find("dense_layers.0.weight");
  if (dense == weights.end() || dense->second.shape.size() != 2) {
    throw ConfigError("these are no weights of BraggNN: dense_layers.0.weight is missing");
  }
  const auto side =
      static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(dense->second.shape[1]) / 8)));
  for (const WeightPlan& planned : braggnn_weights(static_cast<std::uint32_t>(side + 6))) {
    const auto found = weights.find(planned.name);
    if (found == weights.end() || found->second.shape != planned.shape) {
      throw ConfigError("these are no weights of BraggNN with fully connected layers 16-8-4-2: " +
                        planned.name + " is missing or has another shape");
    }
  }
}

}  // namespace

namespace dense_layers {

std::string begin(const std::string& to, const std::string& from) {
  return "    " + to + " = " + from + ".reshape(16, -1, " + from +
         ".size(1)).transpose(1, 2).unsqueeze(2).contiguous()\n";
}

std::string end(const std::string& to, const std::string& from) {
  return "    " + to + " = " + from + ".squeeze(2).transpose(1, 2).flatten(0, 1)\n";
}

std::string layer(const std::string& to, const std::string& from, const std::string& weight,
                  const std::string& bias, const std::string& before, const std::string& behind) {
  return "    " + to + " = " + before + "torch.conv2d(" + from + ", " + weight +
         ".unsqueeze(2).unsqueeze(3), " + bias + ")" + behind + "\n";
}

}  // namespace dense_layers

std::vector<WeightPlan> braggnn_weights(std::uint32_t patch_px) {
  const auto side = static_cast<std::int64_t>(patch_px) - 6;
  std::vector<WeightPlan> plan{{"cnn_layers.0.weight", {64, 1, 3, 3}}, {"cnn_layers.0.bias", {64}}};
  for (const char* name : {"nlb.theta_layer", "nlb.phi_layer", "nlb.g_layer"}) {
    plan.push_back({std::string(name) + ".weight", {32, 64, 1, 1}});
    plan.push_back({std::string(name) + ".bias", {32}});
  }
  plan.insert(plan.end(), {{"nlb.out_cnn.weight", {64, 32, 1, 1}},
                           {"nlb.out_cnn.bias", {64}},
                           {"cnn_layers.2.weight", {32, 64, 3, 3}},
                           {"cnn_layers.2.bias", {32}},
                           {"cnn_layers.4.weight", {8, 32, 3, 3}},
                           {"cnn_layers.4.bias", {8}}});
  std::int64_t inputs = 8 * side * side;
  int index = 0;
  for (const std::int64_t outputs : {16, 8, 4, 2, 2}) {
    const std::string name = "dense_layers." + std::to_string(index);
    plan.push_back({name + ".weight", {outputs, inputs}});
    plan.push_back({name + ".bias", {outputs}});
    inputs = outputs;
    index += 2;
  }
  return plan;
}

bool shares_theta(const NamedWeights& weights) {
  const std::vector<float>& bias = weights.at("nlb.g_layer.bias").values;
  return std::all_of(bias.begin(), bias.end(), [](float value) { return value == 0; });
}

NamedWeights collapsed_block(const NamedWeights& weights) {
  const std::vector<float>& kernel = weight_of(weights, "cnn_layers.0.weight").values;
  Affine first(features);
  for (std::size_t k = 0; k < features; ++k) {
    for (std::size_t i = 0; i + 1 < window; ++i) first[k][i] = kernel[k * (window - 1) + i];
    first[k][window - 1] = weight_of(weights, "cnn_layers.0.bias").values[k];
  }
  const Affine theta = layer_after(first, weights, "nlb.theta_layer");
  const Affine phi = layer_after(first, weights, "nlb.phi_layer");
  const Affine g = layer_after(first, weights, "nlb.g_layer");
  Weight logits{{window, window}, {}}, output{{features, 2 * window}, {}};
  for (std::size_t i = 0; i < window; ++i) {
    for (std::size_t j = 0; j < window; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < inner; ++k) sum += theta[k][i] * phi[k][j];
      logits.values.push_back(static_cast<float>(sum));
    }
  }
  const std::vector<float>& out = weight_of(weights, "nlb.out_cnn.weight").values;
  for (std::size_t row = 0; row < features; ++row) {
    for (std::size_t i = 0; i < window; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < inner; ++k) sum += static_cast<double>(out[row * inner + k]) * g[k][i];
      output.values.push_back(static_cast<float>(sum));
    }
    for (std::size_t i = 0; i < window; ++i) output.values.push_back(static_cast<float>(first[row][i]));
    output.values.back() = static_cast<float>(
        first[row][window - 1] + static_cast<double>(weight_of(weights, "nlb.out_cnn.bias").values[row]));
  }
  return {{"block_logits", std::move(logits)}, {"block_output", std::move(output)}};
}

Script braggnn_script(NamedWeights weights, BraggnnForm form) {
  check(weights);
  if (shares_theta(weights)) {
    for (const char* part : {".weight", ".bias"}) {
      weights[std::string("nlb.phi_layer") + part] = weights[std::string("nlb.theta_layer") + part];
      weights[std::string("nlb.g_layer") + part] = weights[std::string("nlb.theta_layer") + part];
    }
  }
  Script script{std::string(published_block) + after_the_block(true), {}};
  const bool collapsed = form == BraggnnForm::collapsed;
  if (collapsed) {
    script.weights = collapsed_block(weights);
    script.source = std::string(fixed_coefficients) + collapsed_block_source + after_the_block(false);
  }
  for (auto& [name, weight] : weights) {
    const bool in_block = name.starts_with("nlb.") || name.starts_with("cnn_layers.0.");
    if (!collapsed || !in_block) script.weights.emplace(script_name(name), std::move(weight));
  }
  return script;
}

std::string braggnn_training_source() {
  return std::string(coefficients) + collapsed_block_source + after_the_block(true);
}

}  // namespace braggd
