// IP addresses and networks.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace braggd {

/// A set of addresses such as 10.0.0.7, 10.0.0.0/8, ::1, fd00::/8.
class AddressList {
 public:
  AddressList() = default;
  /// Throws ConfigError, without a key, that names the first that is none.
  explicit AddressList(const std::vector<std::string>& addresses);

  bool empty() const { return networks_.empty(); }
  /// False for what is no address, too. An IPv4 address may come in its IPv6 form.
  bool contains(std::string_view address) const;

 private:
  using Bytes16 = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Network {
    Bytes16 address{};
    unsigned prefix_bits = 128;
  };
  static bool parse(std::string_view text, Bytes16& address, bool& is_v4);

  std::vector<Network> networks_;
};

}  // namespace braggd
