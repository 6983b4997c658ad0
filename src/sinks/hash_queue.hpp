// Digests of files, computed beside the work.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "core/sha256.hpp"

namespace braggd {

/// A thread that reads files one after the other; what waits when it is destroyed is still done.
class HashQueue {
 public:
  struct Job {
    std::string scan_id;
    std::filesystem::path path;
  };
  using OnDigest = std::function<void(const Job&, const FileDigest&)>;

  /// `on_digest` is called from that thread. A file that cannot be read is logged.
  HashQueue(std::size_t capacity, OnDigest on_digest);
  ~HashQueue();
  HashQueue(const HashQueue&) = delete;
  HashQueue& operator=(const HashQueue&) = delete;

  /// False: as many wait as may.
  bool put(Job job);

 private:
  void work();

  std::size_t capacity_;
  OnDigest on_digest_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace braggd
