// Keys and addresses through real sockets.
#include "sockets/access_guard.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <thread>

#include <braggd/error.hpp>

#include "sockets/connection_watch.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Keys {
 public:
  explicit Keys(const std::vector<std::string>& names) {
    for (const auto& name : names) write_key_files(make_curve_keys(), directory_.path(), name);
  }
  std::filesystem::path secret(const std::string& name) const { return directory_ / (name + ".key"); }
  std::filesystem::path shared(const std::string& name) const { return directory_ / (name + ".pub"); }

 private:
  TemporaryDirectory directory_;
};

struct Receiver {
  explicit Receiver(const SocketAccess& access)
      : guard(context, AccessRules(access, true, {"tcp://127.0.0.1:*"}), "test"),
        socket(context, zmq::socket_type::pull),
        watch(socket, true, "test") {
    guard.rules().apply(socket);
    socket.bind("tcp://127.0.0.1:*");
  }
  std::string endpoint() const { return socket.get(zmq::sockopt::last_endpoint); }
  std::uint64_t refused() {
    watch.look_now();
    return guard.refused() + watch.refused();
  }
  zmq::context_t context;
  AccessGuard guard;
  zmq::socket_t socket;
  ConnectionWatch watch;
};

struct Sender {
  Sender(const SocketAccess& access, const std::string& endpoint)
      : socket(context, zmq::socket_type::push), watch(socket, false, "test") {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::immediate, true);
    AccessRules(access, false, {endpoint}).apply(socket);
    socket.connect(endpoint);
  }
  zmq::context_t context;
  zmq::socket_t socket;
  ConnectionWatch watch;
};

// Whether a message gets through.
bool gets_through(Receiver& receiver, const SocketAccess& access, std::string* failure = nullptr) {
  Sender sender(access, receiver.endpoint());
  sender.socket.set(zmq::sockopt::sndtimeo, 1500);
  receiver.socket.set(zmq::sockopt::rcvtimeo, 2000);
  const bool sent = sender.socket.send(zmq::buffer("hello", 5), zmq::send_flags::none).has_value();
  sender.watch.look_now();
  if (failure != nullptr) *failure = sender.watch.failure();
  zmq::message_t message;
  return sent && receiver.socket.recv(message).has_value() && message.to_string_view() == "hello";
}

TEST(AccessGuard, OnlyTheRightKeysGetThroughAndTheOthersAreCounted) {
  const Keys keys({"server", "edge1", "edge2", "stranger"});
  SocketAccess serving;
  serving.key_file = keys.secret("server");
  serving.allow = {keys.shared("edge1").string(), keys.shared("edge2").string()};
  Receiver receiver(serving);
  const auto client = [&](const char* own, const char* server) {
    SocketAccess access;
    access.key_file = keys.secret(own);
    access.server_key_file = keys.shared(server);
    return access;
  };
  EXPECT_TRUE(gets_through(receiver, client("edge1", "server")));
  EXPECT_TRUE(gets_through(receiver, client("edge2", "server")));
  EXPECT_EQ(receiver.refused(), 0U);
  std::string why;
  EXPECT_FALSE(gets_through(receiver, client("stranger", "server"), &why));
  EXPECT_THAT(why, HasSubstr("see its allow"));
  const std::uint64_t after_stranger = receiver.refused();
  EXPECT_GT(after_stranger, 0U);
  EXPECT_FALSE(gets_through(receiver, client("edge1", "edge2"), &why));
  EXPECT_THAT(why, HasSubstr("another key than this side knows"));
  const std::uint64_t after_wrong_server = receiver.refused();
  EXPECT_GT(after_wrong_server, after_stranger);
  EXPECT_FALSE(gets_through(receiver, {}, &why));
  EXPECT_THAT(why, ::testing::ContainsRegex("one side uses? keys and the other"));
  EXPECT_GT(receiver.refused(), after_wrong_server);
  EXPECT_TRUE(gets_through(receiver, client("edge1", "server")));
}

TEST(AccessGuard, WithoutAListAnyKeyGetsThroughButNotNone) {
  const Keys keys({"server", "edge"});
  SocketAccess serving, client;
  serving.key_file = keys.secret("server");
  client.key_file = keys.secret("edge");
  client.server_key_file = keys.shared("server");
  Receiver receiver(serving);
  EXPECT_TRUE(gets_through(receiver, client));
  EXPECT_FALSE(gets_through(receiver, {}));
}

TEST(AccessGuard, AddressesAreLookedAtWithKeysAndWithoutThem) {
  const Keys keys({"server", "edge"});
  SocketAccess client;
  client.key_file = keys.secret("edge");
  client.server_key_file = keys.shared("server");
  for (const bool encrypted : {false, true}) {
    SocketAccess serving;
    if (encrypted) serving.key_file = keys.secret("server");
    const SocketAccess connecting = encrypted ? client : SocketAccess{};
    serving.allow_addresses = {"127.0.0.0/8"};
    Receiver near(serving);
    EXPECT_TRUE(gets_through(near, connecting));
    EXPECT_EQ(near.refused(), 0U);
    serving.allow_addresses = {"10.0.0.0/8", "127.0.0.2"};
    Receiver far(serving);
    EXPECT_FALSE(gets_through(far, connecting));
    EXPECT_GT(far.refused(), 0U);
  }
}

TEST(AccessRules, WhatCannotWorkIsSaidWithTheOptionAtFault) {
  const Keys keys({"a", "b"});
  const auto fault = [](const SocketAccess& access, bool binds, const std::string& endpoint) -> std::string {
    try {
      AccessRules(access, binds, {endpoint});
    } catch (const ConfigError& error) {
      return error.key();
    }
    return "none";
  };
  const auto with = [](auto change) {
    SocketAccess access;
    change(access);
    return access;
  };
  const std::string tcp = "tcp://127.0.0.1:1";
  EXPECT_EQ(fault({}, true, tcp), "none");
  EXPECT_EQ(fault({}, false, tcp), "none");
  EXPECT_EQ(fault(with([&](auto& a) { a.key_file = keys.secret("a"); }), false, tcp), "server_key_file");
  EXPECT_EQ(fault(with([&](auto& a) { a.server_key_file = keys.shared("a"); }), false, tcp), "key_file");
  EXPECT_EQ(fault(with([&](auto& a) { a.server_key_file = keys.shared("a"); }), true, tcp),
            "server_key_file");
  EXPECT_EQ(fault(with([&](auto& a) { a.allow = {keys.shared("a").string()}; }), true, tcp), "key_file");
  EXPECT_EQ(fault(with([&](auto& a) { a.allow = {keys.shared("a").string()}; }), false, tcp), "allow");
  EXPECT_EQ(fault(with([&](auto& a) { a.allow_addresses = {"::1"}; }), false, tcp), "allow_addresses");
  EXPECT_EQ(fault(with([&](auto& a) { a.allow_addresses = {"edge1"}; }), true, tcp), "allow_addresses");
  EXPECT_EQ(fault(with([&](auto& a) { a.allow_addresses = {"::1"}; }), true, "ipc:///tmp/x"),
            "allow_addresses");
  EXPECT_EQ(fault(with([&](auto& a) {
                    a.key_file = keys.secret("a");
                    a.allow = {keys.secret("b").string()};
                  }),
                  true, tcp),
            "allow");
  EXPECT_EQ(fault(with([&](auto& a) { a.key_file = keys.shared("a"); }), true, tcp), "key_file");
}

}  // namespace
}  // namespace braggd
