#include "sinks/stream2_sender_faults.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <spdlog/fmt/fmt.h>
#include <string>
#include <variant>
#include <vector>

#include <braggd/error.hpp>

#include "core/text.hpp"

namespace braggd {

namespace {

using Target = std::variant<std::uint64_t StreamFaults::*, double StreamFaults::*, bool StreamFaults::*>;

struct FaultKind {
  std::string_view name;
  Target target;
};

constexpr std::array<FaultKind, 10> fault_kinds{{
    {"drop", &StreamFaults::drop},
    {"duplicate", &StreamFaults::duplicate},
    {"swap", &StreamFaults::swap},
    {"truncate", &StreamFaults::truncate},
    {"corrupt", &StreamFaults::corrupt},
    {"wrong_shape", &StreamFaults::wrong_shape},
    {"stall", &StreamFaults::stall_s},
    {"missing_start", &StreamFaults::missing_start},
    {"missing_end", &StreamFaults::missing_end},
    {"second_scan", &StreamFaults::second_scan},
}};
constexpr double longest_stall_s = 3600;

ConfigError wrong(const std::string& what) {
  return ConfigError(what, "faults");
}

template <class T>
T read_number(std::string_view name, std::string_view text, const char* kind) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw wrong(fmt::format("{} needs {}, as in {}=1, and not \"{}\"", name, kind, name, text));
  }
  return value;
}

struct Setting {
  std::string_view name;
  std::string_view text;
  bool has_text;
  StreamFaults& faults;

  void operator()(std::uint64_t StreamFaults::*count) const {
    faults.*count = read_number<std::uint64_t>(name, text, "a number of frames");
  }
  void operator()(double StreamFaults::*seconds) const {
    faults.*seconds = read_number<double>(name, text, "seconds");
    if (!(faults.*seconds >= 0 && faults.*seconds <= longest_stall_s)) {
      throw wrong(fmt::format("{} is at most {} seconds", name, longest_stall_s));
    }
  }
  void operator()(bool StreamFaults::*flag) const {
    if (has_text) throw wrong(fmt::format("{} takes no value", name));
    faults.*flag = true;
  }
};

const FaultKind& find_kind(std::string_view name) {
  const auto found = std::ranges::find(fault_kinds, name, &FaultKind::name);
  if (found != fault_kinds.end()) return *found;
  std::vector<std::string_view> names;
  for (const auto& kind : fault_kinds) names.push_back(kind.name);
  const auto near = did_you_mean(name, names);
  throw wrong(fmt::format("unknown fault \"{}\"; {}{}", printable(name, 64),
                          near ? fmt::format("did you mean {}? ", *near) : "", fmt::join(names, ", ")));
}

}  // namespace

StreamFaults parse_faults(std::string_view spec) {
  StreamFaults faults;
  while (!spec.empty()) {
    const std::size_t comma = std::min(spec.find(','), spec.size());
    const std::string_view entry = spec.substr(0, comma);
    spec.remove_prefix(std::min(comma + 1, spec.size()));
    if (entry.empty()) continue;
    const std::size_t equals = std::min(entry.find('='), entry.size());
    const std::string_view text = entry.substr(std::min(equals + 1, entry.size()));
    const std::string_view name = entry.substr(0, equals);
    std::visit(Setting{name, text, equals < entry.size(), faults}, find_kind(name).target);
  }
  if (faults.missing_start && faults.second_scan) {
    throw wrong(
        "missing_start and second_scan exclude each other: it is the second start that ends the first scan");
  }
  return faults;
}

}  // namespace braggd
