#include "pipeline/explain.hpp"

#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "pipeline/reference.hpp"

namespace braggd {

namespace {

std::string producer_name(const Plan& plan, std::optional<std::size_t> producer) {
  return producer ? plan.stages[*producer].name : "source";
}

std::string settings_text(const Settings& settings) {
  std::string text;
  for (const auto& [key, value] : settings)
    text += (text.empty() ? "" : ", ") + key + ": " + format_value(value);
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string concurrency(const PlanTask& task) {
  return task.parallel ? "any number of frames at once" : "one frame at a time, in frame order";
}

std::string output_type(const Plan& plan, const PlanTask& task) {
  return std::string(name_of(plan.stages[task.steps.back().covers.back()].entry->output));
}

std::string task_name(std::optional<std::size_t> task) {
  return task ? "task " + std::to_string(*task + 1) : "source";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string explain_text(const Plan& plan) {
  std::ostringstream out;
  out << "Stages as written\n";
  out << "  " << padded("source", 18) << padded("", 16) << " -> " << padded("Frame", 14)
      << plan.source->info.type << '\n';
  for (const LogicalStage& stage : plan.stages) {
    out << "  " << padded(stage.name, 18) << padded(std::string(name_of(stage.entry->input)), 16) << " -> "
        << padded(std::string(name_of(stage.entry->output)), 14)
        << (stage.implied ? "(implied)" : settings_text(stage.settings)) << "  from "
        << producer_name(plan, stage.producer) << '\n';
  }
  for (const LogicalSink& sink : plan.sinks) {
    out << "  " << padded(sink.name, 18)
        << padded(sink.entry->input ? std::string(name_of(*sink.entry->input)) : "any", 16) << padded("", 18)
        << settings_text(sink.settings) << "  from " << producer_name(plan, sink.producer) << '\n';
  }
  out << "\nPlan as run\n";
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const PlanTask& task = plan.tasks[i];
    out << "  task " << i + 1 << ": " << concurrency(task) << ", from " << task_name(task.producer) << '\n';
    for (const PlanStep& step : task.steps) {
      out << "    " << step.label << (step.fused() ? "   [fused: one kernel, no dense frame]" : "") << '\n';
    }
  }
  for (const LogicalSink& sink : plan.sinks) {
    out << "  sink " << sink.name << ": one frame at a time, from " << task_name(plan.task_of(sink.producer))
        << '\n';
  }
  return out.str();
}

std::string explain_dot(const Plan& plan) {
  std::ostringstream out;
  out << "digraph braggd {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  out << "  source [shape=cds, label=" << quoted(plan.source->info.type) << "];\n";
  const auto node = [](std::optional<std::size_t> task) {
    return task ? "task" + std::to_string(*task) : "source";
  };
  const auto edge_label = [&](std::optional<std::size_t> task) {
    return task ? output_type(plan, plan.tasks[*task]) : std::string("Frame");
  };
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const PlanTask& task = plan.tasks[i];
    std::string label;
    for (const PlanStep& step : task.steps) label += step.label + (step.fused() ? " (fused)" : "") + "\\l";
    out << "  task" << i << " [label=\"" << label << "\"" << (task.parallel ? "" : ", style=bold") << "];\n";
    out << "  " << node(task.producer) << " -> task" << i << " [label=" << quoted(edge_label(task.producer))
        << "];\n";
  }
  for (const LogicalSink& sink : plan.sinks) {
    const auto task = plan.task_of(sink.producer);
    out << "  " << quoted("sink " + sink.name) << " [shape=cylinder, label=" << quoted(sink.name) << "];\n";
    out << "  " << node(task) << " -> " << quoted("sink " + sink.name)
        << " [label=" << quoted(edge_label(task)) << "];\n";
  }
  out << "}\n";
  return out.str();
}

std::string explain_json(const Plan& plan) {
  using nlohmann::ordered_json;
  ordered_json root{{"source", plan.source->info.type},
                    {"stages", ordered_json::array()},
                    {"tasks", ordered_json::array()},
                    {"sinks", ordered_json::array()}};
  for (const LogicalStage& stage : plan.stages) {
    root["stages"].push_back({{"name", stage.name},
                              {"type", stage.entry->info.type},
                              {"input", name_of(stage.entry->input)},
                              {"output", name_of(stage.entry->output)},
                              {"from", producer_name(plan, stage.producer)},
                              {"implied", stage.implied}});
  }
  for (const PlanTask& task : plan.tasks) {
    ordered_json steps = ordered_json::array();
    for (const PlanStep& step : task.steps) steps.push_back({{"label", step.label}, {"fused", step.fused()}});
    root["tasks"].push_back(
        {{"steps", steps}, {"parallel", task.parallel}, {"from", task_name(task.producer)}});
  }
  for (const LogicalSink& sink : plan.sinks) {
    root["sinks"].push_back({{"name", sink.name},
                             {"type", sink.entry->info.type},
                             {"from", task_name(plan.task_of(sink.producer))}});
  }
  return root.dump(2) + "\n";
}

}  // namespace braggd
