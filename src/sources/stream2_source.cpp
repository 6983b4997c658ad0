#include "sources/stream2_source.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <utility>
#include <zmq.hpp>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "sockets/access_guard.hpp"
#include "sockets/connection_watch.hpp"
#include "sockets/endpoint.hpp"
#include "sockets/frame_pool.hpp"
#include "wire/stream2_decode.hpp"

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds poll_interval{50};
constexpr std::chrono::seconds longest_drain{2};
// With `bind` nobody knows how many edge nodes will push.
constexpr std::uint64_t assumed_peers = 8;

AssemblerOptions assembler_options(const Stream2Config& config, const std::string& peers) {
  AssemblerOptions options;
  options.channel = config.channel;
  options.peers = peers;
  options.scans = config.scans;
  options.connections = config.connect.size();
  options.max_message_bytes = config.max_message_bytes;
  options.early_bytes = config.receive_bytes / 4;
  options.early_hold = std::max(seconds_of(config.close_timeout_s), Clock::duration(std::chrono::seconds(1)));
  options.close_timeout = seconds_of(config.close_timeout_s);
  options.idle_timeout = seconds_of(config.idle_timeout_s);
  options.end_grace = seconds_of(config.end_grace_s);
  return options;
}

// Messages that wait in a peer's queue, so that all queues together stay within the byte budget even if every message
// is as large as one may be. Not raised when a scan turns out to have smaller frames: libzmq 4.3 wakes a peer that has
// met its mark only after half of the new mark has been read, which is never if the peer holds less than that.
int high_water_mark(const Stream2Config& config) {
  const std::uint64_t peers = config.bind.empty() ? config.connect.size() : assumed_peers;
  const std::uint64_t messages = config.receive_bytes / peers / config.max_message_bytes;
  return static_cast<int>(std::clamp<std::uint64_t>(messages, 1, 1'000'000));
}

AccessRules rules_of(const Stream2Config& config) {
  const bool binds = !config.bind.empty();
  return {config, binds, binds ? std::vector<std::string>{config.bind} : config.connect};
}

}  // namespace

/// The PULL socket with what belongs to it.
class Stream2Source::Socket {
 public:
  explicit Socket(const Stream2Config& config);

  /// The next message, if one comes within `timeout`.
  std::shared_ptr<zmq::message_t> receive(milliseconds timeout);
  /// Takes the rest of a multi-part message; false: the message was a single part.
  bool discard_rest(const zmq::message_t& message);
  void look_at_connections() { watch_.look(); }
  std::uint64_t refused() const { return guard_.refused() + watch_.refused(); }
  std::string endpoint() const { return socket_.get(zmq::sockopt::last_endpoint); }

 private:
  zmq::context_t context_;
  AccessGuard guard_;
  zmq::socket_t socket_;
  ConnectionWatch watch_;
};

Stream2Source::Socket::Socket(const Stream2Config& config)
    : context_(static_cast<int>(config.io_threads)),
      guard_(context_, rules_of(config), "source=stream2"),
      socket_(context_, zmq::socket_type::pull),
      watch_(socket_, !config.bind.empty(), "source=stream2",
             "the edge node went away, or sent more than source.max_message_bytes=" +
                 format_bytes(config.max_message_bytes)) {
  guard_.rules().apply(socket_);
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(config.max_message_bytes));
  socket_.set(zmq::sockopt::rcvhwm, high_water_mark(config));
  if (!config.bind.empty()) open_endpoint(socket_, config.bind, true, "receiver");
  for (const auto& endpoint : config.connect) open_endpoint(socket_, endpoint, false, "receiver");
}

std::shared_ptr<zmq::message_t> Stream2Source::Socket::receive(milliseconds timeout) {
  auto message = std::make_shared<zmq::message_t>();
  try {
    if (socket_.recv(*message, zmq::recv_flags::dontwait)) return message;
    zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
    if (timeout.count() > 0 && zmq::poll(&item, 1, timeout) > 0 &&
        socket_.recv(*message, zmq::recv_flags::dontwait)) {
      return message;
    }
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
  }
  return nullptr;
}

bool Stream2Source::Socket::discard_rest(const zmq::message_t& message) {
  if (!message.more()) return false;
  zmq::message_t rest;
  do {
    // The parts of a message arrive together: none of them lets us wait.
    if (!socket_.recv(rest, zmq::recv_flags::dontwait)) break;
  } while (rest.more());
  return true;
}

namespace {

// One message through the assembler; the frame's bytes stay in it, or where it says that they are.
void take_message(ScanAssembler& assembler, FramePools& pools,
                  const std::shared_ptr<zmq::message_t>& message) {
  const std::span<const std::byte> view(static_cast<const std::byte*>(message->data()), message->size());
  Bytes bytes(message, view);
  if (FramePools::is_reference(view)) {
    try {
      bytes = pools.open(view);
    } catch (const InputError& error) {
      return assembler.receive_unreadable(error.what());
    }
  }
  const std::size_t size = bytes.size();
  assembler.receive(parse_stream2(std::move(bytes)), {unix_ns(), size});
}

}  // namespace

void Stream2Source::check(const Config& config) {
  if (config.connect.empty() == config.bind.empty()) {
    throw ConfigError(config.bind.empty() ? "give connect, a list of edge nodes, or bind, where they push to"
                                          : "connect and bind exclude each other",
                      "connect");
  }
  if (!config.bind.empty() && !is_endpoint(config.bind, true)) {
    throw ConfigError(
        fmt::format("\"{}\" is no endpoint to listen at: {}", config.bind, endpoint_format(true)), "bind");
  }
  std::vector<std::string> wrong;
  for (const auto& endpoint : config.connect) {
    if (!is_endpoint(endpoint, false)) wrong.push_back("\"" + endpoint + "\"");
  }
  if (!wrong.empty()) {
    throw ConfigError(
        fmt::format("{} {} to connect to: {}", fmt::join(wrong, " and "),
                    wrong.size() == 1 ? "is no endpoint" : "are no endpoints", endpoint_format(false)),
        "connect");
  }
  rules_of(config);
}

Stream2Source::Stream2Source(const Config& config) : config_(config) {
  check(config_);
  socket_ = std::make_unique<Socket>(config_);
}

Stream2Source::~Stream2Source() = default;

std::string Stream2Source::endpoint() const {
  return socket_->endpoint();
}

void Stream2Source::run(FrameIntake& intake, std::stop_token stop) {
  const std::string peers =
      config_.bind.empty() ? fmt::format("{}", fmt::join(config_.connect, ", ")) : config_.bind;
  ScanAssembler assembler(intake, assembler_options(config_, peers), strays_);
  FramePools pools(config_.shared_memory, config_.max_message_bytes);
  spdlog::info("source=stream2 waiting for scans, {} {}", config_.bind.empty() ? "connected to" : "bound to",
               config_.bind.empty() ? peers : endpoint());
  const auto pump = [&](milliseconds timeout) {
    const auto message = socket_->receive(timeout);
    if (message && socket_->discard_rest(*message)) {
      assembler.receive_unreadable(
          "it has several parts; a detector that speaks Stream V1 must be set to format cbor");
    } else if (message) {
      take_message(assembler, pools, message);
    }
    return message != nullptr;
  };
  while (!stop.stop_requested() && !assembler.done()) {
    if (!pump(poll_interval)) intake.idle();
    socket_->look_at_connections();
    assembler.tick();
  }
  const auto drain_until = Clock::now() + longest_drain;
  while (!assembler.done() && Clock::now() < drain_until && pump(milliseconds(0))) assembler.tick();
  assembler.stop();
  if (const std::uint64_t refused = socket_->refused(); refused > 0) {
    spdlog::warn("source=stream2 {} connections were refused", refused);
  }
}

std::optional<Strays> Stream2Source::strays() const {
  Strays strays = strays_.now();
  strays.refused_connections = socket_->refused();
  return strays;
}

}  // namespace braggd
