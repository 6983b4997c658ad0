#include "pipeline/wiring.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "core/text.hpp"

namespace braggd {

namespace {

constexpr std::string_view source_name = "source";

// The stages that lead from one product to another, shortest first: what a person forgot to write.
std::string missing_between(ProductType from, ProductType to) {
  std::map<ProductType, std::string> reached{{from, ""}};
  std::deque<ProductType> queue{from};
  while (!queue.empty() && !reached.contains(to)) {
    const ProductType here = queue.front();
    queue.pop_front();
    for (const StageEntry& entry : stage_registry()) {
      if (entry.input != here || reached.contains(entry.output)) continue;
      reached[entry.output] =
          reached[here] + (reached[here].empty() ? "" : ", then ") + std::string(entry.info.type);
      queue.push_back(entry.output);
    }
  }
  return reached.contains(to) && from != to ? "put " + reached[to] + " between them"
                                            : "change the order or `from:`";
}

class Wiring {
 public:
  Wiring(Plan& plan, std::vector<Problem>& problems) : plan_(plan), problems_(problems) {}

  void run() {
    const std::size_t before = problems_.size();
    collect_names();
    resolve_producers();
    if (problems_.size() != before || has_cycle()) return;
    for (std::size_t i = 0; i < plan_.config.stages.size(); ++i) place(i);
    place_sinks();
    report_unused();
    check_rules();
  }

 private:
  void add(const Entry& entry, std::string_view key, std::string text, std::string suggestion) {
    const Position at = entry.position_of(key);
    problems_.push_back({plan_.config.file.string(), at.line, at.column, entry.path_of(key), std::move(text),
                         std::move(suggestion)});
  }

  void collect_names() {
    names_[std::string(source_name)] = std::nullopt;
    for (const auto* list : {&plan_.config.stages, &plan_.config.sinks}) {
      for (const Entry& entry : *list) {
        const bool is_stage = list == &plan_.config.stages;
        const auto place = is_stage ? static_cast<std::size_t>(&entry - list->data()) : no_place;
        if (!names_.emplace(entry.name, place).second) {
          add(entry, "name", "the name '" + entry.name + "' is taken",
              "give each entry a name of its own with name:");
        }
      }
    }
  }

  void resolve_producers() {
    std::optional<std::size_t> above;
    for (std::size_t i = 0; i < plan_.config.stages.size(); ++i) {
      producers_.push_back(resolve(plan_.config.stages[i], above));
      above = i;
    }
    for (const Entry& sink : plan_.config.sinks) sink_producers_.push_back(resolve(sink, above));
  }

  // A stage's place in the file, or nothing for the source.
  std::optional<std::size_t> resolve(const Entry& entry, std::optional<std::size_t> above) {
    if (entry.from.empty()) return above;
    const auto found = names_.find(entry.from);
    if (found != names_.end() && found->second != no_place) return found->second;
    std::vector<std::string_view> candidates;
    for (const auto& [name, place] : names_) {
      if (place != no_place) candidates.push_back(name);
    }
    const auto guess = did_you_mean(entry.from, candidates);
    add(entry, "from",
        found == names_.end() ? "there is no stage named '" + entry.from + "'"
                              : "'" + entry.from + "' is a sink: it gives nothing",
        guess ? "did you mean '" + std::string(*guess) + "'?" : "name a stage, or source");
    return std::nullopt;
  }

  bool has_cycle() {
    for (std::size_t i = 0; i < producers_.size(); ++i) {
      std::size_t steps = 0;
      for (auto at = producers_[i]; at && steps <= producers_.size(); at = producers_[*at]) {
        if (*at == i) {
          add(plan_.config.stages[i], "from", "it takes its own product round a cycle",
              "let one stage of the cycle take another `from:`");
          return true;
        }
        ++steps;
      }
    }
    return false;
  }

  // Places a stage after its producer; again asked, it is there already.
  std::size_t place(std::size_t index) {
    if (const auto found = placed_.find(index); found != placed_.end()) return found->second;
    const Entry& entry = plan_.config.stages[index];
    const StageEntry* kind = find_stage(entry.type);
    std::optional<std::size_t> producer;
    if (producers_[index]) producer = place(*producers_[index]);
    producer = connect(entry, producer, kind->input);
    plan_.stages.push_back({entry.name, kind, entry.settings, producer, false});
    return placed_[index] = plan_.stages.size() - 1;
  }

  // Checks that the producer gives `wanted`; encoded frames are decoded on the way.
  std::optional<std::size_t> connect(const Entry& entry, std::optional<std::size_t> producer,
                                     ProductType wanted) {
    const ProductType given = producer ? plan_.stages[*producer].entry->output : ProductType::frame;
    if (given == wanted) return producer;
    if (given == ProductType::frame && wanted == ProductType::dense_frame) {
      plan_.stages.push_back({"decode", find_stage("decode"), {}, producer, true});
      return plan_.stages.size() - 1;
    }
    const std::string producer_name = producer ? plan_.stages[*producer].name : std::string(source_name);
    add(entry, "from",
        "it takes a " + std::string(name_of(wanted)) + ", but " + producer_name + " gives a " +
            std::string(name_of(given)),
        missing_between(given == ProductType::frame ? ProductType::dense_frame : given, wanted));
    return producer;
  }

  void place_sinks() {
    for (std::size_t i = 0; i < plan_.config.sinks.size(); ++i) {
      const Entry& entry = plan_.config.sinks[i];
      const SinkEntry* kind = find_sink(entry.type);
      std::optional<std::size_t> producer;
      if (sink_producers_[i]) producer = placed_.at(*sink_producers_[i]);
      if (kind->input) producer = connect(entry, producer, *kind->input);
      plan_.sinks.push_back({entry.name, kind, entry.settings, producer});
    }
  }

  void report_unused() {
    std::vector<bool> used(plan_.config.stages.size(), false);
    for (const auto* list : {&producers_, &sink_producers_}) {
      for (const auto& producer : *list) {
        if (producer) used[*producer] = true;
      }
    }
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (used[i]) continue;
      add(plan_.config.stages[i], "", "nothing takes its product",
          "remove it, or let a stage or sink say from: " + plan_.config.stages[i].name);
    }
  }

  void check_rules() {
    const auto& sinks = plan_.config.sinks;
    const bool keeps_patches = std::ranges::find(sinks, "rei_patches", &Entry::type) != sinks.end();
    for (const Entry& rule : plan_.config.rules) {
      if (rule.type != "retrain") continue;
      if (!keeps_patches) {
        add(rule, "", "nothing writes the patches that it learns from",
            "add {type: rei_patches} to the sinks");
      }
      const auto& name = std::get<std::string>(rule.settings.at("model"));
      const bool used = std::ranges::any_of(plan_.config.stages, [&](const Entry& stage) {
        return std::ranges::any_of(stage.stored_models,
                                   [&](const auto& model) { return model.second == name; });
      });
      if (!used) {
        add(rule, "model", "no stage has the model that it teaches",
            "let score_anomaly have model: store:" + name);
      }
    }
  }

  static constexpr std::optional<std::size_t> no_place{~std::size_t{0}};  // a sink's

  Plan& plan_;
  std::vector<Problem>& problems_;
  std::map<std::string, std::optional<std::size_t>, std::less<>> names_;
  std::vector<std::optional<std::size_t>> producers_, sink_producers_;
  std::map<std::size_t, std::size_t> placed_;
};

}  // namespace

void wire_stages(Plan& plan, std::vector<Problem>& problems) {
  Wiring(plan, problems).run();
}

}  // namespace braggd
