#include "sockets/access_guard.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <spdlog/spdlog.h>
#include <utility>
#include <vector>

#include "sockets/curve_keys.hpp"

namespace braggd {

namespace {

constexpr std::chrono::milliseconds poll_interval{100};
constexpr const char* zap_endpoint = "inproc://zeromq.zap.01";

// version, request id, domain, address, identity, mechanism, and one credential with CURVE
enum Part : std::size_t { part_version, part_request, part_address = 3, part_mechanism = 5, part_key = 6 };

std::vector<std::string> receive_parts(zmq::socket_t& socket) {
  std::vector<std::string> parts;
  zmq::message_t part;
  do {
    if (!socket.recv(part, zmq::recv_flags::dontwait)) break;
    parts.push_back(part.to_string());
  } while (part.more());
  return parts;
}

std::string z85(const std::string& key) {
  std::array<char, curve_key_characters + 1> text{};
  if (key.size() != curve_key_bytes) return {};
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(key.data());
  return ::zmq_z85_encode(text.data(), bytes, curve_key_bytes) == nullptr ? "" : text.data();
}

void reply(zmq::socket_t& socket, const std::string& request, const char* status, const std::string& why) {
  const std::array<std::string, 6> parts{"1.0", request, status, why, "", ""};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto more = i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
    socket.send(zmq::buffer(parts[i]), more | zmq::send_flags::dontwait);
  }
}

}  // namespace

AccessGuard::AccessGuard(zmq::context_t& context, AccessRules rules, std::string owner)
    : rules_(std::move(rules)), owner_(std::move(owner)) {
  if (!rules_.asks()) return;
  if (rules_.encrypted() && rules_.any_key()) {
    spdlog::warn("{} any key may connect: name those that may in allow", owner_);
  }
  questions_ = zmq::socket_t(context, zmq::socket_type::rep);
  questions_.set(zmq::sockopt::linger, 0);
  questions_.bind(zap_endpoint);
  thread_ = std::thread([this] { work(); });
}

AccessGuard::~AccessGuard() {
  ends_ = true;
  if (thread_.joinable()) thread_.join();
}

void AccessGuard::work() {
  while (!ends_) {
    try {
      zmq::pollitem_t item{questions_.handle(), 0, ZMQ_POLLIN, 0};
      if (zmq::poll(&item, 1, poll_interval) > 0) answer_one();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) spdlog::error("{} connections cannot be looked at: {}", owner_, error.what());
      if (error.num() == ETERM) return;
    }
  }
}

void AccessGuard::answer_one() {
  const auto parts = receive_parts(questions_);
  if (parts.empty()) return;
  if (parts.size() <= part_mechanism || parts[part_version] != "1.0") {
    return reply(questions_, parts.size() > part_request ? parts[part_request] : "", "500", "not understood");
  }
  const bool curve = parts[part_mechanism] == "CURVE";
  const std::string key = curve && parts.size() > part_key ? z85(parts[part_key]) : "";
  const std::string refusal = rules_.encrypted() != curve ? "it does not use keys as this side does"
                                                          : rules_.refusal(parts[part_address], key);
  if (refusal.empty()) return reply(questions_, parts[part_request], "200", "");
  reply(questions_, parts[part_request], "400", refusal);
  ++refused_;
  const auto held_back = limiter_.admit("refused", std::chrono::steady_clock::now());
  if (!held_back) return;
  spdlog::warn("{} a connection from {} was refused: {}{}{}", owner_, parts[part_address], refusal,
               key.empty() ? "" : " (" + key + ")",
               *held_back == 0 ? "" : fmt::format(" ({} more like it)", *held_back));
}

}  // namespace braggd
