#include "sinks/image_buffers.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

namespace braggd {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

Bytes pixels_of(std::string_view text) {
  const auto bytes = bytes_of(text);
  return Bytes::own({bytes.begin(), bytes.end()});
}

std::string_view text_of(const Bytes& message) {
  return {reinterpret_cast<const char*>(message.view().data()), message.size()};
}

TEST(ImageBuffers, AMessageIsTheHeadAndThePixels) {
  ImageBuffers buffers(1 << 20);
  const Bytes pixels = pixels_of("pixels");
  const Bytes first = buffers.message(bytes_of("head 1, "), pixels);
  const Bytes second = buffers.message(bytes_of("another head, "), pixels);
  EXPECT_EQ(text_of(first), "head 1, pixels");
  EXPECT_EQ(text_of(second), "another head, pixels");
  const std::string long_head(3000, 'h');
  EXPECT_EQ(text_of(buffers.message(bytes_of(long_head), pixels)), long_head + "pixels");
  EXPECT_EQ(text_of(buffers.message(bytes_of("empty"), Bytes())), "empty");
}

TEST(ImageBuffers, PixelsOfAMessageThatIsGoneAreInTheirPlaceStill) {
  ImageBuffers buffers(1 << 20);
  const Bytes a = pixels_of("aaaa"), b = pixels_of("bbbb");
  const auto place_of = [&](const Bytes& message) { return message.view().last(4).data(); };
  const auto* place_a = place_of(buffers.message(bytes_of("1"), a));
  const auto* place_b = place_of(buffers.message(bytes_of("2"), b));
  EXPECT_NE(place_a, place_b) << "memory that holds pixels is kept while others may be had";
  const Bytes again = buffers.message(bytes_of("3, longer"), a);
  EXPECT_EQ(place_of(again), place_a);
  EXPECT_EQ(text_of(again), "3, longeraaaa");
  const Bytes beside = buffers.message(bytes_of("4"), a);
  EXPECT_NE(place_of(beside), place_a) << "the message before is not sent yet";
  EXPECT_EQ(text_of(beside), "4aaaa");
  EXPECT_EQ(text_of(again), "3, longeraaaa");
}

// A frame that is read anew may lie where one lay that has been let go.
TEST(ImageBuffers, OtherPixelsAtTheSameAddressAreOthers) {
  ImageBuffers buffers(1 << 20);
  std::vector<std::byte> place(4, std::byte{'a'});
  const auto pixels = [&] { return Bytes(std::make_shared<int>(0), place); };
  EXPECT_EQ(text_of(buffers.message({}, pixels())), "aaaa");
  std::ranges::fill(place, std::byte{'b'});
  EXPECT_EQ(text_of(buffers.message({}, pixels())), "bbbb");
  std::ranges::fill(place, std::byte{'c'});
  EXPECT_EQ(text_of(buffers.message({}, Bytes({}, place))), "cccc");
  std::ranges::fill(place, std::byte{'d'});
  EXPECT_EQ(text_of(buffers.message({}, Bytes({}, place))), "dddd") << "bytes that nobody owns";
}

TEST(ImageBuffers, MemoryOfPixelsThatAreGoneIsUsedAgain) {
  ImageBuffers buffers(1 << 20);
  std::set<const std::byte*> places;
  for (int i = 0; i < 50; ++i) places.insert(buffers.message({}, pixels_of("some pixels")).view().data());
  EXPECT_EQ(places.size(), 1U);
}

TEST(ImageBuffers, MemoryThatHasBecomeTooSmallMakesRoomForWhatFits) {
  constexpr std::size_t large_bytes = 20'000;
  ImageBuffers buffers(2 * large_bytes);
  for (std::size_t bytes = 100; bytes < large_bytes; bytes += 100)
    buffers.message({}, Bytes::own(std::vector<std::byte>(bytes)));
  const Bytes large = Bytes::own(std::vector<std::byte>(large_bytes));
  const auto* const place = buffers.message({}, large).view().data();
  std::vector<std::vector<std::byte>> others;  // take the place if it was given up
  for (std::size_t bytes = large_bytes; bytes < large_bytes * 5 / 4; bytes += 16) others.emplace_back(bytes);
  EXPECT_EQ(buffers.message({}, large).view().data(), place);
}

TEST(ImageBuffers, NoMoreMemoryIsKeptThanAllowed) {
  constexpr std::size_t pixel_bytes = 10'000;
  ImageBuffers buffers(5 * pixel_bytes);
  std::vector<Bytes> frames;
  for (int i = 0; i < 40; ++i)
    frames.push_back(Bytes::own(std::vector<std::byte>(pixel_bytes, std::byte(i))));
  std::set<const std::byte*> places;
  for (const Bytes& frame : frames) {
    const Bytes message = buffers.message(bytes_of("head"), frame);
    ASSERT_TRUE(std::ranges::equal(message.view().last(pixel_bytes), frame.view()));
    places.insert(message.view().data());
  }
  EXPECT_LE(places.size(), 5U);
  std::vector<Bytes> in_flight;  // what is on its way is not limited here
  for (const Bytes& frame : frames) in_flight.push_back(buffers.message(bytes_of("head"), frame));
  for (std::size_t i = 0; i < frames.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(in_flight[i].view().last(pixel_bytes), frames[i].view())) << i;
}

TEST(ImageBuffers, MessagesAreLetGoByAnyThreadEvenAfterTheirMaker) {
  auto buffers = std::make_unique<ImageBuffers>(1 << 20);
  const Bytes pixels = pixels_of("pixels");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 200; ++i) {
    Bytes message = buffers->message(bytes_of("head "), pixels);
    ASSERT_EQ(text_of(message), "head pixels");
    threads.emplace_back([gone = std::move(message)]() mutable { gone = {}; });
    if (threads.size() == 8) threads.clear();
  }
  Bytes last = buffers->message(bytes_of("the last "), pixels);
  buffers.reset();
  EXPECT_EQ(text_of(last), "the last pixels");
}

}  // namespace
}  // namespace braggd
