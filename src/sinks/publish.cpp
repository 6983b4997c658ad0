#include "sinks/publish.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "sinks/publisher.hpp"
#include "sockets/endpoint.hpp"
#include "wire/live_messages.hpp"

namespace braggd {

namespace {

constexpr std::chrono::seconds patience{15};

std::shared_ptr<Publisher> make_publisher(const PublishConfig& config) {
  return std::make_shared<Publisher>(PublisherOptions{.bind = config.bind,
                                                      .queue_bytes = config.queue_bytes,
                                                      .hold = std::chrono::milliseconds(config.hold_ms),
                                                      .patience = patience,
                                                      .access = config});
}

std::string key_of(const PublishConfig& config) {
  return "publish " + config.bind;
}

void count(const FrameAnomaly& anomaly, std::optional<ReiCounts>& so_far) {
  if (!so_far) so_far.emplace();
  so_far->n_patches += anomaly.clusters.size();
  so_far->n_low += anomaly.n_low;
}

}  // namespace

void Publish::check(const Config& config) {
  if (!is_endpoint(config.bind, true)) {
    throw ConfigError(
        fmt::format("\"{}\" is no endpoint to publish at: {}", config.bind, endpoint_format(true)), "bind");
  }
  const AccessRules rules(config, true, {config.bind});
}

void Publish::open(const Config& config, ResourceCache& resources) {
  bool opened = false;
  resources.get<std::shared_ptr<Publisher>>(key_of(config), [&] {
    opened = true;
    return make_publisher(config);
  });
  if (!opened) {
    throw ConfigError("two sinks publish at " + config.bind + ": give each an endpoint of its own", "bind");
  }
}

Publish::Publish(const Config& config, const SinkContext& context) : header_(context.header) {
  publisher_ = context.resources == nullptr ? make_publisher(config)
                                            : *context.resources->get<std::shared_ptr<Publisher>>(
                                                  key_of(config), [&] { return make_publisher(config); });
  const std::string& sha256 = context.provenance->configuration_sha256;
  start_seq_ = publisher_->publish_with_welcome(
      [&](std::uint64_t seq) { return scan_start_header(seq, *header_, sha256, false); },
      [&](std::uint64_t seq) { return scan_start_header(seq, *header_, sha256, true); });
}

Publish::~Publish() = default;

void Publish::consume(const Envelope& envelope) {
  if (envelope.dropped == DropReason::missing) return;  // the ledger counts frames that never came
  std::span<const Peak> peaks;
  if (envelope.dropped == DropReason::none) {
    const PeakList& list = *envelope.get<PeakList>();
    peaks = list.peaks;
    if (list.anomaly) count(*list.anomaly, so_far_);
  }
  const ReiCounts* so_far = so_far_ ? &*so_far_ : nullptr;
  publisher_->publish([&](std::uint64_t seq) { return frame_header(seq, *header_, envelope, so_far); },
                      peaks.size() * live_record_bytes,
                      [&](std::span<std::byte> table) { pack_live_peaks(peaks, table); });
}

std::filesystem::path Publish::finish(const ScanSummary& /*summary*/) {
  return {};
}

void Publish::scan_finished(const FinishedScan& scan) {
  publisher_->clear_welcome(start_seq_);
  const ReiCounts* so_far = so_far_ ? &*so_far_ : nullptr;
  publisher_->publish([&](std::uint64_t seq) { return scan_end_header(seq, scan, so_far); });
  for (const auto& path : scan.outputs) publisher_->hash_file(header_->scan_id, path);
}

void Publish::abandon() noexcept {
  try {
    publisher_->clear_welcome(start_seq_);
  } catch (const std::exception& error) {
    spdlog::error("sink=publish {}", error.what());
  }
}

}  // namespace braggd
