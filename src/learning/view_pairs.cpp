#include "learning/view_pairs.hpp"

#include <algorithm>
#include <numeric>

#include "learning/patch_views.hpp"

namespace braggd {

ViewPairs::ViewPairs(std::span<const float> patches, std::size_t batch, std::uint64_t seed)
    : patches_(patches), batch_(batch), seed_(seed), order_(patches.size() / rei_patch_pixels) {
  shuffle(0);
}

void ViewPairs::make(std::uint64_t step, std::span<float> plain, std::span<float> shown) {
  const std::uint64_t epoch = step / steps_per_epoch();
  if (epoch != shuffled_epoch_) shuffle(epoch);
  const std::size_t begin = static_cast<std::size_t>(step % steps_per_epoch()) * batch_;
  Random random(seed_, RandomStream::view, step);
  for (std::size_t i = 0; i < batch_; ++i) {
    const auto patch = patches_.subspan(order_[begin + i] * rei_patch_pixels, rei_patch_pixels);
    std::ranges::copy(patch, plain.subspan(i * rei_patch_pixels).begin());
    show_patch(draw_view(random), patch, shown.subspan(i * rei_patch_pixels, rei_patch_pixels));
  }
}

void ViewPairs::shuffle(std::uint64_t epoch) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  Random random(seed_, RandomStream::order, epoch);
  for (std::size_t left = order_.size(); left > 1; --left) {
    std::swap(order_[left - 1], order_[static_cast<std::size_t>(random.below(left))]);
  }
  shuffled_epoch_ = epoch;
}

}  // namespace braggd
