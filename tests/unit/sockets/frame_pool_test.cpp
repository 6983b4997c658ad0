#include "sockets/frame_pool.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <braggd/error.hpp>

#include "core/scratch_directory.hpp"

namespace braggd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t slot_bytes = 4096;

std::string text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.view().data()), bytes.size()};
}

class FramePool : public testing::Test {
 protected:
  std::optional<FramePoolWriter::Slot> take(FramePoolWriter& writer, Clock::duration patience = 0ms) {
    return writer.take(Clock::now() + patience, {});
  }
  std::vector<std::byte> put(FramePoolWriter& writer, const std::string& text) {
    const auto slot = take(writer);
    if (!slot) throw std::runtime_error("no slot is free");
    std::memcpy(slot->room.data(), text.data(), text.size());
    return writer.hand_over(*slot, text.size());
  }
  std::string refusal(std::span<const std::byte> message) {
    try {
      pools_.open(message);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  std::filesystem::path only_file() const {
    return std::filesystem::directory_iterator(directory_.path())->path();
  }

  ScratchDirectory directory_{std::filesystem::temp_directory_path()};
  FramePools pools_{directory_.path(), slot_bytes};
};

TEST_F(FramePool, WhatIsPutIntoASlotIsReadWhereItLiesAndTheSlotComesBackWithTheLastCopy) {
  FramePoolWriter writer(directory_.path(), 2, slot_bytes);
  const auto first = put(writer, "one"), second = put(writer, "two");
  EXPECT_TRUE(FramePools::is_reference(first));
  EXPECT_FALSE(FramePools::is_reference(std::as_bytes(std::span("any other message of this length", 30))));
  EXPECT_FALSE(take(writer)) << "both slots are filled";
  std::optional<Bytes> one = pools_.open(first);
  std::optional<Bytes> copy = *one;
  EXPECT_EQ(text_of(*one), "one");
  EXPECT_EQ(text_of(pools_.open(second)), "two");
  one.reset();
  ASSERT_TRUE(take(writer)) << "of the second";
  EXPECT_EQ(text_of(*copy), "one");
  copy.reset();
  EXPECT_TRUE(take(writer));
}

TEST_F(FramePool, TheWriterWaitsForASlotAndIsWoken) {
  FramePoolWriter writer(directory_.path(), 1, slot_bytes);
  std::optional<Bytes> held = pools_.open(put(writer, "held"));
  const auto begun = Clock::now();
  EXPECT_FALSE(take(writer, 30ms));
  EXPECT_GE(Clock::now() - begun, 30ms);
  std::thread releasing([&] {
    std::this_thread::sleep_for(20ms);
    held.reset();
  });
  const auto slot = take(writer, 10s);
  releasing.join();
  ASSERT_TRUE(slot);
  writer.hand_over(*slot, 1);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(writer.take(Clock::now() + 10s, stop.get_token()));
}

TEST_F(FramePool, BytesOutliveTheWriterWhoseFileStaysUntilTheyAreTaken) {
  std::optional<FramePoolWriter> writer;
  writer.emplace(directory_.path(), 1, slot_bytes);
  const auto message = put(*writer, "late");
  EXPECT_FALSE(writer->wait_until_taken(Clock::now() + 10ms));
  const Bytes late = pools_.open(message);
  EXPECT_TRUE(writer->wait_until_taken(Clock::now() + 10ms));
  writer.reset();
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  EXPECT_EQ(text_of(late), "late");
}

TEST_F(FramePool, AFileOfAWriterThatWasKilledIsRemovedByTheNext) {
  const pid_t child = ::fork();
  if (child == 0) {
    const FramePoolWriter writer(directory_.path(), 1, slot_bytes);
    ::_exit(0);  // without cleaning up
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto abandoned = only_file();
  const FramePoolWriter alive(directory_.path(), 1, slot_bytes);
  const FramePoolWriter another(directory_.path(), 1, slot_bytes);
  EXPECT_FALSE(std::filesystem::exists(abandoned));
  EXPECT_TRUE(std::filesystem::exists(alive.file()));
}

TEST_F(FramePool, MessagesThatCannotBeRightAreRefusedInWords) {
  FramePoolWriter writer(directory_.path(), 2, slot_bytes);
  const auto good = put(writer, "good");
  const auto changed = [&](std::size_t at, auto value) {
    auto message = good;
    std::memcpy(message.data() + at, &value, sizeof value);
    return message;
  };
  EXPECT_THAT(refusal(changed(8, std::uint32_t{2})), HasSubstr("has 2 slots of 4096 bytes, not a slot 2"));
  EXPECT_THAT(refusal(changed(8, std::uint32_t{1})), HasSubstr("is not filled"));
  EXPECT_THAT(refusal(changed(16, std::uint64_t{4097})), HasSubstr("with 4097 bytes"));
  EXPECT_THAT(refusal(changed(16, ~std::uint64_t{0})), HasSubstr("slots of 4096 bytes"));
  EXPECT_THAT(refusal(changed(12, std::uint32_t{3})), HasSubstr("not understood"));
  EXPECT_THAT(refusal(changed(24, '/')), HasSubstr("is no name of shared memory"));
  EXPECT_THAT(refusal(changed(24, 'c')), HasSubstr("cannot be opened"));
  EXPECT_EQ(refusal(good), "");
  EXPECT_THAT(refusal(good), HasSubstr("is not filled")) << "a second time";
  FramePools none{std::filesystem::path(), slot_bytes};
  EXPECT_THROW(none.open(good), InputError);
}

TEST_F(FramePool, AMessageThatIsTooLargeIsRefusedAndItsSlotComesBack) {
  FramePoolWriter writer(directory_.path(), 1, slot_bytes);
  FramePools small(directory_.path(), 3);
  EXPECT_THROW(small.open(put(writer, "four")), InputError);
  EXPECT_EQ(text_of(small.open(put(writer, "one"))), "one");
}

TEST_F(FramePool, FilesThatAreNoPoolsAreRefused) {
  FramePoolWriter writer(directory_.path(), 2, slot_bytes);
  const auto good = put(writer, "good");
  const auto with_head = [&](std::size_t at, auto value) {
    std::fstream file(writer.file(), std::ios::in | std::ios::out | std::ios::binary);
    std::array<char, sizeof value> before{};
    file.seekg(static_cast<std::streamoff>(at)).read(before.data(), before.size());
    file.seekp(static_cast<std::streamoff>(at))
        .write(reinterpret_cast<const char*>(&value), sizeof value)
        .flush();
    FramePools fresh(directory_.path(), slot_bytes);
    std::string why;
    try {
      fresh.open(good);
    } catch (const InputError& error) {
      why = error.what();
    }
    file.seekp(static_cast<std::streamoff>(at)).write(before.data(), before.size()).flush();
    return why;
  };
  EXPECT_THAT(with_head(0, 'X'), HasSubstr("is no pool of frames"));
  EXPECT_THAT(with_head(8, std::uint32_t{0}), HasSubstr("is no pool of frames"));
  EXPECT_THAT(with_head(8, std::uint32_t{3}), HasSubstr("is no pool of frames"));
  EXPECT_THAT(with_head(8, ~std::uint32_t{0}), HasSubstr("is no pool of frames"));
  EXPECT_THAT(with_head(16, ~std::uint64_t{0} / 2), HasSubstr("is no pool of frames"));
  EXPECT_THAT(with_head(24, std::uint64_t{8}), HasSubstr("is no pool of frames"));
  EXPECT_THAT(with_head(24, ~std::uint64_t{0}), HasSubstr("is no pool of frames"));
  EXPECT_EQ(text_of(pools_.open(good)), "good");

  std::vector<std::byte> elsewhere = good;
  const std::string link = "l" + writer.file().filename().string().substr(1);
  std::filesystem::create_symlink(writer.file(), directory_.path() / link);
  std::memcpy(elsewhere.data() + 24, link.data(), link.size());
  EXPECT_THAT(refusal(elsewhere), HasSubstr("cannot be opened"));
}

TEST_F(FramePool, NoDirectoryAndNoRoomAreSaid) {
  EXPECT_THROW(FramePoolWriter(directory_.path() / "nowhere", 1, slot_bytes), OutputError);
  EXPECT_THROW(FramePoolWriter(directory_.path(), 60000, std::uint64_t{1} << 40), OutputError);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

}  // namespace
}  // namespace braggd
