// What rules can do.
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <httplib.h>
#include <spawn.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "pipeline/rule_registry.hpp"
#include "service/steering.hpp"
#include "sockets/message_pusher.hpp"

namespace braggd {

using nlohmann::ordered_json;

namespace {

using Clock = std::chrono::steady_clock;

std::string text_of(const ScanFacts& facts, std::string_view name) {
  const FactValue& value = facts.find(name)->second;
  if (const auto* word = std::get_if<std::string>(&value)) return *word;
  return fmt::format("{:.6g}", std::get<double>(value));
}

std::string filled(const std::string& text, const ScanFacts& facts) {
  return fill_in(text, [&](std::string_view name) { return text_of(facts, name); });
}

std::string body_of(const ordered_json& message) {
  return message.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Clock::duration seconds_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// False: stopped.
bool sleep_for(Clock::duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

class RaiseAlarm final : public RuleAction {
 public:
  RaiseAlarm(const Entry& rule, AlarmBoard& alarms)
      : id_(alarm_id_of(rule)), rule_(make_config<AlarmRule>(rule.settings)), alarms_(alarms) {}

  void act(const ScanFacts& facts, const ordered_json& /*message*/,
           const std::stop_token& /*stop*/) override {
    alarms_.raise({id_, Severity::warning, filled(rule_.text, facts),
                   "a rule of the pipeline says so: " + rule_.when, 0, 1});
  }

 private:
  std::string id_;
  AlarmRule rule_;
  AlarmBoard& alarms_;
};

class PostWebhook final : public RuleAction {
 public:
  explicit PostWebhook(const Entry& rule) : rule_(make_config<WebhookRule>(rule.settings)) {
    const auto path = rule_.url.find('/', std::string_view("http://").size());
    host_ = rule_.url.substr(0, path);
    path_ = path == std::string::npos ? "/" : rule_.url.substr(path);
  }

  void act(const ScanFacts& /*facts*/, const ordered_json& message, const std::stop_token& stop) override {
    const std::string body = body_of(message);
    std::string failure;
    auto pause = std::chrono::seconds(1);
    for (std::uint32_t attempt = 0; attempt <= rule_.retries; ++attempt, pause *= 2) {
      if (attempt > 0 && !sleep_for(pause, stop)) break;
      failure = post(body);
      if (failure.empty()) return;
    }
    throw OutputError(printable(rule_.url, 200) + ": " + failure);
  }

 private:
  // Why it did not work; empty: it did.
  std::string post(const std::string& body) const {
    httplib::Client client(host_);
    const auto patience = std::chrono::duration_cast<std::chrono::microseconds>(seconds_of(rule_.timeout_s));
    client.set_connection_timeout(patience);
    client.set_read_timeout(patience);
    client.set_write_timeout(patience);
    const auto answer = client.Post(path_, body, "application/json");
    if (!answer)
      return "no answer within " + fmt::format("{:g} s", rule_.timeout_s) + " (" + to_string(answer.error()) +
             ")";
    return answer->status < 300 ? "" : "it answered " + std::to_string(answer->status);
  }

  WebhookRule rule_;
  std::string host_, path_;
};

class PushMessage final : public RuleAction {
 public:
  explicit PushMessage(const Entry& rule) : pusher_(make_config<MessageRule>(rule.settings).connect) {}

  void act(const ScanFacts& /*facts*/, const ordered_json& message,
           const std::stop_token& /*stop*/) override {
    pusher_.push(body_of(message), std::chrono::seconds(5));
  }

 private:
  MessagePusher pusher_;
};

/// A child process that is never left behind.
class Child {
 public:
  Child(const std::vector<std::string>& words, int standard_input) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, standard_input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, standard;
    sigemptyset(&none);
    sigfillset(&standard);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const int error = ::posix_spawn(&process_, arguments[0], &files, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw OutputError(words.front() + " cannot be run: " + std::string(std::strerror(error)));
  }
  ~Child() {
    if (process_ <= 0) return;
    ::kill(-process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Its exit status as waitpid gives it, once it has ended.
  std::optional<int> ended() {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) != process_) return std::nullopt;
    process_ = 0;
    return status;
  }

 private:
  pid_t process_ = 0;
};

class RunCommand final : public RuleAction {
 public:
  explicit RunCommand(const Entry& rule) : rule_(make_config<CommandRule>(rule.settings)) {}

  void act(const ScanFacts& facts, const ordered_json& message, const std::stop_token& stop) override {
    std::vector<std::string> words = rule_.command;
    for (std::size_t i = 1; i < words.size(); ++i) words[i] = filled(words[i], facts);
    const int input = message_descriptor(body_of(message) + "\n");
    Child child(words, input);
    ::close(input);
    const auto until = Clock::now() + seconds_of(rule_.timeout_s);
    while (Clock::now() < until && sleep_for(std::chrono::milliseconds(20), stop)) {
      const auto status = child.ended();
      if (!status) continue;
      if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return;
      throw OutputError(WIFEXITED(*status)
                            ? words.front() + " ended with " + std::to_string(WEXITSTATUS(*status))
                            : words.front() + " was ended by signal " + std::to_string(WTERMSIG(*status)));
    }
    throw OutputError(words.front() + fmt::format(" took longer than {:g} s and was ended", rule_.timeout_s));
  }

 private:
  // A file in memory, so that a program that reads nothing blocks nobody.
  static int message_descriptor(const std::string& text) {
    const int descriptor = ::memfd_create("braggd-facts", MFD_CLOEXEC);
    if (descriptor < 0 ||
        ::write(descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw OutputError("no memory for the facts of a scan");
    }
    ::lseek(descriptor, 0, SEEK_SET);
    return descriptor;
  }

  CommandRule rule_;
};

}  // namespace

std::string alarm_id_of(const Entry& rule) {
  return "rule_" + rule.name;
}

std::unique_ptr<RuleAction> make_action(const Entry& rule, AlarmBoard& alarms) {
  if (rule.type == "webhook") return std::make_unique<PostWebhook>(rule);
  if (rule.type == "message") return std::make_unique<PushMessage>(rule);
  if (rule.type == "command") return std::make_unique<RunCommand>(rule);
  return std::make_unique<RaiseAlarm>(rule, alarms);
}

}  // namespace braggd
