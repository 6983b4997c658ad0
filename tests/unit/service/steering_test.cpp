#include "service/steering.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <iterator>
#include <thread>
#include <zmq.hpp>

#include "core/scratch_directory.hpp"

namespace braggd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Entry rule(const std::string& type, Settings settings) {
  Entry entry;
  entry.section = "rules";
  entry.type = entry.name = type;
  entry.settings = std::move(settings);
  return entry;
}

ScanFacts facts(double dropped) {
  return {{"scan_id", "a scan"}, {"dropped", dropped}, {"anomaly.rei", 0.25}};
}

bool comes_true(const std::function<bool()>& what) {
  for (int i = 0; i < 500 && !what(); ++i) std::this_thread::sleep_for(20ms);
  return what();
}

// A server that fails as often as it is told to.
class WebhookServer {
 public:
  WebhookServer() {
    server_.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
      if (failures-- > 0) {
        response.status = 500;
        return;
      }
      std::this_thread::sleep_for(delay);
      body = request.body;
      ++calls;
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(1ms);
  }
  ~WebhookServer() {
    server_.stop();
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook"; }

  std::atomic<int> failures{0}, calls{0};
  std::chrono::milliseconds delay{0};
  std::string body;

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

TEST(Steering, ARuleActsOnceAScanAndAgainInTheNext) {
  AlarmBoard alarms;
  Steering steering({alarms, {}});
  steering.set_rules(
      {rule("alarm", {{"when", "dropped > 2"}, {"text", "{scan_id}: {dropped} of REI {anomaly.rei}"}})});
  steering.look(1, facts(2));
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(alarms.active().empty());
  steering.look(1, facts(3));
  steering.look(1, facts(4));
  ASSERT_TRUE(comes_true([&] { return !alarms.active().empty(); }));
  EXPECT_EQ(alarms.active()[0].id, "rule_alarm");
  EXPECT_EQ(alarms.active()[0].text, "a scan: 3 of REI 0.25");
  EXPECT_EQ(alarms.active()[0].count, 1u);
  steering.begin_scan();
  EXPECT_TRUE(alarms.active().empty());
  steering.look(2, facts(5));
  EXPECT_TRUE(comes_true([&] { return !alarms.active().empty(); }));
}

TEST(Steering, AWebhookIsTriedAgainAndGetsTheFacts) {
  WebhookServer server;
  server.failures = 1;
  AlarmBoard alarms;
  Steering steering({alarms, {}});
  steering.set_rules({rule(
      "webhook",
      {{"when", "dropped > 0"}, {"url", server.url()}, {"timeout_s", 5.0}, {"retries", std::int64_t{2}}})});
  steering.look(1, facts(3));
  ASSERT_TRUE(comes_true([&] { return server.calls == 1; }));
  const auto body = nlohmann::json::parse(server.body);
  EXPECT_EQ(body["rule"], "webhook");
  EXPECT_EQ(body["facts"]["dropped"], 3);
  EXPECT_EQ(body["facts"]["scan_id"], "a scan");
  EXPECT_TRUE(alarms.active().empty());
}

TEST(Steering, AWebhookThatHangsIsAnAlarmAndHoldsUpNoOtherRuleAndNoEnd) {
  WebhookServer hanging, quick;
  hanging.delay = 1500ms;
  AlarmBoard alarms;
  const auto start = std::chrono::steady_clock::now();
  {
    Steering steering({alarms, {}});
    Entry slow = rule(
        "webhook",
        {{"when", "dropped > 0"}, {"url", hanging.url()}, {"timeout_s", 0.2}, {"retries", std::int64_t{20}}});
    slow.name = "slow";
    steering.set_rules({slow, rule("webhook", {{"when", "dropped > 0"},
                                               {"url", quick.url()},
                                               {"timeout_s", 5.0},
                                               {"retries", std::int64_t{0}}})});
    steering.look(1, facts(1));
    EXPECT_TRUE(comes_true([&] { return quick.calls == 1; }));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s) << "an end does not wait for all retries";
  ASSERT_FALSE(alarms.active().empty());
  EXPECT_EQ(alarms.active()[0].id, "rule_failed");
  EXPECT_THAT(alarms.active()[0].text, HasSubstr("no answer within 0.2 s"));
}

TEST(Steering, ACommandGetsItsArgumentsAsTheyAreAndTheFactsOnItsInput) {
  const ScratchDirectory directory(std::filesystem::temp_directory_path());
  const auto out = (directory.path() / "out").string();
  AlarmBoard alarms;
  Steering steering({alarms, {}});
  steering.set_rules(
      {rule("command", {{"when", "dropped > 0"},
                        {"timeout_s", 10.0},
                        {"command", std::vector<std::string>{
                                        "/bin/sh", "-c", "printf '%s|' \"$@\" > " + out + "; cat >> " + out,
                                        "sh", "{scan_id}; echo $HOME", "`id`"}}})});
  steering.look(1, facts(1));
  std::string text;
  ASSERT_TRUE(comes_true([&] {
    std::ifstream in(out);
    text.assign(std::istreambuf_iterator<char>(in), {});
    return text.ends_with("}\n");
  }));
  EXPECT_TRUE(text.starts_with("a scan; echo $HOME|`id`|{")) << text;
  EXPECT_EQ(nlohmann::json::parse(text.substr(text.find('{')))["facts"]["dropped"], 1);
}

TEST(Steering, ACommandThatFailsHangsOrIsNotThereIsAnAlarm) {
  for (const auto& [command, words] :
       {std::pair{std::vector<std::string>{"/bin/false"}, "ended with 1"},
        std::pair{std::vector<std::string>{"/bin/sleep", "100"}, "took longer than 0.3 s"},
        std::pair{std::vector<std::string>{"/nowhere/nothing"}, "cannot be run"}}) {
    AlarmBoard alarms;
    Steering steering({alarms, {}});
    steering.set_rules(
        {rule("command", {{"when", "dropped > 0"}, {"timeout_s", 0.3}, {"command", command}})});
    steering.look(1, facts(1));
    ASSERT_TRUE(comes_true([&] { return !alarms.active().empty(); })) << command[0];
    EXPECT_THAT(alarms.active()[0].text, HasSubstr(words));
  }
}

TEST(Steering, AMessageReachesWhoPulls) {
  zmq::context_t context;
  zmq::socket_t pull(context, zmq::socket_type::pull);
  pull.set(zmq::sockopt::rcvtimeo, 5000);
  pull.bind("tcp://127.0.0.1:*");
  AlarmBoard alarms;
  Steering steering({alarms, {}});
  steering.set_rules(
      {rule("message", {{"when", "dropped > 0"}, {"connect", pull.get(zmq::sockopt::last_endpoint)}})});
  steering.look(1, facts(1));
  zmq::message_t message;
  ASSERT_TRUE(pull.recv(message));
  EXPECT_EQ(nlohmann::json::parse(message.to_string())["rule"], "message");
}

}  // namespace
}  // namespace braggd
