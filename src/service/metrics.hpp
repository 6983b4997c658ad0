// The service's numbers for Prometheus.
#pragma once

#include <string>

#include "service/daemon.hpp"

namespace braggd {

/// The text exposition format, version 0.0.4. It tells what each number means.
class Metrics {
 public:
  explicit Metrics(Daemon& daemon) : daemon_(daemon) {}

  std::string text() const;

 private:
  Daemon& daemon_;
};

}  // namespace braggd
