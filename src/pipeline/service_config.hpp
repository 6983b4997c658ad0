// The options of `service:`, which say how a running pipeline is watched and steered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <tuple>

#include <braggd/field.hpp>

namespace braggd {

struct ServiceConfig {
  std::string http;
  std::string token_file;
  std::filesystem::path state_directory;
  std::filesystem::path model_store;
  double preview_hz = 1;
  std::uint64_t disk_low = std::uint64_t{10} << 30U;
  double silent_after_s = 10;
  double stalled_after_s = 10;
  std::uint32_t history = 1000;
  static constexpr auto fields() {
    using C = ServiceConfig;
    return std::tuple{
        field("http", &C::http,
              "where the page, the REST interface and the metrics are served, such as 127.0.0.1:8430 or 8430 "
              "alone for "
              "this machine only; empty: nowhere"),
        field("token_file", &C::token_file,
              "file with the token that every call which changes something must carry, readable by its owner "
              "alone; made "
              "where it is not there; empty: http.token in the state directory"),
        directory_field("state_directory", &C::state_directory,
                        "where the history of scans and of configurations is kept; empty: what systemd "
                        "names, else nowhere"),
        directory_field("model_store", &C::model_store,
                        "models that are listed and promoted over HTTP; empty: none"),
        field("preview_hz", &C::preview_hz, "frames a second that are kept for the preview at most; 0: none",
              0, 10)
            .unit("1/s"),
        bytes_field("disk_low", &C::disk_low, "warn where an output directory has less room than this", 0,
                    1e15),
        field("silent_after_s", &C::silent_after_s,
              "warn where a scan that is not complete gets no frame for so long", 0.1, 1e6)
            .unit("s"),
        field("stalled_after_s", &C::stalled_after_s,
              "raise an alarm, and a warning after half of it, where frames are in the pipeline and none "
              "comes out for so long",
              0.1, 1e6)
            .unit("s"),
        field("history", &C::history, "finished scans that are remembered", 1, 100000),
    };
  }
  /// Throws ConfigError for an address that cannot be one.
  static void check(const ServiceConfig& config);
};

/// "HOST:PORT", "[V6]:PORT" or "PORT"; port 0 for any that is free. Throws ConfigError.
struct HttpAddress {
  std::string host;
  int port = 0;
};
HttpAddress parse_http_address(const std::string& text);

}  // namespace braggd
