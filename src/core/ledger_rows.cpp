#include "core/ledger_rows.hpp"

namespace braggd {

std::vector<std::pair<std::string, std::uint64_t>> ledger_rows(const Ledger& ledger) {
  std::vector<std::pair<std::string, std::uint64_t>> rows{
      {"expected", ledger.expected}, {"received", ledger.received}, {"processed", ledger.processed},
      {"written", ledger.written},   {"missing", ledger.missing},   {"duplicate", ledger.duplicate},
      {"stale", ledger.stale},       {"early", ledger.early},       {"unreadable", ledger.unreadable},
  };
  for (std::size_t i = 0; i < ledger.dropped.size(); ++i) {
    const auto reason = static_cast<DropReason>(i);
    if (reason == DropReason::none || reason == DropReason::missing) continue;
    rows.emplace_back("dropped_" + std::string(name_of(reason)), ledger.dropped[i]);
  }
  return rows;
}

}  // namespace braggd
