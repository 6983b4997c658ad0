// A scan in memory behind the reader interface.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/scan_reader.hpp"
#include "unit/wire/stream2_samples.hpp"

namespace braggd {

class WireScan final : public ScanReader {
 public:
  std::optional<std::uint64_t> unreadable;

  explicit WireScan(std::uint64_t frames, Shape shape = {6, 5}) {
    ScanHeader header = wire_header(frames);
    header.shape = shape;
    header.pixel_mask = nullptr;
    header_ = std::make_shared<const ScanHeader>(std::move(header));
  }
  std::shared_ptr<const ScanHeader> header() const override { return header_; }
  Result<Frame> read(std::uint64_t index) override {
    if (index == unreadable) return FrameError{DropReason::decode_error, "made to fail"};
    return wire_frame(index, header_->shape);
  }
  std::vector<std::byte> pixels(std::uint64_t index) const {
    const Frame frame = wire_frame(index, header_->shape);
    return {frame.bytes.view().begin(), frame.bytes.view().end()};
  }

 private:
  std::shared_ptr<const ScanHeader> header_;
};

}  // namespace braggd
