// How far each estimator puts simulated spots from their true places, by what is hard about them, and how long it
// takes.
//
// Usage: locate_accuracy [PATCHES [PATCH_PX]]
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string_view>
#include <vector>

#include "kernels/patches.hpp"
#include "kernels/spot_fit.hpp"
#include "kernels/weighted_centroid.hpp"
#include "simulation/patch_set.hpp"

namespace {

using namespace braggd;

struct Set {
  std::uint32_t patch_px;
  std::vector<PatchTruth> truth;
  std::vector<float> patches;
  std::span<const float> patch(std::size_t i) const {
    const std::size_t area = std::size_t{patch_px} * patch_px;
    return std::span(patches).subspan(i * area, area);
  }
};

struct Answer {
  double row = 0, col = 0, row_error = 0, col_error = 0;
};

struct Estimator {
  std::string_view name;
  std::function<Answer(const Set&, std::size_t)> locate;
};

NoiseModel noise_of(const PatchTruth& truth) {
  return {double{truth.noise_sigma}, double{truth.signal_variance}};
}

Estimator centroid(std::string_view name, CentroidWeight weight) {
  return {name, [weight](const Set& set, std::size_t i) {
            const PatchTruth& t = set.truth[i];
            const auto c =
                patch_centroid(set.patch(i), set.patch_px, weight, double{t.threshold}, noise_of(t));
            if (std::isnan(c.row))
              return Answer{set.patch_px / 2 * 1.0, set.patch_px / 2 * 1.0, c.row_error, c.col_error};
            return Answer{c.row, c.col, c.row_error, c.col_error};
          }};
}

Answer fitted(const Set& set, std::size_t i, bool knows_of_two) {
  const PatchTruth& t = set.truth[i];
  const double middle = set.patch_px / 2;
  std::optional<PatchPlace> other;
  const double reach = middle + 0.49;
  if (knows_of_two && std::abs(t.other_row - middle) < reach && std::abs(t.other_col - middle) < reach)
    other = {std::round(t.other_row), std::round(t.other_col)};
  const SpotFit fit =
      fit_spot(set.patch(i), set.patch_px, double{t.threshold}, noise_of(t), {middle, middle}, other);
  if (fit.outcome != FitOutcome::converged) {
    const auto c =
        patch_centroid(set.patch(i), set.patch_px, CentroidWeight::squared, double{t.threshold}, noise_of(t));
    return {c.row, c.col, NAN, NAN};
  }
  return {fit.place.row, fit.place.col, fit.row_error, fit.col_error};
}

Set make_set(std::size_t n, std::uint32_t patch_px) {
  PatchSetConfig config;
  config.seed = 20;
  config.patch_px = patch_px;
  config.frame_px = 41;
  PatchSet source(config);
  Set set{patch_px, {}, std::vector<float>(n * patch_px * patch_px)};
  const std::size_t area = std::size_t{patch_px} * patch_px;
  for (std::size_t i = 0; i < n; ++i)
    set.truth.push_back(source.make(i, std::span(set.patches).subspan(i * area, area)));
  return set;
}

void print_errors(const Set& set, const std::vector<Answer>& answers, int patch_class, int detector) {
  std::vector<double> errors;
  double sum = 0, sum_z = 0;
  std::size_t n_z = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const PatchTruth& t = set.truth[i];
    if (static_cast<int>(t.patch_class) != patch_class || static_cast<int>(t.detector) != detector) continue;
    errors.push_back(std::hypot(answers[i].row - t.row, answers[i].col - t.col));
    sum += errors.back();
    if (std::isfinite(answers[i].row_error)) {
      sum_z += std::abs(answers[i].row - t.row) / answers[i].row_error;
      ++n_z;
    }
  }
  std::ranges::sort(errors);
  const auto share = [&](double p) {
    return errors.empty() ? NAN
                          : errors[static_cast<std::size_t>(p * static_cast<double>(errors.size() - 1))];
  };
  std::printf("  %-10s %-8s n %6zu  mean %.3f  50%% %.3f  75%% %.3f  95%% %.3f  |z| %.2f\n",
              std::string(patch_class_names[static_cast<std::size_t>(patch_class)]).c_str(),
              detector == 0 ? "counting" : "panel", errors.size(), sum / static_cast<double>(errors.size()),
              share(0.5), share(0.75), share(0.95), sum_z / static_cast<double>(n_z));
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t n = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20000;
  const auto patch_px = static_cast<std::uint32_t>(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 11);
  const Set set = make_set(n, patch_px);
  const std::vector<Estimator> estimators{
      centroid("centroid", CentroidWeight::intensity),
      centroid("centroid_above", CentroidWeight::above_threshold),
      centroid("centroid_squared", CentroidWeight::squared),
      {"fit", [](const Set& s, std::size_t i) { return fitted(s, i, false); }},
      {"fit, told of a second spot", [](const Set& s, std::size_t i) { return fitted(s, i, true); }},
  };
  for (const Estimator& estimator : estimators) {
    std::vector<Answer> answers(n);
    const std::clock_t begin = std::clock();
    for (std::size_t i = 0; i < n; ++i) answers[i] = estimator.locate(set, i);
    const double us = static_cast<double>(std::clock() - begin) * 1e6 / CLOCKS_PER_SEC;
    std::printf("%s: %.2f us of processor time a patch of %u px\n", std::string(estimator.name).c_str(),
                us / static_cast<double>(n), patch_px);
    for (int c = 0; c < 5; ++c) {
      for (int d = 0; d < 2; ++d) print_errors(set, answers, c, d);
    }
  }
  return 0;
}
