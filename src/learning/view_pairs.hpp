// What a step of the anomaly encoder's training sees: patches, each beside a view of itself.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace braggd {

/// Each epoch goes through all patches in another order and leaves out what fills no batch. What a step sees depends on
/// the seed and its number alone.
class ViewPairs {
 public:
  /// `patches`: n x 15 x 15, at least a batch of them; they must outlive this.
  ViewPairs(std::span<const float> patches, std::size_t batch, std::uint64_t seed);

  std::uint64_t steps_per_epoch() const { return order_.size() / batch_; }

  /// `plain`, `shown`: batch x 15 x 15.
  void make(std::uint64_t step, std::span<float> plain, std::span<float> shown);

 private:
  void shuffle(std::uint64_t epoch);

  std::span<const float> patches_;
  std::size_t batch_;
  std::uint64_t seed_;
  std::vector<std::size_t> order_;
  std::uint64_t shuffled_epoch_ = 0;
};

}  // namespace braggd
