#include "sinks/hash_queue.hpp"

#include <spdlog/spdlog.h>
#include <utility>

namespace braggd {

HashQueue::HashQueue(std::size_t capacity, OnDigest on_digest)
    : capacity_(capacity), on_digest_(std::move(on_digest)), thread_([this] { work(); }) {}

HashQueue::~HashQueue() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool HashQueue::put(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= capacity_) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void HashQueue::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    try {
      on_digest_(job, sha256_of_file(job.path));
    } catch (const std::exception& error) {
      spdlog::warn("scan={} sink=publish: {}", job.scan_id, error.what());
    }
    lock.lock();
  }
}

}  // namespace braggd
