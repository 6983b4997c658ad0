// Rates now and over the last minutes.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace braggd {

/// Totals that only grow.
struct Totals {
  std::uint64_t frames = 0, bytes = 0, peaks = 0;
};

struct Rates {
  double frames_per_second = 0, bytes_per_second = 0, peaks_per_second = 0;
};

/// A rate for each second of the last five minutes. One thread.
class RateHistory {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds interval{1};
  static constexpr std::size_t length = 300;

  explicit RateHistory(Clock::time_point start) : last_(start) {}

  /// To be called more often than once a second.
  void update(Clock::time_point now, const Totals& totals) {
    const std::chrono::duration<double> passed = now - last_;
    if (passed < interval) return;
    const auto rate = [&](std::uint64_t after, std::uint64_t before) {
      // A scan on its way into the totals may be counted twice for a moment.
      return after < before ? 0 : static_cast<double>(after - before) / passed.count();
    };
    rates_.push_back({rate(totals.frames, at_last_.frames), rate(totals.bytes, at_last_.bytes),
                      rate(totals.peaks, at_last_.peaks)});
    if (rates_.size() > length) rates_.pop_front();
    last_ = now;
    at_last_ = totals;
  }

  Rates now() const { return rates_.empty() ? Rates{} : rates_.back(); }
  const std::deque<Rates>& all() const { return rates_; }  ///< oldest first

 private:
  Clock::time_point last_;
  Totals at_last_;
  std::deque<Rates> rates_;
};

}  // namespace braggd
