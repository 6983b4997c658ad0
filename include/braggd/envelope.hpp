// What travels along an edge of the graph.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

#include <braggd/error.hpp>
#include <braggd/frame.hpp>
#include <braggd/peak.hpp>

namespace braggd {

enum class ProductType : std::uint8_t { frame, dense_frame, sparse_frame, component_list, peak_list };

inline constexpr std::array<std::string_view, 5> product_type_names{"Frame", "DenseFrame", "SparseFrame",
                                                                    "ComponentList", "PeakList"};

constexpr std::string_view name_of(ProductType type) {
  return product_type_names[static_cast<std::size_t>(type)];
}

template <class T>
struct product_type_of;
template <>
struct product_type_of<Frame> {
  static constexpr auto value = ProductType::frame;
};
template <>
struct product_type_of<DenseFrame> {
  static constexpr auto value = ProductType::dense_frame;
};
template <>
struct product_type_of<SparseFrame> {
  static constexpr auto value = ProductType::sparse_frame;
};
template <>
struct product_type_of<ComponentList> {
  static constexpr auto value = ProductType::component_list;
};
template <>
struct product_type_of<PeakList> {
  static constexpr auto value = ProductType::peak_list;
};

/// Any product, shared and const; the alternatives stand in the order of ProductType.
using Product = std::variant<std::shared_ptr<const Frame>, std::shared_ptr<const DenseFrame>,
                             std::shared_ptr<const SparseFrame>, std::shared_ptr<const ComponentList>,
                             std::shared_ptr<const PeakList>>;

/// The only type on a graph edge: a frame's product, or the tombstone of a frame that has none. Every expected frame
/// of a scan is one envelope on every edge, so that ledgers close and ordered stages see no hole.
struct Envelope {
  FrameMeta meta;
  DropReason dropped = DropReason::none;  ///< not none: a tombstone, `product` is not to be looked at
  Product product;
  std::shared_ptr<const void>
      lease;  ///< the frame's share of the memory budget; goes back with the last copy

  template <class T>
  const std::shared_ptr<const T>& get() const {
    return std::get<std::shared_ptr<const T>>(product);
  }
};

}  // namespace braggd
