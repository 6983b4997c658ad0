#include "service/event_feed.hpp"

#include <algorithm>
#include <utility>

namespace braggd {

void EventFeed::set_status(std::string json) {
  {
    const std::lock_guard lock(mutex_);
    status_ = std::move(json);
    ++status_number_;
  }
  wake_.notify_all();
}

void EventFeed::add_scan(std::string json) {
  {
    const std::lock_guard lock(mutex_);
    scans_.push_back(std::move(json));
    if (scans_.size() > scans_kept) scans_.pop_front();
    ++scans_number_;
  }
  wake_.notify_all();
}

void EventFeed::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
}

EventFeed::Place EventFeed::now() const {
  const std::lock_guard lock(mutex_);
  return {0, scans_number_};
}

bool EventFeed::wait(Place& place, std::chrono::milliseconds patience, std::string& events) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, patience,
                 [&] { return closed_ || place.status != status_number_ || place.scans != scans_number_; });
  if (closed_) return false;
  events.clear();
  for (std::uint64_t missed = std::min<std::uint64_t>(scans_number_ - place.scans, scans_.size()); missed > 0;
       --missed) {
    events += "event: scan\ndata: " + scans_[scans_.size() - missed] + "\n\n";
  }
  if (place.status != status_number_) events += "event: status\ndata: " + status_ + "\n\n";
  if (events.empty()) events = ":\n\n";
  place = {status_number_, scans_number_};
  return true;
}

}  // namespace braggd
