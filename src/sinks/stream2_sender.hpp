// A scan sent as edge nodes of a DECTRIS detector send it: the engine of `braggd send`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <braggd/frame.hpp>
#include <braggd/ledger.hpp>

#include "core/scan_reader.hpp"
#include "sinks/stream2_sender_faults.hpp"
#include "sockets/socket_access.hpp"

namespace braggd {

class FramePoolWriter;
class PushSockets;

struct SendOptions {
  std::vector<std::string> endpoints{"tcp://127.0.0.1:31001"};  ///< one edge node each
  bool connect = false;                 ///< to a receiver that binds, in place of binding
  double frames_per_second = 0;         ///< 0: flat out
  Encoding encoding = Encoding::bslz4;  ///< frames that are so already pass unchanged
  std::string scan_id;                  ///< empty: that of the scan
  std::uint64_t shuffle_seed = 0;       ///< 0: in order
  std::uint64_t fault_seed = 1;
  StreamFaults faults{};
  std::uint64_t queue_bytes =
      std::uint64_t{256} << 20;  ///< of messages that wait for receivers, and of the memory kept for more
  std::filesystem::path shared_memory =
      {};  ///< where frames lie for a receiver on this machine; empty: in messages
  std::uint32_t socket_buffer_bytes = 0;  ///< of the kernel, for each connection; 0: as it thinks best
  SocketAccess access{};
  double receiver_timeout_s = 30;  ///< for a receiver to turn up
  double send_timeout_s = 60;      ///< for a receiver to take a message
  double linger_s = 30;            ///< for the last messages to leave
};

/// What was sent of one scan, and what a receiver's ledger must say of it if nothing is lost between (but `early`,
/// times and bytes, which are the receiver's alone; with several senders a second scan starts only when the first
/// had time to arrive). Without a start the receiver has no scan: `predicted.stale` counts its images.
struct SentScan {
  std::string scan_id;
  std::uint64_t expected = 0;  ///< frames of the scan
  std::uint64_t sent = 0;      ///< image messages
  std::uint64_t dropped = 0, duplicated = 0, swapped_pairs = 0, truncated = 0, corrupted = 0, wrong_shape = 0;
  std::uint64_t unreadable = 0;  ///< frames that could not be read from the scan, and were not sent
  bool start_sent = false, end_sent = false;
  Ledger predicted;
};

struct SendLedger {
  std::vector<SentScan> scans;
  std::uint64_t bytes_sent = 0;
  double seconds = 0;   ///< from the first message to the last
  std::string failure;  ///< why not everything was sent, in words; else empty
};

struct SendProgress {
  std::uint64_t images_sent = 0;
  std::uint64_t images_planned = 0;
  std::uint64_t bytes_sent = 0;
};

class Stream2Sender {
 public:
  /// Opens the sockets. Throws ConfigError, with the key at fault.
  explicit Stream2Sender(SendOptions options);
  ~Stream2Sender();

  /// Where receivers find it, wildcard ports resolved.
  const std::vector<std::string>& endpoints() const;

  /// Waits for the receivers, sends the scan and hands over all that is queued; once in an object's life. Throws
  /// OutputError if no receiver turns up or there is no shared memory, ConfigError if the scan has too few frames for its
  /// faults.
  SendLedger send(ScanReader& scan, const std::function<void(const SendProgress&)>& progress = {},
                  const std::stop_token& stop = {});

 private:
  class Run;
  SendOptions options_;
  std::unique_ptr<PushSockets> sockets_;
  std::unique_ptr<FramePoolWriter> pool_;
};

}  // namespace braggd
