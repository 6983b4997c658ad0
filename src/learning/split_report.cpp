#include "learning/split_report.hpp"

#include <array>
#include <cstdio>
#include <vector>

namespace braggd {

namespace {

constexpr std::array<double, 7> significances{0, 0.5, 1, 1.5, 2, 2.5, 3};

/// Of one detector, by significance.
using Counts = std::array<SecondMaxima, significances.size()>;

std::array<Counts, 2> count(const PatchSetConfig& config, std::size_t n) {
  PatchSet set(config);
  std::vector<float> patch(std::size_t{config.patch_px} * config.patch_px);
  std::array<Counts, 2> by_detector{};
  for (std::size_t i = 0; i < n; ++i) {
    const PatchTruth truth = set.make(i, patch);
    if (truth.n_maxima < 2) continue;
    Counts& counts = by_detector[static_cast<std::size_t>(truth.detector)];
    for (std::size_t k = 0; k < significances.size(); ++k) {
      const SecondMaxima second = set.second_maxima(significances[k]);
      counts[k].of_spots += second.of_spots;
      counts[k].of_noise += second.of_noise;
    }
  }
  return by_detector;
}

std::string cell(const char* format, double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string row(const std::string& name, const Counts& counts, std::uint32_t SecondMaxima::*kind) {
  std::string text = "| " + name + " (" + std::to_string(counts[0].*kind) + ") |";
  const auto all = static_cast<double>(counts[0].*kind);
  for (const SecondMaxima& at : counts) text += cell(" %.3f |", static_cast<double>(at.*kind) / all);
  return text + "\n";
}

}  // namespace

std::string split_table(const PatchSetConfig& config, std::size_t n) {
  const std::array<Counts, 2> by_detector = count(config, n);
  std::string text = "| |", line = "| --- |";
  for (const double significance : significances) {
    text += cell(" %.1f |", significance);
    line += " --- |";
  }
  text += "\n" + line + "\n";
  for (const DetectorKind detector : {DetectorKind::counting, DetectorKind::panel}) {
    const std::string name = detector == DetectorKind::counting ? "photon counter" : "flat panel";
    const Counts& counts = by_detector[static_cast<std::size_t>(detector)];
    text += row(name + ", of spots", counts, &SecondMaxima::of_spots);
    text += row(name + ", of noise", counts, &SecondMaxima::of_noise);
  }
  return text;
}

}  // namespace braggd
