#include "sinks/publisher.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <spdlog/spdlog.h>
#include <utility>

#include "sinks/hash_queue.hpp"
#include "sockets/endpoint.hpp"
#include "wire/live_messages.hpp"

namespace braggd {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_interval{50};
constexpr int looks_at_once = 1000;
constexpr milliseconds linger{2000};
constexpr std::int64_t longest_subscription_bytes = 4096;
constexpr std::size_t files_to_hash = 64;
// A subscriber's queue: half of all bytes if messages are of this size, so that one that reads nothing leaves room.
constexpr std::uint64_t usual_message_bytes = 8 << 10;

int high_water_mark(std::uint64_t queue_bytes) {
  return static_cast<int>(std::clamp<std::uint64_t>(queue_bytes / 2 / usual_message_bytes, 16, 1'000'000));
}

// The bytes of a message and where they are counted.
struct Parcel {
  std::atomic<std::uint64_t>& waiting_bytes;
  std::unique_ptr<std::byte[]> bytes;  // NOLINT(modernize-avoid-c-arrays): not set to zero first
  std::size_t size;
};

void release(void* /*data*/, void* hint) {
  const std::unique_ptr<Parcel> parcel(static_cast<Parcel*>(hint));
  parcel->waiting_bytes -= parcel->size;
}

}  // namespace

Publisher::Publisher(const PublisherOptions& options)
    : queue_bytes_(options.queue_bytes),
      hold_(options.hold),
      guard_(context_, AccessRules(options.access, true, {options.bind}), "sink=publish"),
      socket_(context_, zmq::socket_type::xpub),
      watch_(socket_, true, "sink=publish") {
  guard_.rules().apply(socket_);
  socket_.set(zmq::sockopt::linger, static_cast<int>(linger.count()));
  socket_.set(zmq::sockopt::sndhwm, high_water_mark(options.queue_bytes));
  socket_.set(zmq::sockopt::maxmsgsize, longest_subscription_bytes);
  // Heartbeats find those that do not answer; they wait themselves behind what a connection does not take, so TCP too has
  // to know how long that may last.
  const auto patience_ms = static_cast<int>(options.patience.count());
  socket_.set(zmq::sockopt::heartbeat_ivl, patience_ms / 3);
  socket_.set(zmq::sockopt::heartbeat_timeout, patience_ms);
  socket_.set(zmq::sockopt::tcp_maxrt, patience_ms);
  open_endpoint(socket_, options.bind, true, "publisher");
  spdlog::info("sink=publish results are published at {}", endpoint());
  keeper_ = std::thread([this] { keep(); });
  hashes_ = std::make_unique<HashQueue>(files_to_hash, [this](const auto& job, const FileDigest& digest) {
    file_finalised(job.scan_id, job.path, digest.sha256, digest.bytes);
  });
}

Publisher::~Publisher() {
  hashes_.reset();
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_keeper_.notify_one();
  keeper_.join();
  if (refused() > 0) spdlog::warn("sink=publish {} connections were refused", refused());
  if (dropped_ > 0) {
    spdlog::warn(
        "sink=publish {} messages were not sent, subscribers had not taken those before: raise queue_bytes",
        dropped_.load());
  }
}

std::string Publisher::endpoint() const {
  const std::lock_guard lock(mutex_);
  return socket_.get(zmq::sockopt::last_endpoint);
}

zmq::message_t Publisher::counted_message(std::size_t bytes) {
  auto parcel = std::make_unique<Parcel>(Parcel{waiting_bytes_, std::make_unique<std::byte[]>(bytes), bytes});
  zmq::message_t message(parcel->bytes.get(), bytes, release, parcel.get());
  waiting_bytes_ += bytes;
  parcel.release();  // NOLINT(bugprone-unused-return-value): the message deletes it
  return message;
}

void Publisher::send(std::uint64_t seq, const Header& header, std::size_t table_bytes, const Fill& fill) {
  const std::string text = header(seq);
  if (waiting_bytes_ + text.size() + table_bytes > queue_bytes_) {
    ++dropped_;
    return;
  }
  Held message;
  message.header = counted_message(text.size());
  std::memcpy(message.header.data(), text.data(), text.size());
  if (table_bytes > 0) {
    message.table = counted_message(table_bytes);
    fill({static_cast<std::byte*>(message.table.data()), table_bytes});
  }
  held_.push_back(std::move(message));
  if (hold_.count() == 0) {
    release_held();
  } else if (held_.size() == 1) {
    wake_keeper_.notify_one();
  }
}

void Publisher::release_held() {
  while (!held_.empty()) {
    Held message = std::move(held_.front());
    held_.pop_front();
    socket_.send(message.header, zmq::send_flags::sndmore | zmq::send_flags::dontwait);
    socket_.send(message.table, zmq::send_flags::dontwait);
  }
}

void Publisher::publish(const Header& header, std::size_t table_bytes, const Fill& fill) {
  const std::lock_guard lock(mutex_);
  send(next_seq_++, header, table_bytes, fill);
}

std::uint64_t Publisher::publish_with_welcome(const Header& header, const Header& welcome) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t seq = next_seq_++;
  release_held();  // what is of the scan before is not heard after the welcome
  // Before the message: a subscriber that comes between the two hears it twice, else it might not hear it at all.
  socket_.set(zmq::sockopt::xpub_welcome_msg, welcome(seq));
  welcome_ = seq;
  send(seq, header, 0, {});
  return seq;
}

void Publisher::clear_welcome(std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  if (welcome_ != seq) return;
  welcome_.reset();
  socket_.set(zmq::sockopt::xpub_welcome_msg, "");
}

void Publisher::file_finalised(const std::string& scan_id, const std::filesystem::path& path,
                               const std::optional<std::string>& sha256, std::uint64_t bytes) {
  publish(
      [&](std::uint64_t seq) { return file_finalised_header(seq, scan_id, path.string(), sha256, bytes); });
}

void Publisher::hash_file(const std::string& scan_id, const std::filesystem::path& path) {
  if (hashes_->put({scan_id, path})) return;
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  spdlog::warn("scan={} sink=publish: files end faster than their digests are computed, {} goes without one",
               scan_id, path.string());
  file_finalised(scan_id, path, std::nullopt, error ? 0 : bytes);
}

// ZeroMQ serves those that come and go only while it is called, and keeps subscriptions until they are read.
void Publisher::look_at_subscriptions() {
  zmq::message_t subscription;
  for (int i = 0; i < looks_at_once; ++i) {
    if (!socket_.recv(subscription, zmq::recv_flags::dontwait)) return;
  }
}

void Publisher::keep() {
  std::unique_lock lock(mutex_);
  while (true) {
    try {
      release_held();
      if (ends_) return;
      look_at_subscriptions();
      watch_.look();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) spdlog::warn("sink=publish {}", error.what());
    }
    const bool called =
        wake_keeper_.wait_for(lock, look_interval, [this] { return ends_ || !held_.empty(); });
    if (called) wake_keeper_.wait_for(lock, hold_, [this] { return ends_; });  // others may come
  }
}

}  // namespace braggd
