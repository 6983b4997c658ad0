// What the pipeline must know of a product to use its memory again.
#pragma once

#include <braggd/frame.hpp>
#include <braggd/peak.hpp>

namespace braggd {

/// Leaves a product as if new, but for the capacity of its vectors; what it kept alive is let go.
void empty(Frame& frame);
void empty(DenseFrame& frame);
void empty(SparseFrame& frame);
void empty(ComponentList& list);
void empty(PeakList& list);

/// Bytes of the vectors that a product itself holds, room to spare included.
std::uint64_t vector_bytes(const DenseFrame& frame);
std::uint64_t vector_bytes(const SparseFrame& frame);
std::uint64_t vector_bytes(const ComponentList& list);
std::uint64_t vector_bytes(const PeakList& list);

}  // namespace braggd
