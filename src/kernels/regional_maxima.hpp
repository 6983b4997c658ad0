// The regional maxima of a component: connected pixels of one value without a higher 8-neighbour.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <braggd/peak.hpp>

namespace braggd {

/// Finds them one component after the other; keeps its buffers between calls. Not thread-safe.
class RegionalMaxima {
 public:
  /// The first pixel (index, in raster order) of each regional maximum of `component`, ascending: as many as its
  /// n_maxima says. Valid until the next call.
  std::span<const std::uint32_t> find(const ComponentList& list, std::uint32_t component);

 private:
  struct Pixel {
    std::uint32_t index = 0;
    float value = 0;
    std::array<std::uint32_t, 8> neighbours{};
    std::uint8_t n_neighbours = 0;
    bool candidate = false, seen = false;
  };
  void gather(const ComponentList& list, std::uint32_t component);
  void join_neighbours(std::uint32_t cols);
  void join(std::uint32_t a, std::uint32_t b);
  bool is_maximum(std::uint32_t seed);

  std::vector<Pixel> pixels_;
  std::vector<std::uint32_t> plateau_, found_;
};

/// The definition: floods each plateau, looking every neighbour up.
std::vector<std::uint32_t> regional_maxima_reference(const ComponentList& list, std::uint32_t component);

}  // namespace braggd
