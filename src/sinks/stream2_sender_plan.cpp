#include "sinks/stream2_sender_plan.hpp"

#include <numeric>
#include <random>
#include <string>
#include <utility>

#include <braggd/error.hpp>

namespace braggd {

namespace {

using Kind = PlannedMessage::Kind;

// Between two scans of several senders: what the first scan has in flight must not arrive after the second's start.
constexpr double settle_s = 0.3;

// Fisher-Yates, written out because std::shuffle may differ between standard libraries.
void shuffle(std::vector<std::uint64_t>& values, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::uint64_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random() % i]);
}

std::vector<std::uint64_t> count_to(std::uint64_t end) {
  std::vector<std::uint64_t> values(end);
  std::iota(values.begin(), values.end(), std::uint64_t{0});
  return values;
}

enum class Fate : std::uint8_t { sent, dropped, doubled, truncated, corrupted, misshapen };

// Hands out positions at random, none twice.
class Lottery {
 public:
  Lottery(std::vector<Fate>& fates, std::uint64_t seed) : fates_(fates), positions_(count_to(fates.size())) {
    shuffle(positions_, seed);
  }

  /// Gives `count` of the positions below `end` that have no fate yet.
  void draw(const char* name, Fate fate, std::uint64_t count, std::uint64_t end) {
    for (std::size_t i = 0; i < positions_.size() && count > 0; ++i) {
      const std::uint64_t position = positions_[i];
      if (position >= end || fates_[position] != Fate::sent) continue;
      fates_[position] = fate;
      --count;
    }
    if (count == 0) return;
    throw ConfigError("the scan's " + std::to_string(fates_.size()) + " frames are too few for " + name +
                          ": " + std::to_string(count) + " more are needed",
                      "faults");
  }

 private:
  std::vector<Fate>& fates_;
  std::vector<std::uint64_t> positions_;
};

std::vector<Fate> draw_fates(const PlanRequest& request) {
  const StreamFaults& faults = request.faults;
  std::vector<Fate> fates(request.frames, Fate::sent);
  Lottery lottery(fates, request.fault_seed);
  // Behind the last copy of each sender there must be an image that arrives.
  const bool keep_last = request.senders > 1 && faults.duplicate > 0;
  const std::uint64_t end =
      keep_last ? request.frames - std::min<std::uint64_t>(request.frames, request.senders) : request.frames;
  lottery.draw("drop", Fate::dropped, faults.drop, end);
  lottery.draw("duplicate", Fate::doubled, faults.duplicate, end);
  lottery.draw("truncate", Fate::truncated, faults.truncate, request.frames);
  lottery.draw("corrupt", Fate::corrupted, faults.corrupt, request.frames);
  lottery.draw("wrong_shape", Fate::misshapen, faults.wrong_shape, request.frames);
  return fates;
}

void swap_neighbours(std::vector<std::uint64_t>& order, std::uint64_t pairs, std::uint64_t seed) {
  auto first_of_pair = count_to(order.size() / 2);
  if (pairs > first_of_pair.size()) {
    throw ConfigError("the scan's " + std::to_string(order.size()) + " frames have no " +
                          std::to_string(pairs) + " pairs to swap",
                      "faults");
  }
  shuffle(first_of_pair, seed);
  for (std::uint64_t i = 0; i < pairs; ++i)
    std::swap(order[2 * first_of_pair[i]], order[2 * first_of_pair[i] + 1]);
}

Damage damage_of(Fate fate) {
  switch (fate) {
    case Fate::truncated:
      return Damage::truncate;
    case Fate::corrupted:
      return Damage::corrupt;
    case Fate::misshapen:
      return Damage::wrong_shape;
    default:
      return Damage::none;
  }
}

PlannedScan whole_scan(const PlanRequest& request) {
  const StreamFaults& faults = request.faults;
  auto order = count_to(request.frames);
  if (request.shuffle_seed != 0) shuffle(order, request.shuffle_seed);
  swap_neighbours(order, faults.swap, request.fault_seed + 1);
  const auto fates = draw_fates(request);
  PlannedScan scan{{}, faults.drop, faults.swap};
  if (!faults.missing_start) scan.messages.push_back({.kind = Kind::start});
  for (std::uint64_t position = 0; position < order.size(); ++position) {
    if (faults.stall_s > 0 && position == order.size() / 2) {
      scan.messages.push_back({.kind = Kind::pause, .pause_s = faults.stall_s});
    }
    if (fates[position] == Fate::dropped) continue;
    const auto sender = static_cast<std::uint32_t>(position % request.senders);
    const PlannedMessage image{Kind::image, damage_of(fates[position]), sender, order[position], 0};
    scan.messages.push_back(image);
    if (fates[position] != Fate::doubled) continue;
    scan.messages.push_back(image);
    scan.messages.back().kind = Kind::copy;
  }
  if (!faults.missing_end) scan.messages.push_back({.kind = Kind::end});
  return scan;
}

PlannedScan abandoned_scan(const PlanRequest& request) {
  PlannedScan scan;
  scan.messages.push_back({.kind = Kind::start});
  for (std::uint64_t frame = 0; frame < request.frames / 2; ++frame) {
    scan.messages.push_back({.sender = static_cast<std::uint32_t>(frame % request.senders), .frame = frame});
  }
  if (request.senders > 1) scan.messages.push_back({.kind = Kind::pause, .pause_s = settle_s});
  return scan;
}

}  // namespace

std::vector<PlannedScan> plan_stream(const PlanRequest& request) {
  std::vector<PlannedScan> scans;
  if (request.faults.second_scan) scans.push_back(abandoned_scan(request));
  scans.push_back(whole_scan(request));
  return scans;
}

}  // namespace braggd
