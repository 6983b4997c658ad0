// The shape of a spot on the detector.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace braggd {

/// With which power of the distance the Lorentzian of a spot falls, far from its centre.
enum class LorentzWings : std::uint8_t {
  cube,    ///< a Cauchy distribution, whose projections are Lorentzians
  square,  ///< a Lorentzian along every radius
};

/// An elliptical pseudo-Voigt: the sum of a Gaussian and of a Lorentzian of the same elliptical radius u (in units of
/// sigma) and the same full width at half maximum. Where its wings fall with the cube, its projections along either axis are the
/// pseudo-Voigts of Thompson, Cox & Hastings 1987 (J. Appl. Cryst. 20, 79), `lorentz_fraction` their mixing parameter;
/// where they fall with the square, which has no finite integral, it is the share of the height, as in fits of
/// two-dimensional pseudo-Voigts. It ends at u = `cut` and is normalised within.
struct SpotShape {
  float sigma_radial_px = 1;     ///< along the radius of the Debye-Scherrer ring
  float sigma_azimuthal_px = 1;  ///< along the ring
  float eta_rad = 0;             ///< azimuth: 0 upwards, growing to the right
  float lorentz_fraction = 0;
  float cut = 5;
  LorentzWings wings = LorentzWings::cube;
};

inline constexpr float widest_cut = 30;

/// The share of an endless pseudo-Voigt that lies within the cut of this one. Its height is that of the endless one
/// divided by it. Where the wings fall with the square there is no endless one: what lies within the cut over what
/// a Gaussian of that height has, more than 1.
double share_within_cut(const SpotShape& shape);

/// The smallest cut, at least 4 and at most `widest_cut`, beyond which no pixel expects more than 0.05 counts.
/// `intensity`: counts that the spot would have without a cut.
float sufficient_cut(const SpotShape& shape, double intensity);

/// Pixels [col_begin, col_end) of a row.
struct PixelRun {
  std::uint32_t row = 0;
  std::uint32_t col_begin = 0, col_end = 0;
};

/// Some rows of a frame while they are made.
struct Band {
  std::uint32_t row_begin = 0, row_end = 0, cols = 0;
  std::span<float> signal;     ///< (row_end - row_begin) x cols, expected counts; 0 outside of `runs`
  std::vector<PixelRun> runs;  ///< where spots are; they may overlap
  float* row(std::uint32_t r) const { return signal.data() + std::size_t{r - row_begin} * cols; }
};

/// A spot of a shape at a place, ready to be put into pixels.
class SpotProfile {
 public:
  /// `row`, `col`: its centre, pixel centres at integers. `intensity`: counts within the cut.
  SpotProfile(const SpotShape& shape, double row, double col, double intensity);

  /// Expected counts of a pixel: the profile's integral over it (3 x 3 Gauss-Legendre points, one for wide
  /// spots), cut or not.
  double pixel(double row, double col) const;
  /// The highest pixel: one of the four around the centre.
  double peak() const;
  /// Adds the spot's expected counts to the pixels whose centres lie within the cut and in the band.
  void add_to(Band& band) const;

  bool reaches(std::uint32_t row_begin, std::uint32_t row_end) const;

 private:
  struct Columns {
    std::int64_t begin, end;
  };
  Columns columns_within(double row_offset, double u, std::uint32_t cols) const;
  double density(double row_offset, double col_offset) const;
  void add_tail(float* row, double row_offset, Columns columns) const;

  double row_, col_;
  double rr_, rc_, cc_;  // u^2 = rr dr^2 + 2 rc dr dc + cc dc^2
  double gauss_, lorentz_;
  double cut_, half_height_px_;
  bool wide_;
  LorentzWings wings_;
};

}  // namespace braggd
