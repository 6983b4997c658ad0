#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <unistd.h>

#include <braggd/error.hpp>

#include "cli/exit_code.hpp"
#include "cli/status_screen.hpp"
#include "cli/verb.hpp"
#include "service/service_client.hpp"

namespace braggd {

namespace {

using nlohmann::ordered_json;

struct ServiceVerb {
  std::string address = "127.0.0.1:8430";
  std::string token_file;
  std::string order;
  bool json = false;
};

std::string read_token(const std::string& file) {
  std::string token;
  std::ifstream in(file);
  if (!std::getline(in, token)) {
    throw InputError(
        file + ": no token can be read there; it is the file that the pipeline names service.token_file");
  }
  return token;
}

int status(const ServiceVerb& options) {
  const ordered_json now = ServiceClient(options.address).get("/api/v1/status");
  const std::string text = options.json ? now.dump() + "\n" : status_screen(now, false);
  std::fputs(text.c_str(), stdout);
  return now.value("health", "") == "alarm" ? exit_failure : exit_ok;
}

// Until the service has gone or somebody interrupts.
int top(const ServiceVerb& options) {
  const ServiceClient client(options.address);
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  while (true) {
    const std::string screen = status_screen(client.get("/api/v1/status"), terminal);
    std::fputs(((terminal ? "\033[H\033[2J" : "") + screen + (terminal ? "" : "\n")).c_str(), stdout);
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

int give_order(const ServiceVerb& options) {
  const ordered_json answer =
      ServiceClient(options.address).post("/api/v1/" + options.order, read_token(options.token_file));
  if (options.json) {
    std::printf("%s\n", answer.dump().c_str());
  } else {
    std::printf("%s, %s\n", answer.value("state", "").c_str(),
                answer.value("ready", false) ? "ready for scans" : "not taking scans");
  }
  return exit_ok;
}

void add_address(CLI::App* verb, ServiceVerb& options) {
  verb->add_option("--at", options.address, "where the service is: HOST:PORT or PORT")
      ->capture_default_str()
      ->type_name("ADDRESS");
}

struct Order {
  const char* verb;
  const char* path;
  const char* summary;
  const char* description;
};

constexpr std::array<Order, 5> orders{{
    {"start", "start", "let a running service take scans again", "What `braggd stop` stopped."},
    {"stop", "stop", "let a running service drain and take no more scans",
     "What has arrived is finished; an open scan ends as incomplete. The service stays up."},
    {"abort", "abort", "discard the scan that a running service takes",
     "Its frames are dropped and counted as aborted; the next scan is taken."},
    {"reload", "pipeline/reload", "let a running service read its pipeline file anew",
     "Checked entirely; taken with the next scan. With a mistake nothing changes, and every mistake is "
     "told."},
    {"rollback", "pipeline/rollback", "let a running service take the pipeline before",
     "The one that was in force before the one that is, with the next scan."},
}};

}  // namespace

void add_service_verbs(CLI::App& app, Action& chosen) {
  const auto look = std::make_shared<ServiceVerb>();
  CLI::App* verb = add_verb(
      app, "status", "what a running service does",
      "State, health, alarms with what to do about them, the scan, rates and the ledger. Ends with 1 where "
      "there is an alarm.",
      "braggd status\nbraggd status --at beamline:8430 --json");
  add_address(verb, *look);
  verb->add_flag("--json", look->json, "as the service gives it");
  on_chosen(verb, chosen, look, &status);
  const auto watch = std::make_shared<ServiceVerb>();
  verb = add_verb(app, "top", "watch a running service in a terminal",
                  "The same as `braggd status`, once a second.", "braggd top\nbraggd top --at 8431");
  add_address(verb, *watch);
  on_chosen(verb, chosen, watch, &top);
  for (const Order& order : orders) {
    const auto options = std::make_shared<ServiceVerb>();
    options->order = order.path;
    verb = add_verb(app, order.verb, order.summary, order.description,
                    "braggd " + std::string(order.verb) + " --token-file /var/lib/braggd/NAME/http.token");
    add_address(verb, *options);
    verb->add_option("--token-file", options->token_file,
                     "file with the service's token, which only its owner can read")
        ->required()
        ->check(some("a file"))
        ->type_name("FILE");
    verb->add_flag("--json", options->json, "answer as JSON");
    on_chosen(verb, chosen, options, &give_order);
  }
}

}  // namespace braggd
