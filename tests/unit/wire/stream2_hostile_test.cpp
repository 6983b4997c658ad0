// Bytes that want to break the receiver: cut, mutated and made up.
#include <gtest/gtest.h>
#include <random>

#include "unit/wire/stream2_samples.hpp"
#include "wire/cbor_writer.hpp"
#include "wire/stream2_decode.hpp"

namespace braggd {
namespace {

std::vector<std::vector<std::byte>> sample_messages() {
  Stream2Style busy{.unknown_keys = true, .cbor = {true, true}};
  return {encode_start(wire_header()),
          encode_start(wire_header(), busy),
          encode_image(wire_series, wire_frame(1)),
          encode_image(wire_series, wire_frame(1), busy),
          encode_end(wire_series),
          encode_end(wire_series, busy)};
}

// What a receiver does with a message; true if it was not damaged.
bool take(std::vector<std::byte> bytes) {
  // An exact allocation, so that the address sanitizer sees the first byte beyond it.
  bytes.shrink_to_fit();
  const auto message = parse_stream2(Bytes::own(std::move(bytes)));
  std::vector<std::string> warnings;
  if (const auto* start = std::get_if<StartMessage>(&message)) {
    make_header(*start, "threshold_1", warnings);
  } else if (const auto* image = std::get_if<ImageMessage>(&message)) {
    (void)make_frame(*image, "");
  }
  return !std::holds_alternative<DamagedMessage>(message);
}

TEST(Stream2Hostile, AMessageCutAtAnyByteIsDamaged) {
  for (const auto& whole : sample_messages()) {
    EXPECT_TRUE(take(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(take({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
    }
  }
}

TEST(Stream2Hostile, RandomMutationsNeverBreakTheReader) {
  const auto samples = sample_messages();
  std::mt19937 random(7);
  std::size_t damaged = 0;
  for (int round = 0; round < 20000; ++round) {
    auto bytes = samples[random() % samples.size()];
    for (auto flips = 1 + random() % 4; flips > 0; --flips) {
      const auto at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<std::byte>(random());
          break;
        case 1:
          bytes[at] ^= static_cast<std::byte>(1u << (random() % 8));
          break;
        case 2:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::byte>(random()));
          break;
        default:
          bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
          break;
      }
    }
    damaged += take(bytes) ? 0u : 1u;
  }
  EXPECT_GT(damaged, 2000u);
  EXPECT_LT(damaged, 20000u);
}

TEST(Stream2Hostile, RandomBytesNeverBreakTheReader) {
  std::mt19937 random(11);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> bytes(random() % 64);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    take(bytes);
  }
}

TEST(Stream2Hostile, DeepNestingUnderAnyKeyIsDamaged) {
  for (const char head : {'\x81', '\x9f', '\xa1', '\xbf', '\xd8'}) {
    CborWriter out;
    out.map(2).text("type").text("start").text("goniometer");
    auto bytes = out.take();
    bytes.insert(bytes.end(), 2000000, static_cast<std::byte>(head));
    EXPECT_FALSE(take(bytes));
  }
}

}  // namespace
}  // namespace braggd
