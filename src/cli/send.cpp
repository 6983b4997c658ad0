#include <atomic>
#include <memory>
#include <stop_token>
#include <utility>

#include "cli/exit_code.hpp"
#include "cli/sent_report.hpp"
#include "cli/verb.hpp"
#include "formats/open_scan.hpp"
#include "service/progress_display.hpp"
#include "service/signals.hpp"
#include "simulation/simulated_scan.hpp"
#include "sinks/stream2_sender.hpp"

namespace braggd {

namespace {

struct SendVerbOptions {
  std::string scan;
  std::string dataset;
  std::vector<std::string> simulate;
  std::vector<std::string> bind, connect;
  std::string encoding = "bslz4";
  std::string faults;
  SendOptions send;
  bool json = false;
};

std::unique_ptr<ScanReader> open_reader(const SendVerbOptions& options) {
  if (!options.scan.empty()) return open_scan(options.scan, {options.dataset});
  return std::make_unique<SimulatedScan>(
      make_config<SimulationConfig>(settings_from_overrides("source", "simulator", options.simulate)));
}

SendOptions engine_options(const SendVerbOptions& options) {
  SendOptions send = options.send;
  send.connect = !options.connect.empty();
  if (!options.bind.empty()) send.endpoints = options.bind;
  if (!options.connect.empty()) send.endpoints = options.connect;
  send.faults = parse_faults(options.faults);
  for (const Encoding encoding : {Encoding::raw, Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
    if (name_of(encoding) == options.encoding) send.encoding = encoding;
  }
  return send;
}

int send(const SendVerbOptions& options) {
  const auto reader = open_reader(options);
  block_stop_signals();
  Stream2Sender sender(engine_options(options));
  std::stop_source stop;
  const SignalWatcher signals(
      {.on_stop = [&] { stop.request_stop(); }, .on_abort = [&] { stop.request_stop(); }, .on_reload = {}});
  std::atomic<std::uint64_t> sent{0}, planned{0};
  SendLedger ledger;
  {
    const ProgressDisplay display([&] { return ProgressView{"sending", sent, planned}; });
    ledger = sender.send(
        *reader,
        [&](const SendProgress& progress) {
          sent = progress.images_sent;
          planned = progress.images_planned;
        },
        stop.get_token());
  }
  std::fputs((options.json ? to_json(ledger) : to_text(ledger)).c_str(), stdout);
  return ledger.failure.empty() ? exit_ok : exit_output;
}

void add_access_options(CLI::App* verb, SocketAccess& access) {
  verb->add_option("--key-file", access.key_file, "own key, as `braggd keys NAME` writes it to NAME.key")
      ->type_name("FILE");
  verb->add_option("--server-key-file", access.server_key_file,
                   "with --connect and a key: the receiver's .pub")
      ->type_name("FILE");
  verb->add_option("--allow", access.allow,
                   "with --bind and a key: the .pub of each receiver that may connect")
      ->type_name("FILE")
      ->take_all();
  verb->add_option("--allow-addresses", access.allow_addresses,
                   "with --bind: addresses and networks of receivers that may connect")
      ->type_name("ADDRESS")
      ->take_all();
}

void add_stream_options(CLI::App* verb, SendVerbOptions& options) {
  auto* bind =
      verb->add_option("--bind", options.bind,
                       "endpoint where a receiver finds this edge node; several make several edge nodes that "
                       "share the frames (default: tcp://127.0.0.1:31001)");
  bind->type_name("ENDPOINT")->take_all();
  verb->add_option("--connect", options.connect, "in place of --bind: a receiver that binds")
      ->type_name("ENDPOINT")
      ->take_all()
      ->excludes(bind);
  verb->add_option("--rate", options.send.frames_per_second, "frames a second; 0: flat out")
      ->check(number_within(0, 1e6))
      ->type_name("RATE");
  verb->add_option("--shared-memory", options.send.shared_memory,
                   "directory such as /dev/shm/braggd, of a receiver on this machine whose "
                   "source.shared_memory names it: frames lie there in place of travelling")
      ->type_name("DIRECTORY");
  verb->add_option(
          "--socket-buffer", options.send.socket_buffer_bytes,
          "bytes that the kernel holds for each connection; 0: as many as it thinks best. To a receiver on "
          "this machine 524288 is faster: what is on its way stays in the cache")
      ->check(CLI::Range(std::uint32_t{0}, std::uint32_t{1} << 30))
      ->capture_default_str()
      ->type_name("BYTES");
  verb->add_option("--encoding", options.encoding,
                   "raw, lz4, bslz4 or bszstd; frames that are so already pass unchanged")
      ->check(CLI::IsMember({"raw", "lz4", "bslz4", "bszstd"}))
      ->type_name("NAME")
      ->capture_default_str();
  verb->add_option("--scan-id", options.send.scan_id, "series_unique_id of the scan (default: its own)")
      ->type_name("ID");
  verb->add_option("--shuffle", options.send.shuffle_seed,
                   "send the frames in the random order of this seed; 0: in order")
      ->check(whole_number())
      ->type_name("SEED");
  add_number(verb, "--wait", options.send.receiver_timeout_s, "seconds to wait for a receiver", {0, 1e6},
             "SECONDS");
  add_number(verb, "--patience", options.send.send_timeout_s,
             "seconds after which a receiver that takes no message is taken for gone", {0, 1e6}, "SECONDS");
}

}  // namespace

void add_send(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<SendVerbOptions>();
  CLI::App* verb = add_verb(app, "send", "send a scan as one or several edge nodes do",
                            "Sends SCAN, or a simulated scan where none is given, as DECTRIS Stream V2 over "
                            "ZeroMQ PUSH, and prints its own "
                            "ledger with what a receiver's must say. "
                            "Faults on request, as a list such as drop=3,duplicate=2,stall=0.5: drop=N "
                            "frames, duplicate=N, swap=N neighbouring "
                            "pairs, truncate=N messages, corrupt=N chunks, wrong_shape=N, missing_start, "
                            "missing_end, stall=SECONDS in "
                            "mid-scan, second_scan that starts in mid-scan.",
                            "braggd send scan.h5 --bind tcp://127.0.0.1:31001 --rate 100\n"
                            "braggd send scan.h5 --bind tcp://*:31001 --bind tcp://*:31002\n"
                            "braggd send --set frames=90 --set grains=20 --faults drop=3,duplicate=2");
  verb->add_option("SCAN", options->scan, "a recorded scan; without it a scan is simulated");
  verb->add_option("--dataset", options->dataset, "HDF5 path of the frames; found by itself when not given")
      ->type_name("PATH");
  verb->add_option("--set", options->simulate,
                   "an option of the simulator, where no SCAN is given; may be repeated")
      ->type_name("KEY=VALUE")
      ->take_all();
  add_stream_options(verb, *options);
  add_access_options(verb, options->send.access);
  verb->add_option("--faults", options->faults, "what shall go wrong")->type_name("LIST");
  verb->add_option("--seed", options->send.fault_seed, "which frames the faults hit")
      ->check(whole_number())
      ->type_name("SEED")
      ->capture_default_str();
  verb->add_flag("--json", options->json, "print the ledger as JSON");
  on_chosen(verb, chosen, options, &send);
}

}  // namespace braggd
