#include "learning/weight_file.hpp"

#include <fstream>
#include <numeric>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "formats/hdf5.hpp"
#include "formats/hdf5_values.hpp"
#include "learning/braggnn.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view hdf5_signature = "\x89HDF\r\n\x1a\n";
constexpr const char* first_dense = "dense_layers.0.weight";

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
  throw InputError(printable(file.string()) + ": " + what);
}

std::size_t size_of(const WeightPlan& planned) {
  return static_cast<std::size_t>(
      std::accumulate(planned.shape.begin(), planned.shape.end(), std::int64_t{1}, std::multiplies<>()));
}

std::string beginning_of(const fs::path& file, std::size_t bytes) {
  std::ifstream stream(file, std::ios::binary);
  std::string beginning(bytes, '\0');
  stream.read(beginning.data(), static_cast<std::streamsize>(bytes));
  beginning.resize(static_cast<std::size_t>(stream.gcount()));
  return beginning;
}

/// Those datasets that BraggNN could have; others are of no interest.
NamedWeights read_hdf5(const fs::path& file) {
  NamedWeights weights;
  try {
    const hdf5::Handle opened = hdf5::open_file(file);
    const std::string group = hdf5::exists(opened, "state_dict") ? "state_dict/" : "";
    for (const WeightPlan& planned : braggnn_weights(15)) {  // no weight of 11 x 11 is larger
      const auto numbers = hdf5::read_numbers(opened, group + planned.name, size_of(planned));
      if (!numbers) continue;
      Weight weight{{numbers->extent.begin(), numbers->extent.end()}, {}};
      for (const double value : numbers->values) weight.values.push_back(static_cast<float>(value));
      weights.emplace(planned.name, std::move(weight));
    }
  } catch (const hdf5::Error& error) {
    refuse(file, error.what());
  }
  return weights;
}

std::uint32_t patch_px_of(const fs::path& file, const NamedWeights& weights) {
  const auto dense = weights.find(first_dense);
  if (dense == weights.end())
    refuse(file, std::string("has no weight ") + first_dense + ", so it is not BraggNN's");
  for (const std::uint32_t patch_px : {11U, 15U}) {
    for (const WeightPlan& planned : braggnn_weights(patch_px)) {
      if (planned.name == first_dense && planned.shape == dense->second.shape) return patch_px;
    }
  }
  refuse(file,
         std::string(first_dense) + " has a shape of neither 11 x 11 nor 15 x 15 px with layers 16-8-4-2");
}

}  // namespace

ForeignBraggnn read_foreign_braggnn(const fs::path& file) {
  const std::string beginning = beginning_of(file, hdf5_signature.size());
  if (beginning != hdf5_signature) {
    refuse(file,
           "is no HDF5; a state dictionary of PyTorch becomes one with h5py: "
           "`for name, w in torch.load(FILE).items(): h5[name] = w.numpy()`");
  }
  const NamedWeights all = read_hdf5(file);
  ForeignBraggnn foreign;
  foreign.patch_px = patch_px_of(file, all);
  for (const WeightPlan& planned : braggnn_weights(foreign.patch_px)) {
    const auto found = all.find(planned.name);
    if (found == all.end()) refuse(file, "lacks the weight " + planned.name);
    if (found->second.shape != planned.shape)
      refuse(file, planned.name + " has another shape than BraggNN's");
    foreign.weights.emplace(planned.name, found->second);
  }
  foreign.shares_theta = shares_theta(foreign.weights);
  return foreign;
}

}  // namespace braggd
