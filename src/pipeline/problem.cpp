#include "pipeline/problem.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace braggd {

std::string Problem::to_string() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  if (!key.empty()) out += ": " + key;
  out += ": " + text;
  if (!suggestion.empty()) out += "; " + suggestion;
  return out;
}

namespace {

std::string lines_of(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) {
    if (!out.empty()) out += '\n';
    out += problem.to_string();
  }
  return out;
}

std::vector<Problem> in_reading_order(std::vector<Problem> problems) {
  std::ranges::stable_sort(problems, {}, [](const Problem& p) { return std::tuple(p.line, p.column); });
  return problems;
}

}  // namespace

ConfigProblems::ConfigProblems(std::vector<Problem> problems)
    : std::runtime_error(lines_of(in_reading_order(problems))),
      problems_(in_reading_order(std::move(problems))) {}

}  // namespace braggd
