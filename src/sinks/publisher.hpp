// The socket of live results.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "sockets/access_guard.hpp"
#include "sockets/connection_watch.hpp"

namespace braggd {

class HashQueue;

struct PublisherOptions {
  std::string bind = "tcp://127.0.0.1:31002";
  std::uint64_t queue_bytes = std::uint64_t{64} << 20;
  std::chrono::milliseconds hold{50};         ///< a message waits for so long for others
  std::chrono::milliseconds patience{15000};  ///< for a subscriber that takes nothing and does not answer
  SocketAccess access{};
};

/// A ZeroMQ XPUB socket that outlives scans, numbered messages going out of it. Messages of `hold` leave together: most of
/// what one costs is that its subscriber is woken. Every call is safe from any thread, and none waits for a subscriber:
/// one that has as many messages waiting as its queue holds misses those that come, and once `queue_bytes` wait for
/// subscribers altogether, all miss them. One that does not answer for `patience` is disconnected, and what waited for it
/// is free again.
class Publisher {
 public:
  /// Makes the header of the message that has the number `seq`.
  using Header = std::function<std::string(std::uint64_t seq)>;
  using Fill = std::function<void(std::span<std::byte>)>;

  /// Throws ConfigError with key "bind".
  explicit Publisher(const PublisherOptions& options);
  /// Digests that are still to be computed are published, then two seconds pass at most until all has left.
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// As it was bound, with its real port.
  std::string endpoint() const;

  /// Publishes a message; `fill` writes its `table_bytes` binary bytes.
  void publish(const Header& header, std::size_t table_bytes = 0, const Fill& fill = {});
  /// The same, and from now on every subscriber that comes gets `welcome` first, made with the same number. It has one
  /// part.
  /// Returns that number.
  std::uint64_t publish_with_welcome(const Header& header, const Header& welcome);
  /// Takes the welcome of that number back, unless another has taken its place.
  void clear_welcome(std::uint64_t seq);
  /// Tells of a complete file; without a digest nobody computed it.
  void file_finalised(const std::string& scan_id, const std::filesystem::path& path,
                      const std::optional<std::string>& sha256, std::uint64_t bytes);
  /// The same, once the file's digest is computed, which happens in a thread of this object.
  void hash_file(const std::string& scan_id, const std::filesystem::path& path);

  /// Messages that found queue_bytes spent.
  std::uint64_t dropped() const { return dropped_; }
  /// Connections of subscribers that were refused.
  std::uint64_t refused() const { return guard_.refused() + watch_.refused(); }
  /// Bytes that wait for subscribers or are being sent.
  std::uint64_t waiting_bytes() const { return waiting_bytes_; }

 private:
  zmq::message_t counted_message(std::size_t bytes);
  void send(std::uint64_t seq, const Header& header, std::size_t table_bytes, const Fill& fill);
  void release_held();
  void look_at_subscriptions();
  void keep();

  struct Held {
    zmq::message_t header, table;
  };

  const std::uint64_t queue_bytes_;
  const std::chrono::milliseconds hold_;
  std::atomic<std::uint64_t> waiting_bytes_{0};  // ZeroMQ's threads count it down: it goes after the context
  std::atomic<std::uint64_t> dropped_{0};
  mutable std::mutex mutex_;
  std::uint64_t next_seq_ = 0;
  std::optional<std::uint64_t> welcome_;  // the number of the one that stands
  zmq::context_t context_;
  AccessGuard guard_;
  zmq::socket_t socket_;
  ConnectionWatch watch_;
  std::deque<Held> held_;  // in the order of their numbers
  bool ends_ = false;
  std::condition_variable wake_keeper_;
  std::thread keeper_;
  std::unique_ptr<HashQueue> hashes_;
};

}  // namespace braggd
