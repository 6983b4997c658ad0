#pragma once

#include <filesystem>
#include <tuple>

#include <braggd/sink.hpp>
#include <braggd/stage.hpp>

namespace braggd {

struct NullConfig {
  static constexpr auto fields() { return std::tuple{}; }
};

/// Counts and forgets: for rehearsals and for measuring everything but the output.
class Null final : public Sink {
 public:
  using Config = NullConfig;
  static constexpr StageInfo info{"null", "Counts the results and forgets them."};

  Null(const Config& /*config*/, const SinkContext& /*context*/) {}
  void consume(const Envelope& /*envelope*/) override {}
  std::filesystem::path finish(const ScanSummary& /*summary*/) override { return {}; }
  void abandon() noexcept override {}
};

}  // namespace braggd
