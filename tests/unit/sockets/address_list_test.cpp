#include "sockets/address_list.hpp"

#include <gmock/gmock.h>

#include <braggd/error.hpp>

namespace braggd {
namespace {

TEST(AddressList, HoldsAddressesAndNetworksOfBothKinds) {
  const AddressList list({"10.0.0.7", "192.168.0.0/16", "::1", "fd00::/8", "172.16.0.0/12"});
  for (const char* inside : {"10.0.0.7", "192.168.0.0", "192.168.255.255", "::1", "fdab::1", "172.31.255.1",
                             "::ffff:10.0.0.7", "::ffff:192.168.3.4"})
    EXPECT_TRUE(list.contains(inside)) << inside;
  for (const char* outside : {"10.0.0.8", "192.169.0.0", "::2", "fe00::1", "172.32.0.0", "", "10.0.0.7 ",
                              "localhost", "10.0.0", "::ffff:10.0.0.8"})
    EXPECT_FALSE(list.contains(outside)) << outside;
  EXPECT_TRUE(AddressList({"0.0.0.0/0"}).contains("8.8.8.8"));
  EXPECT_FALSE(AddressList({"0.0.0.0/0"}).contains("2001:db8::1"));
  EXPECT_TRUE(AddressList({"::/0"}).contains("8.8.8.8"));
}

TEST(AddressList, WhatIsNoAddressIsNamed) {
  for (const char* wrong : {"", "edge1", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129",
                            "1.2.3", "10.0.0.0/8/8"})
    EXPECT_THAT(
        [&] {
          AddressList({"10.0.0.1", wrong});
        },
        ::testing::ThrowsMessage<ConfigError>(::testing::HasSubstr("\"" + std::string(wrong) + "\"")));
}

}  // namespace
}  // namespace braggd
