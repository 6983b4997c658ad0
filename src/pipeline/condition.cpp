#include "pipeline/condition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <braggd/error.hpp>

#include "core/text.hpp"

namespace braggd {

namespace {

constexpr std::array<std::string_view, 4> statuses{"complete", "incomplete", "aborted", "failed"};
constexpr std::array<std::string_view, 3> decisions{"undecided", "normal", "changed"};
constexpr std::array<std::string_view, 2> phases{"running", "ended"};

constexpr std::array facts{
    FactInfo{"phase", "where the scan is", false, phases},
    FactInfo{"scan_id", "the scan's name", false, {}},
    FactInfo{"exit_status", "how it ended; nothing while it runs", false, statuses},
    FactInfo{"expected", "frames that were announced; 0: not announced", true, {}},
    FactInfo{"received", "frames that arrived", true, {}},
    FactInfo{"finished", "frames that are through", true, {}},
    FactInfo{"missing", "frames that never came; known when it has ended", true, {}},
    FactInfo{"dropped", "frames that were dropped", true, {}},
    FactInfo{"duplicate", "messages with a frame that was there already", true, {}},
    FactInfo{"peaks", "peaks so far", true, {}},
    FactInfo{"peaks_per_frame", "the same over the frames that are through", true, {}},
    FactInfo{"flagged.touches_edge", "share of the peaks that are cut by the frame's edge", true, {}},
    FactInfo{"flagged.touches_mask", "share of the peaks beside pixels without a value", true, {}},
    FactInfo{"flagged.saturated", "share of the peaks with a saturated pixel", true, {}},
    FactInfo{"flagged.several_maxima", "share of the peaks whose component has several maxima", true, {}},
    FactInfo{"flagged.outside_patch", "share of the peaks that a fit or a network placed outside", true, {}},
    FactInfo{"flagged.not_located", "share of the peaks without a position", true, {}},
    FactInfo{"seconds", "since it began", true, {}},
    FactInfo{"file", "the result's file; known when it has ended", false, {}},
    FactInfo{"patches_file", "the file of the sink rei_patches; known when it has ended", false, {}},
    FactInfo{"anomaly.decision", "whether the sample has changed", false, decisions},
    FactInfo{"anomaly.model", "the model that says so", false, {}},
    FactInfo{"anomaly.rei", "the rare event indicator so far", true, {}},
    FactInfo{"anomaly.too_big_share", "of components that are too big for a patch", true, {}},
    FactInfo{"anomaly.changed_frame", "at which a change became significant", true, {}},
};

constexpr std::array<std::string_view, 6> comparisons{"==", "!=", "<", "<=", ">", ">="};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

const FactInfo& find_fact(std::string_view name) {
  const auto found = std::ranges::find(facts, name, &FactInfo::name);
  if (found != facts.end()) return *found;
  std::vector<std::string_view> names;
  for (const FactInfo& fact : facts) names.push_back(fact.name);
  const auto guess = did_you_mean(name, names);
  throw ConfigError("nothing is called '" + printable(name, 64) + "'; " +
                        (guess ? "did you mean '" + std::string(*guess) + "'?" : "there are " + join(names)),
                    "when");
}

double number_of(std::string_view text, const FactInfo& fact) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(number)) return number;
  throw ConfigError(std::string(fact.name) + " is a number, '" + printable(text, 64) + "' is none", "when");
}

std::string word_of(std::string_view text, const FactInfo& fact) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  if (!fact.words.empty() && std::ranges::find(fact.words, text) == fact.words.end()) {
    throw ConfigError(
        std::string(fact.name) + " is never '" + printable(text, 64) + "'; it is one of " + join(fact.words),
        "when");
  }
  return std::string(text);
}

}  // namespace

std::span<const FactInfo> known_facts() {
  return facts;
}

Condition::Condition(std::string_view text) {
  if (text.size() > 1000) throw ConfigError("a condition has 1000 characters at most", "when");
  constexpr std::string_view joint = " and ";
  while (true) {
    const auto at = text.find(joint);
    terms_.push_back(parse_term(trimmed(text.substr(0, at))));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + joint.size());
  }
}

Condition::Term Condition::parse_term(std::string_view text) {
  const auto at = text.find_first_of("=!<>");
  if (at == std::string_view::npos || at == 0) {
    throw ConfigError("\"" + printable(text, 64) + "\" is no comparison; write, for example, dropped > 0",
                      "when");
  }
  const bool two = at + 1 < text.size() && text[at + 1] == '=';
  const auto found = std::ranges::find(comparisons, text.substr(at, two ? 2 : 1));
  if (found == comparisons.end()) {
    throw ConfigError("\"" + printable(text, 64) + "\" compares with none of " + join(comparisons), "when");
  }
  Term term;
  term.comparison = static_cast<Comparison>(found - comparisons.begin());
  term.fact = &find_fact(trimmed(text.substr(0, at)));
  const std::string_view value = trimmed(text.substr(at + found->size()));
  if (term.fact->is_number) {
    term.value = number_of(value, *term.fact);
  } else if (term.comparison != Comparison::equal && term.comparison != Comparison::not_equal) {
    throw ConfigError(std::string(term.fact->name) + " is a word: it is compared with == or !=", "when");
  } else {
    term.value = word_of(value, *term.fact);
  }
  return term;
}

bool Condition::holds(const Term& term, const FactValue& value) {
  if (const auto* word = std::get_if<std::string>(&value)) {
    const auto* wanted = std::get_if<std::string>(&term.value);
    return wanted != nullptr && !word->empty() &&
           (*word == *wanted) == (term.comparison == Comparison::equal);
  }
  const auto* wanted = std::get_if<double>(&term.value);
  const double number = std::get<double>(value);
  if (wanted == nullptr || std::isnan(number)) return false;
  switch (term.comparison) {
    case Comparison::equal:
      return number == *wanted;
    case Comparison::not_equal:
      return number != *wanted;
    case Comparison::less:
      return number < *wanted;
    case Comparison::at_most:
      return number <= *wanted;
    case Comparison::greater:
      return number > *wanted;
    case Comparison::at_least:
      return number >= *wanted;
  }
  return false;
}

bool Condition::holds(const std::function<FactValue(std::string_view)>& fact) const {
  return std::ranges::all_of(terms_, [&](const Term& term) { return holds(term, fact(term.fact->name)); });
}

}  // namespace braggd
