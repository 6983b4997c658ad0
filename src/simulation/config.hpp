// What a simulated scan is made of.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>

#include <braggd/field.hpp>
#include <braggd/frame.hpp>

namespace braggd {

enum class SpotLayout : std::uint8_t { diffraction, uniform };
enum class DetectorKind : std::uint8_t { counting, panel };
enum class Centering : std::uint8_t { primitive, body, face, diamond };

inline constexpr std::array<std::string_view, 2> spot_layout_names{"diffraction", "uniform"};
inline constexpr std::array<std::string_view, 2> detector_kind_names{"counting", "panel"};
inline constexpr std::array<std::string_view, 4> centering_names{"primitive", "body", "face", "diamond"};
inline constexpr std::array<std::string_view, 3> simulated_pixel_type_names{"u8", "u16", "u32"};
inline constexpr std::array<std::string_view, 4> simulated_encoding_names{"raw", "lz4", "bslz4", "bszstd"};

/// A far-field diffraction experiment on a polycrystal that turns about the vertical axis, or (`layout: uniform`)
/// frames with a given number of spots at random places, for measuring speed.
struct SimulationConfig {
  SpotLayout layout = SpotLayout::diffraction;
  std::uint64_t seed = 1;
  std::uint32_t repeat = 0;

  // The scan and how its frames are packed.
  std::uint64_t frames = 1440;
  std::uint32_t rows = 2048, cols = 2048;
  PixelType pixel_type = PixelType::u16;
  Encoding encoding = Encoding::bslz4;
  double omega_start_deg = 0, omega_step_deg = 0.25;

  // The experiment.
  double energy_kev = 71.676;
  double distance_m = 1.0;
  double pixel_um = 200;
  double beam_row_px = std::numeric_limits<double>::quiet_NaN();
  double beam_col_px = std::numeric_limits<double>::quiet_NaN();

  // The sample.
  double lattice_parameter_angstrom = 4.0495;
  Centering centering = Centering::face;
  double b_factor_angstrom2 = 3;
  std::uint32_t grains = 150;
  double grain_volume_sigma = 0.6;
  double strain_sigma = 5e-4;
  double mosaic_deg = 0.05;
  std::uint32_t load_step = 0;
  double sample_radius_um = 500, sample_height_um = 100;

  // The spots.
  double peak_intensity = 500;
  double spot_sigma_px = 1.0;
  double lorentz_fraction = 0.3;

  // The spots of `layout: uniform`.
  std::uint32_t spots_per_frame = 500;
  double peak_min = 20, peak_max = 5000;
  double sigma_min_px = 0.7, sigma_max_px = 2.6;

  // The detector.
  DetectorKind detector = DetectorKind::counting;
  std::uint64_t saturation_value = 0;
  double background_counts = 0.05;
  bool gaps = true;
  double pedestal_min = 1500, pedestal_max = 1900;
  double noise_sigma = 8;
  double signal_variance = 1;
  std::uint32_t hot_pixels = 50;

  static constexpr auto fields() {
    using C = SimulationConfig;
    return std::tuple{
        choice_field("layout", &C::layout, "spots where diffraction puts them, or anywhere",
                     spot_layout_names),
        field("seed", &C::seed, "the same seed gives the same bytes", 0, 9e15),
        field("repeat", &C::repeat, "another exposure of the same sample: other noise, nothing else", 0, 1e6),
        field("frames", &C::frames, "frames of the scan", 0, 1e7),
        field("rows", &C::rows, "detector rows", 1, 65535).unit("px"),
        field("cols", &C::cols, "detector columns", 1, 65535).unit("px"),
        choice_field("pixel_type", &C::pixel_type, "type of a pixel; a panel has u16",
                     simulated_pixel_type_names),
        choice_field("encoding", &C::encoding, "how frames are packed", simulated_encoding_names),
        field("omega_start_deg", &C::omega_start_deg, "rotation where frame 0 begins", -3600, 3600)
            .unit("deg"),
        field("omega_step_deg", &C::omega_step_deg, "rotation during a frame; not 0", -10, 10).unit("deg"),
        field("energy_kev", &C::energy_kev, "photon energy", 1, 1000).unit("keV"),
        field("distance_m", &C::distance_m, "from the rotation axis to the detector", 1e-3, 100).unit("m"),
        field("pixel_um", &C::pixel_um, "edge of a pixel", 0.1, 10000).unit("um"),
        field("beam_row_px", &C::beam_row_px, "row of the direct beam; not given: the centre", -1e6, 1e6)
            .unit("px"),
        field("beam_col_px", &C::beam_col_px, "column of the direct beam; not given: the centre", -1e6, 1e6)
            .unit("px"),
        field("lattice_parameter_angstrom", &C::lattice_parameter_angstrom, "edge of the cubic cell", 1, 100)
            .unit("angstrom"),
        choice_field("centering", &C::centering, "which reflections the cell allows", centering_names),
        field("b_factor_angstrom2", &C::b_factor_angstrom2,
              "B of the fall-off exp(-2 B s^2) of intensities, s = sin(theta) / wavelength", 0, 100)
            .unit("angstrom^2"),
        field("grains", &C::grains, "grains of the sample", 0, 100000),
        field("grain_volume_sigma", &C::grain_volume_sigma, "spread of the logarithm of grain volumes", 0, 3),
        field("strain_sigma", &C::strain_sigma, "spread of a grain's strain along any direction", 0, 0.02),
        field("mosaic_deg", &C::mosaic_deg, "spread of orientation within a grain", 0, 5).unit("deg"),
        field("load_step", &C::load_step, "plastic deformation: broadens spots and breaks grains", 0, 20),
        field("sample_radius_um", &C::sample_radius_um, "radius of the cylinder of grains", 0, 1e5)
            .unit("um"),
        field("sample_height_um", &C::sample_height_um, "its height in the beam", 0, 1e5).unit("um"),
        field("peak_intensity", &C::peak_intensity,
              "median over all spots of their highest pixel before any load", 0.01, 1e9)
            .unit("counts"),
        field("spot_sigma_px", &C::spot_sigma_px, "width of a spot from a perfect point grain", 0.3, 50)
            .unit("px"),
        field("lorentz_fraction", &C::lorentz_fraction, "share of the Lorentzian in the pseudo-Voigt", 0, 1),
        field("spots_per_frame", &C::spots_per_frame, "spots of a frame where layout is uniform", 0, 1000000),
        field("peak_min", &C::peak_min, "lowest peak where layout is uniform", 0.01, 1e9).unit("counts"),
        field("peak_max", &C::peak_max, "highest peak where layout is uniform", 0.01, 1e9).unit("counts"),
        field("sigma_min_px", &C::sigma_min_px, "narrowest spot where layout is uniform", 0.3, 50).unit("px"),
        field("sigma_max_px", &C::sigma_max_px, "widest spot where layout is uniform", 0.3, 50).unit("px"),
        choice_field("detector", &C::detector, "photon counter or flat panel", detector_kind_names),
        field("saturation_value", &C::saturation_value,
              "largest value of a pixel; 0: 2^N-3 of a counter, 16383 of a panel", 0, 4294967293.)
            .unit("counts"),
        field("background_counts", &C::background_counts, "mean background of a counter's pixel", 0, 100)
            .unit("counts"),
        field("gaps", &C::gaps, "whether a counter has gaps between its modules"),
        field("pedestal_min", &C::pedestal_min, "lowest pedestal of a panel", 0, 60000).unit("counts"),
        field("pedestal_max", &C::pedestal_max, "highest pedestal of a panel", 0, 60000).unit("counts"),
        field("noise_sigma", &C::noise_sigma, "noise of a panel's pixel without signal", 0, 1000)
            .unit("counts"),
        field("signal_variance", &C::signal_variance, "variance that each count of signal adds on a panel", 0,
              100)
            .unit("counts"),
        field("hot_pixels", &C::hot_pixels, "hot pixels of a panel", 0, 1000000)};
  }

  Shape shape() const { return {rows, cols}; }
  double wavelength_angstrom() const;  ///< hc / E, CODATA 2018
  double beam_row() const;             ///< with the default resolved, pixel centres at integers
  double beam_col() const;
};

/// Refuses what cannot be simulated with a ConfigError that names the key. Also for configurations that never went
/// through a pipeline file, so ranges are checked again.
void check(const SimulationConfig& config);

}  // namespace braggd
