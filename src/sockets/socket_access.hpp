// Who may connect: keys (ZeroMQ's CURVE mechanism) and addresses.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <tuple>
#include <vector>
#include <zmq.hpp>

#include <braggd/field.hpp>

#include "sockets/address_list.hpp"
#include "sockets/curve_keys.hpp"

namespace braggd {

/// The options of every socket. Without any of them everybody may connect, and nothing is encrypted.
struct SocketAccess {
  std::filesystem::path key_file;         ///< this side's own pair
  std::filesystem::path server_key_file;  ///< where this side connects: the public key of the side that binds
  std::vector<std::string> allow;  ///< where this side binds: public key files of those who may connect
  std::vector<std::string> allow_addresses;  ///< where this side binds: their addresses
  static constexpr auto fields() {
    using C = SocketAccess;
    return std::tuple{
        file_field(
            "key_file", &C::key_file,
            "own key, as `braggd keys NAME` writes it to NAME.key: connections are encrypted, and both "
            "sides prove who they are"),
        file_field("server_key_file", &C::server_key_file,
                   "with key_file, where this side connects: the other's NAME.pub"),
        files_field("allow", &C::allow,
                    "with key_file, where this side binds: NAME.pub of all that may connect; empty: any key"),
        field("allow_addresses", &C::allow_addresses,
              "where this side binds: addresses and networks that may connect, such as [10.0.0.7, "
              "192.168.0.0/16]; empty: all"),
    };
  }
};

/// The same, read and checked.
class AccessRules {
 public:
  /// Throws ConfigError, with the key at fault. `endpoints`: those of the socket.
  AccessRules(const SocketAccess& access, bool binds, const std::vector<std::string>& endpoints);

  bool encrypted() const { return keys_.has_value(); }
  /// Whether those who connect are to be looked at one by one.
  bool asks() const { return binds_ && (encrypted() || !addresses_.empty()); }
  /// Whether a key is enough, whichever it is.
  bool any_key() const { return allowed_keys_.empty(); }
  /// Why one who connects is refused; empty: he is not. `public_key`: as it was proved, Z85; empty without encryption.
  std::string refusal(std::string_view address, std::string_view public_key) const;
  /// Before a socket binds or connects: gives it its keys.
  void apply(zmq::socket_t& socket) const;

 private:
  bool binds_;
  std::optional<CurveKeys> keys_;
  std::string server_key_;
  std::vector<std::string> allowed_keys_;
  AddressList addresses_;
};

}  // namespace braggd
