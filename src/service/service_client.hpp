// Speaks with a running service.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace braggd {

/// Throws InputError in words where nobody answers, or the answer is a problem.
class ServiceClient {
 public:
  /// `address` as in service.http: HOST:PORT or PORT.
  explicit ServiceClient(const std::string& address);

  nlohmann::ordered_json get(const std::string& path) const;
  nlohmann::ordered_json post(const std::string& path, const std::string& token) const;
  std::string address() const;

 private:
  std::string host_;
  int port_ = 0;
};

}  // namespace braggd
