// Seeded data for the kernels' tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace braggd {

using Random = std::mt19937_64;

inline std::size_t random_below(Random& random, std::size_t end) {
  return static_cast<std::size_t>(random() % end);
}

inline std::vector<std::byte> random_bytes(Random& random, std::size_t n) {
  std::vector<std::byte> bytes(n);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0xff);
  return bytes;
}

/// Bytes as a photon counter gives them: mostly zeros and small numbers, so that they compress.
inline std::vector<std::byte> sparse_bytes(Random& random, std::size_t n) {
  std::vector<std::byte> bytes(n);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 16 == 0 ? random() % 4 : 0);
  return bytes;
}

}  // namespace braggd
