// A ScanAssembler whose messages go in as bytes, and whose time passes when the test says so.
#pragma once

#include <gtest/gtest.h>

#include "sources/scan_assembler.hpp"
#include "unit/sources/recording_intake.hpp"
#include "unit/wire/stream2_samples.hpp"
#include "wire/stream2_decode.hpp"
#include "wire/stream2_encode.hpp"

namespace braggd {

class Assembling : public testing::Test {
 protected:
  Assembling() { options_.connections = 2; }

  ScanAssembler& assembler() {
    if (!assembler_) {
      assembler_ = std::make_unique<ScanAssembler>(intake_, options_, strays_, [this] { return now_; });
    }
    return *assembler_;
  }
  void send(const std::vector<std::byte>& message) {
    assembler().receive(parse_stream2(Bytes::own(message)), {1000 + ++messages_, message.size()});
    assembler().tick();
  }
  static SeriesName series(const std::string& id) { return {12, id}; }
  void start(const std::string& id, std::uint64_t frames) {
    ScanHeader header = wire_header(frames);
    header.scan_id = id;
    send(encode_start(header));
  }
  void image(const std::string& id, std::uint64_t number) {
    send(encode_image(series(id), wire_frame(number)));
  }
  void end(const std::string& id) { send(encode_end(series(id))); }
  void wait(std::chrono::milliseconds time) {
    now_ += time;
    assembler().tick();
  }
  const RecordedScan& scan(std::size_t index = 0) const { return intake_.scans.at(index); }

  RecordingIntake intake_;
  StrayCounts strays_;
  AssemblerOptions options_;
  ScanAssembler::TimePoint now_{};
  std::uint64_t messages_ = 0;
  std::unique_ptr<ScanAssembler> assembler_;
};

}  // namespace braggd
