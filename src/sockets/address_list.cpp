#include "sockets/address_list.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <system_error>

#include <braggd/error.hpp>

namespace braggd {

bool AddressList::parse(std::string_view text, Bytes16& address, bool& is_v4) {
  const std::string terminated(text);
  if (terminated.size() != text.size() || terminated.find('\0') != std::string::npos) return false;
  address = {};
  is_v4 = ::inet_pton(AF_INET, terminated.c_str(), &address[12]) == 1;
  if (is_v4) {
    address[10] = address[11] = 0xFF;
    return true;
  }
  return ::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1;
}

AddressList::AddressList(const std::vector<std::string>& addresses) {
  for (const std::string& text : addresses) {
    const std::size_t slash = text.find('/');
    Network network;
    bool is_v4 = false;
    bool good = parse(std::string_view(text).substr(0, slash), network.address, is_v4);
    if (good && slash != std::string::npos) {
      const char* const end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, network.prefix_bits);
      good = error == std::errc{} && stop == end && network.prefix_bits <= (is_v4 ? 32U : 128U);
      if (is_v4) network.prefix_bits += 96;
    }
    if (!good) {
      throw ConfigError("\"" + text + "\" is no IP address or network: write 10.0.0.7 or 10.0.0.0/8");
    }
    networks_.push_back(network);
  }
}

bool AddressList::contains(std::string_view text) const {
  Bytes16 address{};
  bool is_v4 = false;
  if (!parse(text, address, is_v4)) return false;
  return std::ranges::any_of(networks_, [&](const Network& network) {
    for (unsigned bit = 0; bit < network.prefix_bits; ++bit) {
      const unsigned differs = static_cast<unsigned>(address[bit / 8] ^ network.address[bit / 8]);
      if (((differs >> (7 - bit % 8)) & 1U) != 0) return false;
    }
    return true;
  });
}

}  // namespace braggd
