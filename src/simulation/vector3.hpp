// Vectors and rotations in space.
#pragma once

#include <array>
#include <cmath>
#include <numbers>

namespace braggd {

inline constexpr double deg_per_rad = 180 / std::numbers::pi;

struct Vector3 {
  double x = 0, y = 0, z = 0;
  friend constexpr Vector3 operator+(Vector3 a, Vector3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend constexpr Vector3 operator-(Vector3 a, Vector3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend constexpr Vector3 operator*(double f, Vector3 a) { return {f * a.x, f * a.y, f * a.z}; }
};

constexpr double dot(Vector3 a, Vector3 b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
constexpr Vector3 cross(Vector3 a, Vector3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline double length(Vector3 a) {
  return std::sqrt(dot(a, a));
}

struct Matrix3 {
  std::array<Vector3, 3> rows{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  friend constexpr Vector3 operator*(const Matrix3& m, Vector3 v) {
    return {dot(m.rows[0], v), dot(m.rows[1], v), dot(m.rows[2], v)};
  }
  friend constexpr Matrix3 operator*(double f, const Matrix3& m) {
    return {{f * m.rows[0], f * m.rows[1], f * m.rows[2]}};
  }
};

constexpr Matrix3 transposed(const Matrix3& m) {
  const auto& [a, b, c] = m.rows;
  return {{Vector3{a.x, b.x, c.x}, Vector3{a.y, b.y, c.y}, Vector3{a.z, b.z, c.z}}};
}

constexpr Matrix3 operator*(const Matrix3& a, const Matrix3& b) {
  const Matrix3 columns = transposed(b);
  Matrix3 product;
  for (std::size_t i = 0; i < 3; ++i) product.rows[i] = columns * a.rows[i];
  return product;
}

/// Inverse of a matrix that has one.
constexpr Matrix3 inverse(const Matrix3& m) {
  const auto& [a, b, c] = m.rows;
  const double determinant = dot(a, cross(b, c));
  return transposed((1 / determinant) * Matrix3{{cross(b, c), cross(c, a), cross(a, b)}});
}

/// Right-handed rotation about the z axis.
inline Vector3 rotated_about_z(Vector3 v, double angle_rad) {
  const double c = std::cos(angle_rad);
  const double s = std::sin(angle_rad);
  return {c * v.x - s * v.y, s * v.x + c * v.y, v.z};
}

/// Right-handed rotation by |r| about r.
inline Matrix3 rotation(Vector3 r) {
  const double angle = length(r);
  if (angle == 0) return {};
  const Vector3 n = (1 / angle) * r;
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  const double t = 1 - c;
  return {{Vector3{t * n.x * n.x + c, t * n.x * n.y - s * n.z, t * n.x * n.z + s * n.y},
           Vector3{t * n.x * n.y + s * n.z, t * n.y * n.y + c, t * n.y * n.z - s * n.x},
           Vector3{t * n.x * n.z - s * n.y, t * n.y * n.z + s * n.x, t * n.z * n.z + c}}};
}

}  // namespace braggd
