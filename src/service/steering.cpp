#include "service/steering.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <limits>
#include <spdlog/spdlog.h>
#include <thread>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "formats/scan_patches.hpp"

namespace braggd {

using nlohmann::ordered_json;

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_scans_waiting = 16;

double number(std::uint64_t count) {
  return static_cast<double>(count);
}

void add_anomaly(ScanFacts& facts, const std::optional<AnomalySummary>& anomaly) {
  facts["anomaly.decision"] = anomaly ? std::string(name_of(anomaly->decision)) : std::string();
  facts["anomaly.model"] = anomaly ? anomaly->model_id : std::string();
  facts["anomaly.rei"] = anomaly ? anomaly->rei : unknown;
  facts["anomaly.too_big_share"] = anomaly ? anomaly->too_big_share : unknown;
  facts["anomaly.changed_frame"] =
      anomaly && anomaly->changed_frame != no_frame ? number(anomaly->changed_frame) : unknown;
}

}  // namespace

ScanFacts facts_of(const PassingScan& scan) {
  const Progress progress = scan.run.progress();
  const LiveCounts counts = scan.live.counts();
  const std::uint64_t now = unix_ns();
  ScanFacts facts{
      {"phase", "running"},
      {"scan_id", printable(progress.scan_id)},
      {"exit_status", std::string()},
      {"expected", number(progress.expected)},
      {"received", number(progress.received)},
      {"finished", number(progress.finished)},
      {"missing", unknown},
      {"dropped", number(counts.dropped_total())},
      {"duplicate", number(progress.messages.duplicate)},
      {"peaks", number(counts.peaks)},
      {"peaks_per_frame", progress.finished > 0 ? number(counts.peaks) / number(progress.finished) : unknown},
      {"seconds", now > scan.begun_ns ? number(now - scan.begun_ns) * 1e-9 : 0},
      {"file", std::string()},
      {"patches_file", std::string()}};
  for (std::size_t i = 0; i < flag_facts.size(); ++i) {
    facts[std::string(flag_facts[i].first)] =
        counts.peaks > 0 ? number(counts.flagged[i]) / number(counts.peaks) : unknown;
  }
  add_anomaly(facts, counts.anomaly);
  return facts;
}

ScanFacts facts_of(const PassingScan& scan, const ScanReport& report) {
  const Ledger& ledger = report.summary.ledger;
  ScanFacts facts = facts_of(scan);
  facts["phase"] = "ended";
  facts["exit_status"] = std::string(name_of(report.summary.status));
  facts["expected"] = number(ledger.expected);
  facts["received"] = number(ledger.received);
  facts["finished"] = number(ledger.received);
  facts["missing"] = number(ledger.missing);
  facts["dropped"] = number(ledger.dropped_total());
  facts["duplicate"] = number(ledger.duplicate);
  facts["peaks"] = number(report.peaks);
  facts["peaks_per_frame"] = ledger.processed > 0 ? number(report.peaks) / number(ledger.processed) : unknown;
  facts["seconds"] = report.seconds;
  for (const auto& output : report.outputs) {
    const bool patches = is_patches_file(output);
    auto& fact = facts[patches ? "patches_file" : "file"];
    if (std::get<std::string>(fact).empty()) fact = output.string();
  }
  add_anomaly(facts, report.anomaly);
  return facts;
}

ordered_json facts_json(const ScanFacts& facts) {
  ordered_json json;
  for (const auto& [name, value] : facts) {
    if (const auto* word = std::get_if<std::string>(&value)) {
      json[name] = word->empty() ? ordered_json() : ordered_json(*word);
    } else {
      const double count = std::get<double>(value);
      if (!std::isfinite(count)) {
        json[name] = nullptr;
      } else if (count == std::floor(count) && std::abs(count) < 1e15) {
        json[name] = static_cast<std::int64_t>(count);
      } else {
        json[name] = count;
      }
    }
  }
  return json;
}

/// A rule with the thread in which it acts.
class Steering::Rule {
 public:
  Rule(Entry entry, const ActionContext& context)
      : entry_(std::move(entry)),
        condition_(std::get<std::string>(entry_.settings.at("when"))),
        action_(make_action(entry_, context)),
        alarms_(context.alarms),
        thread_([this](const std::stop_token& stop) { serve(stop); }) {}

  bool is_like(const Entry& other) const {
    return entry_.type == other.type && entry_.name == other.name && entry_.settings == other.settings;
  }

  std::string alarm_id() const { return alarm_id_of(entry_); }

  void look(std::uint64_t scan, const ScanFacts& facts) {
    if (scan == fired_for_) return;
    if (!condition_.holds([&](std::string_view name) { return facts.find(name)->second; })) return;
    fired_for_ = scan;
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_scans_waiting) {
      return complain(std::to_string(most_scans_waiting) +
                      " earlier actions are not done; this one is left out");
    }
    waiting_.push_back(facts);
    wake_.notify_one();
  }

 private:
  void serve(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
      const ScanFacts facts = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      act(facts, stop);
      lock.lock();
    }
  }

  void act(const ScanFacts& facts, const std::stop_token& stop) {
    ordered_json message{{"rule", entry_.name}, {"when", std::get<std::string>(entry_.settings.at("when"))}};
    message["facts"] = facts_json(facts);
    spdlog::info("scan={} rule={}: {} holds", std::get<std::string>(facts.at("scan_id")), entry_.name,
                 std::get<std::string>(entry_.settings.at("when")));
    try {
      action_->act(facts, message, stop);
      alarms_.clear("rule_failed");
    } catch (const std::exception& error) {
      complain(error.what());
    }
  }

  void complain(const std::string& what) {
    alarms_.raise({"rule_failed", Severity::warning, "rule " + entry_.name + ": " + what,
                   "look at the rule's target; scans are not affected", 0, 1});
  }

  const Entry entry_;
  const Condition condition_;
  const std::unique_ptr<RuleAction> action_;
  AlarmBoard& alarms_;
  std::uint64_t fired_for_ = std::numeric_limits<std::uint64_t>::max();
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<ScanFacts> waiting_;
  std::jthread thread_;
};

Steering::Steering(ActionContext context) : context_(std::move(context)) {}

Steering::~Steering() = default;

void Steering::set_rules(const std::vector<Entry>& rules) {
  const std::lock_guard lock(mutex_);
  std::vector<std::unique_ptr<Rule>> next;
  for (const Entry& entry : rules) {
    const auto same = std::ranges::find_if(
        rules_, [&](const std::unique_ptr<Rule>& rule) { return rule && rule->is_like(entry); });
    next.push_back(same != rules_.end() ? std::move(*same) : std::make_unique<Rule>(entry, context_));
  }
  rules_ = std::move(next);
}

void Steering::begin_scan() {
  const std::lock_guard lock(mutex_);
  for (const auto& rule : rules_) context_.alarms.clear(rule->alarm_id());
}

void Steering::look(std::uint64_t scan, const ScanFacts& facts) {
  const std::lock_guard lock(mutex_);
  for (const auto& rule : rules_) rule->look(scan, facts);
}

}  // namespace braggd
