// `when:` of a rule: comparisons of what is known of a scan, joined by `and`.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <braggd/peak.hpp>

namespace braggd {

/// A fact's value: a number or a word. NaN: not known, so that no comparison holds.
using FactValue = std::variant<double, std::string>;

/// What a condition may ask for.
struct FactInfo {
  std::string_view name;
  std::string_view doc;
  bool is_number;
  std::span<const std::string_view> words;  ///< the words that it can be; empty: any
};

std::span<const FactInfo> known_facts();

/// The facts that are shares of peaks with a flag.
inline constexpr std::array<std::pair<std::string_view, PeakFlag>, 6> flag_facts{{
    {"flagged.touches_edge", touches_edge},
    {"flagged.touches_mask", touches_mask},
    {"flagged.saturated", saturated},
    {"flagged.several_maxima", several_maxima},
    {"flagged.outside_patch", outside_patch},
    {"flagged.not_located", not_located},
}};

/// "anomaly.decision == changed and dropped > 0", checked.
class Condition {
 public:
  /// Throws ConfigError for an unknown fact (with a guess), a comparison that it does not have, a word that it cannot be.
  explicit Condition(std::string_view text);
  bool holds(const std::function<FactValue(std::string_view)>& fact) const;

 private:
  enum class Comparison : std::uint8_t { equal, not_equal, less, at_most, greater, at_least };
  struct Term {
    const FactInfo* fact = nullptr;
    Comparison comparison = Comparison::equal;
    FactValue value;
  };
  static Term parse_term(std::string_view text);
  static bool holds(const Term& term, const FactValue& value);
  std::vector<Term> terms_;
};

}  // namespace braggd
