// The bit transposition of bitshuffle (Masui et al. 2015, Astronomy and Computing 12, 181).
#pragma once

#include <cstddef>
#include <span>

#include "kernels/kernel_set.hpp"

namespace braggd {

/// n elements of E bytes become 8 E planes of n/8 bytes: bit x%8 of byte x/8 of plane 8 b + k is bit k of
/// byte b of element x. Both spans hold n E bytes, n is a multiple of 8, and they do not overlap. Any E
/// from 1.
void shuffle_bits(KernelSet set, std::size_t element_bytes, std::span<const std::byte> elements,
                  std::span<std::byte> planes);

/// The inverse.
void unshuffle_bits(KernelSet set, std::size_t element_bytes, std::span<const std::byte> planes,
                    std::span<std::byte> elements);

/// The definition: one bit at a time.
void shuffle_bits_reference(std::size_t element_bytes, std::span<const std::byte> elements,
                            std::span<std::byte> planes);
void unshuffle_bits_reference(std::size_t element_bytes, std::span<const std::byte> planes,
                              std::span<std::byte> elements);

}  // namespace braggd
