// Where results go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <braggd/anomaly.hpp>
#include <braggd/envelope.hpp>
#include <braggd/field.hpp>
#include <braggd/ledger.hpp>
#include <braggd/stage.hpp>

namespace braggd {

/// One stage as it was run, for the file's record.
struct ProcessRecord {
  std::string name;
  std::string type;
  Settings parameters;
};

/// How a result came about.
struct Provenance {
  std::string configuration;         ///< the YAML, byte for byte
  std::string configuration_sha256;  ///< of it
  std::string expanded;              ///< the same with every default written out
  std::vector<ProcessRecord> processes;
};

struct SinkContext {
  std::shared_ptr<const ScanHeader> header;
  std::shared_ptr<const Provenance> provenance;
  ResourceCache* resources = nullptr;  ///< what outlives scans; null: the sink is alone
};

/// What became of a scan in all its sinks together.
struct FinishedScan {
  const ScanSummary& summary;  ///< the worst of theirs
  std::span<const std::filesystem::path> outputs;
  const std::optional<AnomalySummary>& anomaly;  ///< the first that one of them has
};

/// Takes the results of one scan: one object a scan. Envelopes (tombstones too) come one at a time, in any order of
/// frames; a sink that cares about order restores it. Throws OutputError; it is then not called again but for
/// `abandon`.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void consume(const Envelope& envelope) = 0;
  /// Completes the output; `summary.ledger` is closed. Returns where it is (empty: nowhere).
  virtual std::filesystem::path finish(const ScanSummary& summary) = 0;
  /// After `finish`: what the scores of the frames amount to; nothing where none carried one.
  virtual std::optional<AnomalySummary> anomaly() const { return std::nullopt; }
  /// After every sink of the scan has finished: what the others made of it. Errors are logged and change nothing.
  virtual void scan_finished(const FinishedScan& /*scan*/) {}
  /// Leaves what was written as it is, under its unfinished name. Must not throw.
  virtual void abandon() noexcept = 0;
};

}  // namespace braggd
