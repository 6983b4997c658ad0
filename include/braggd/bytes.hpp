// Bytes that are kept alive by whoever holds a view of them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace braggd {

/// A read-only view of bytes together with its owner: a ZeroMQ message, a file's chunk, a vector. Copying shares the
/// owner; the bytes live as long as any copy.
class Bytes {
 public:
  Bytes() = default;
  Bytes(std::shared_ptr<const void> owner, std::span<const std::byte> view)
      : owner_(std::move(owner)), view_(view) {}

  /// Takes a vector over.
  static Bytes own(std::vector<std::byte> data) {
    auto owner = std::make_shared<const std::vector<std::byte>>(std::move(data));
    const std::span<const std::byte> view(*owner);
    return {std::move(owner), view};
  }

  std::span<const std::byte> view() const { return view_; }
  std::size_t size() const { return view_.size(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }

  /// The same owner, another part of it; `part` must lie within what the owner holds.
  Bytes slice(std::span<const std::byte> part) const { return {owner_, part}; }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> view_;
};

}  // namespace braggd
