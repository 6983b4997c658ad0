#include "kernels/survivors.hpp"

#include <algorithm>

namespace braggd {

bool Survivors::grow(std::uint64_t max_pixels) {
  if (size > max_pixels) return false;
  const std::size_t room = std::min<std::uint64_t>(2 * (size + margin), max_pixels + 2 * margin);
  index.resize(room);
  value.resize(room);
  return true;
}

}  // namespace braggd
