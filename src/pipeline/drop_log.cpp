#include "pipeline/drop_log.hpp"

#include <spdlog/spdlog.h>
#include <utility>

namespace braggd {

void DropLog::warn(const FrameMeta& meta, DropReason reason, const std::string& detail) {
  const auto now = std::chrono::steady_clock::now();
  std::uint64_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    Last& last = last_[static_cast<std::size_t>(reason)];
    if (last.ever && now - last.when < std::chrono::seconds(1)) {
      ++last.left_out;
      return;
    }
    last.ever = true;
    last.when = now;
    left_out = std::exchange(last.left_out, 0);
  }
  if (left_out > 0) {
    spdlog::warn("scan={} frame={} dropped={}: {} (and {} more since)", scan_id_, meta.frame_number,
                 name_of(reason), detail, left_out);
  } else {
    spdlog::warn("scan={} frame={} dropped={}: {}", scan_id_, meta.frame_number, name_of(reason), detail);
  }
}

}  // namespace braggd
