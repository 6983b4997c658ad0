#include "simulation/config.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include <braggd/error.hpp>

namespace braggd {
namespace {

std::string text_of(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return text.data();
}

template <class T>
void check_range(const Field<SimulationConfig, T>& field, const SimulationConfig& config) {
  if constexpr (std::is_arithmetic_v<T> && !std::same_as<T, bool>) {
    const auto value = static_cast<double>(config.*field.member);
    if (std::isnan(value) && std::isnan(static_cast<double>(SimulationConfig{}.*field.member))) return;
    if (!field.minimum || (value >= *field.minimum && value <= *field.maximum)) return;
    throw ConfigError(std::string(field.key) + " is " + text_of(value) + "; give a number from " +
                          text_of(*field.minimum) + " to " + text_of(*field.maximum),
                      std::string(field.key));
  }
}

void check_frame_size(const SimulationConfig& config) {
  constexpr std::uint64_t max_frame_bytes = std::uint64_t{1} << 31;
  const std::uint64_t bytes = config.shape().pixels() * bytes_per_pixel(config.pixel_type);
  if (bytes > max_frame_bytes) {
    throw ConfigError("a frame of " + std::to_string(config.rows) + " x " + std::to_string(config.cols) +
                          " pixels of " + std::string(name_of(config.pixel_type)) +
                          " exceeds 2 GiB; give fewer rows or columns",
                      "rows");
  }
}

void check_detector(const SimulationConfig& config) {
  const bool panel = config.detector == DetectorKind::panel;
  if (config.pixel_type == PixelType::f32 || (panel && config.pixel_type != PixelType::u16)) {
    throw ConfigError(panel ? "a panel's pixels are u16" : "a counter's pixels are u8, u16 or u32",
                      "pixel_type");
  }
  const auto largest = (std::uint64_t{1} << (8 * bytes_per_pixel(config.pixel_type))) - 3;
  if (config.saturation_value > largest) {
    throw ConfigError("saturation_value " + std::to_string(config.saturation_value) + " lies beyond " +
                          std::to_string(largest) + ", the largest value of " +
                          std::string(name_of(config.pixel_type)) + " that is not a no-data value",
                      "saturation_value");
  }
  if (!panel) return;
  if (config.pedestal_max < config.pedestal_min) {
    throw ConfigError("pedestal_max is below pedestal_min", "pedestal_max");
  }
  const auto saturation = static_cast<double>(config.saturation_value == 0 ? 16383 : config.saturation_value);
  if (config.pedestal_max >= saturation) {
    throw ConfigError("pedestal_max " + text_of(config.pedestal_max) +
                          " leaves no room below the saturation value " + text_of(saturation),
                      "pedestal_max");
  }
  if (config.hot_pixels > config.shape().pixels()) {
    throw ConfigError("there are more hot_pixels than pixels", "hot_pixels");
  }
}

void check_uniform(const SimulationConfig& config) {
  if (config.peak_max < config.peak_min) throw ConfigError("peak_max is below peak_min", "peak_max");
  if (config.sigma_max_px < config.sigma_min_px) {
    throw ConfigError("sigma_max_px is below sigma_min_px", "sigma_max_px");
  }
}

}  // namespace

double SimulationConfig::wavelength_angstrom() const {
  constexpr double hc_kev_angstrom = 12.398419843320026;
  return hc_kev_angstrom / energy_kev;
}

double SimulationConfig::beam_row() const {
  return std::isnan(beam_row_px) ? (static_cast<double>(rows) - 1) / 2 : beam_row_px;
}

double SimulationConfig::beam_col() const {
  return std::isnan(beam_col_px) ? (static_cast<double>(cols) - 1) / 2 : beam_col_px;
}

void check(const SimulationConfig& config) {
  std::apply([&](const auto&... field) { (check_range(field, config), ...); }, SimulationConfig::fields());
  if (std::abs(config.omega_step_deg) < 1e-6) {
    throw ConfigError("omega_step_deg is 0; give the rotation during a frame, at least 1e-6 deg either way",
                      "omega_step_deg");
  }
  check_frame_size(config);
  check_detector(config);
  check_uniform(config);
}

}  // namespace braggd
