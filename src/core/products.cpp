#include "core/products.hpp"

#include <utility>
#include <vector>

namespace braggd {

namespace {

template <class T>
std::vector<T> emptied(std::vector<T>& values) {
  values.clear();
  return std::move(values);
}

template <class T>
std::uint64_t bytes_of(const std::vector<T>& values) {
  return values.capacity() * sizeof(T);
}

}  // namespace

// Each is made anew around its old vectors, so that a member added later is not forgotten.
void empty(Frame& frame) {
  frame = {};
}
void empty(DenseFrame& frame) {
  DenseFrame anew;
  anew.pixels = emptied(frame.pixels);
  anew.saturated = emptied(frame.saturated);
  frame = std::move(anew);
}
void empty(SparseFrame& frame) {
  SparseFrame anew;
  anew.index = emptied(frame.index);
  anew.value = emptied(frame.value);
  anew.flagged = emptied(frame.flagged);
  frame = std::move(anew);
}
void empty(ComponentList& list) {
  ComponentList anew;
  anew.components = emptied(list.components);
  anew.component_of = emptied(list.component_of);
  anew.maxima = emptied(list.maxima);
  list = std::move(anew);
}
void empty(PeakList& list) {
  PeakList anew;
  anew.peaks = emptied(list.peaks);
  list = std::move(anew);
}

std::uint64_t vector_bytes(const DenseFrame& frame) {
  return bytes_of(frame.pixels) + bytes_of(frame.saturated);
}
std::uint64_t vector_bytes(const SparseFrame& frame) {
  return bytes_of(frame.index) + bytes_of(frame.value) + bytes_of(frame.flagged);
}
std::uint64_t vector_bytes(const ComponentList& list) {
  return bytes_of(list.components) + bytes_of(list.component_of) + bytes_of(list.maxima);
}
std::uint64_t vector_bytes(const PeakList& list) {
  return bytes_of(list.peaks);
}

}  // namespace braggd
