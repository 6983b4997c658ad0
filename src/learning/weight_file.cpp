#include "learning/weight_file.hpp"

#include <numeric>

#include <braggd/error.hpp>

#include "formats/hdf5.hpp"
#include "formats/hdf5_values.hpp"
#include "learning/braggnn.hpp"

namespace braggd {

NamedWeights read_braggnn_weights(const std::filesystem::path& file, std::uint32_t patch_px) {
  NamedWeights weights;
  try {
    const hdf5::Handle opened = hdf5::open_file(file);
    for (const WeightPlan& planned : braggnn_weights(patch_px)) {
      const auto n = static_cast<std::size_t>(
          std::accumulate(planned.shape.begin(), planned.shape.end(), std::int64_t{1}, std::multiplies<>()));
      const auto numbers = hdf5::read_numbers(opened, "state_dict/" + planned.name, n);
      if (!numbers || numbers->values.size() != n) {
        throw InputError(file.string() + ": state_dict/" + planned.name + " is missing or has another size");
      }
      Weight weight{planned.shape, {}};
      for (const double value : numbers->values) weight.values.push_back(static_cast<float>(value));
      weights.emplace(planned.name, std::move(weight));
    }
  } catch (const hdf5::Error& error) {
    throw InputError(file.string() + ": " + error.what());
  }
  return weights;
}

}  // namespace braggd
