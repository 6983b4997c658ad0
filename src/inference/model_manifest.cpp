#include "inference/model_manifest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "inference/anomaly_manifest.hpp"
#include "inference/manifest_section.hpp"

namespace braggd {

namespace {

constexpr std::string_view format_name = "braggd-model-1";
constexpr std::uint32_t min_patch_px = 5, max_patch_px = 31, max_batch = 4096;
constexpr std::size_t max_classes = 32, max_height_knots = 64;
constexpr std::array<std::pair<PatchInput, std::string_view>, 3> input_names{
    {{PatchInput::raw, "raw"},
     {PatchInput::min_max, "min_max"},
     {PatchInput::sqrt_and_mask, "sqrt_and_mask"}}};

std::vector<GoldenExample> parse_golden(const ManifestSection& root, const ModelManifest& manifest) {
  std::vector<GoldenExample> examples;
  const Json& list = root.array("golden", 1, max_golden);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const ManifestSection item(list[i], "golden[" + std::to_string(i) + "].");
    GoldenExample example;
    example.threshold = static_cast<float>(item.number("threshold", 0, 1e9));
    example.patch = item.numbers("patch", manifest.patch_pixels(), true);
    const std::vector<float> place = item.numbers("row_col_px", 2, false);
    const std::vector<float> errors = item.numbers("error_px", 2, true);
    example.position = {place[0], place[1], errors[0], errors[1]};
    examples.push_back(std::move(example));
  }
  return examples;
}

std::vector<ClassAccuracy> parse_accuracy(const ManifestSection& root, const char* key) {
  std::vector<ClassAccuracy> classes;
  if (!root.has(key)) return classes;
  for (const Json& json : root.array(key, 0, max_classes)) {
    const ManifestSection item(json, std::string(key) + "[].");
    classes.push_back({item.text("class"), item.whole("n_patches", 1, 1U << 31U),
                       item.number("mean_px", 0, 1e3), item.number("median_px", 0, 1e3),
                       item.number("p75_px", 0, 1e3), item.number("p95_px", 0, 1e3)});
  }
  return classes;
}

void parse_script(const ManifestSection& root, ModelManifest& manifest) {
  const ManifestSection script = root.section("script");
  manifest.script_bytes = script.whole("bytes", 1, max_script_bytes);
  manifest.script_sha256 = script.text("sha256");
  if (manifest.id != manifest.name + "@" + manifest.script_sha256.substr(0, 12)) {
    root.fail("id", "must be the name, '@' and the first 12 digits of script.sha256");
  }
}

ErrorByHeight parse_error_by_height(const ManifestSection& section) {
  const std::size_t n = section.array("log_height_knots", 1, max_height_knots).size();
  return {section.numbers("log_height_knots", n, false), section.numbers("slopes", n, false),
          static_cast<float>(section.number("offset", -20, 20))};
}

ErrorByNoise parse_errors_by_noise(const ManifestSection& section) {
  return {parse_error_by_height(section.section("of_whole")),
          parse_error_by_height(section.section("of_cut")),
          static_cast<float>(section.number("exponent", -2, 2))};
}

void parse_network(const ManifestSection& root, ModelManifest& manifest) {
  const ManifestSection input = root.section("input");
  manifest.patch_px = static_cast<std::uint32_t>(input.whole("patch_px", min_patch_px, max_patch_px));
  if (manifest.patch_px % 2 == 0) input.fail("patch_px", "must be odd");
  manifest.batch = static_cast<std::uint32_t>(input.whole("batch", 1, max_batch));
  const std::string kind = input.text("preparation");
  const auto* named = std::find_if(input_names.begin(), input_names.end(),
                                   [&](const auto& pair) { return pair.second == kind; });
  if (named == input_names.end()) input.fail("preparation", "must be raw, min_max or sqrt_and_mask");
  manifest.input = named->first;
  if (input.whole("channels", 1, 2) != manifest.channels()) {
    input.fail("channels",
               "disagrees with the preparation, which makes " + std::to_string(manifest.channels()));
  }
  const ManifestSection output = root.section("output");
  const std::string order = output.text("order");
  if (order != "row_col" && order != "col_row") output.fail("order", "must be row_col or col_row");
  manifest.col_first = order == "col_row";
  const std::string base = output.text("relative_to");
  if (base != "first_pixel" && base != "squared_centroid") {
    output.fail("relative_to", "must be first_pixel or squared_centroid");
  }
  manifest.residual = base == "squared_centroid";
  manifest.sigmas = output.flag("log_sigmas");
  manifest.scale_px = static_cast<float>(output.number("scale_px", 1e-6, 1e3));
  if (manifest.sigmas && output.has("errors_by_noise"))
    manifest.errors_by_noise = parse_errors_by_noise(output.section("errors_by_noise"));
}

Json json_of(const std::vector<ClassAccuracy>& classes) {
  Json list = Json::array();
  const auto rounded = [](double value) { return std::round(value * 1e5) / 1e5; };
  for (const ClassAccuracy& c : classes) {
    list.push_back({{"class", c.name},
                    {"n_patches", c.n_patches},
                    {"mean_px", rounded(c.mean_px)},
                    {"median_px", rounded(c.median_px)},
                    {"p75_px", rounded(c.p75_px)},
                    {"p95_px", rounded(c.p95_px)}});
  }
  return list;
}

Json json_of(const std::vector<GoldenExample>& examples) {
  Json list = Json::array();
  for (const GoldenExample& example : examples) {
    Json patch = Json::array();
    for (const float value : example.patch) patch.push_back(number_or_null(value));
    const PatchPosition& p = example.position;
    list.push_back({{"threshold", example.threshold},
                    {"patch", std::move(patch)},
                    {"row_col_px", {p.row, p.col}},
                    {"error_px", {number_or_null(p.row_error), number_or_null(p.col_error)}}});
  }
  return list;
}

Json json_of(const ErrorByHeight& errors) {
  return {{"log_height_knots", errors.knots}, {"slopes", errors.slopes}, {"offset", errors.offset}};
}

Json json_of_network(const ModelManifest& manifest) {
  const auto* input = std::find_if(input_names.begin(), input_names.end(),
                                   [&](const auto& pair) { return pair.first == manifest.input; });
  Json document{{"input",
                 {{"patch_px", manifest.patch_px},
                  {"channels", manifest.channels()},
                  {"preparation", input->second},
                  {"batch", manifest.batch}}},
                {"output",
                 {{"order", manifest.col_first ? "col_row" : "row_col"},
                  {"relative_to", manifest.residual ? "squared_centroid" : "first_pixel"},
                  {"scale_px", manifest.scale_px},
                  {"log_sigmas", manifest.sigmas}}},
                {"tolerance_px", manifest.tolerance_px},
                {"accuracy", json_of(manifest.accuracy)},
                {"accuracy_bfloat16", json_of(manifest.accuracy_bfloat16)},
                {"golden", json_of(manifest.golden)}};
  if (const auto& errors = manifest.errors_by_noise) {
    document["output"]["errors_by_noise"] = {{"of_whole", json_of(errors->of_whole)},
                                             {"of_cut", json_of(errors->of_cut)},
                                             {"exponent", errors->exponent}};
  }
  return document;
}

}  // namespace

ModelManifest parse_manifest(std::string_view json, const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& what) {
    return ConfigError(printable(path.string()) + ": " + what +
                       "; write the bundle anew with `braggd model train`, or take it from where it came");
  };
  try {
    // A parser callback bounds the depth: the manifest needs four levels.
    const auto shallow = [](int depth, Json::parse_event_t, Json&) {
      if (depth > 16) throw std::runtime_error("is nested too deeply");
      return true;
    };
    const Json document = Json::parse(json.begin(), json.end(), shallow);
    const ManifestSection root(document, "");
    if (root.text("format") != format_name) root.fail("format", "must be " + std::string(format_name));
    ModelManifest manifest;
    manifest.name = root.text("name");
    if (manifest.name.empty() || safe_file_name(manifest.name) != manifest.name) {
      root.fail("name", "must be made of letters, digits, '.', '_' and '-'");
    }
    manifest.id = root.text("id");
    manifest.task = root.text("task");
    manifest.architecture = root.text("architecture");
    parse_script(root, manifest);
    if (manifest.task == score_anomaly_task) {
      manifest.anomaly = parse_anomaly(root);
      manifest.patch_px = encoder_patch_px;
    } else if (manifest.task == locate_peaks_task) {
      parse_network(root, manifest);
      manifest.tolerance_px = static_cast<float>(root.number("tolerance_px", 0, 0.01));
      manifest.golden = parse_golden(root, manifest);
      manifest.accuracy = parse_accuracy(root, "accuracy");
      manifest.accuracy_bfloat16 = parse_accuracy(root, "accuracy_bfloat16");
    } else {
      root.fail("task",
                "must be " + std::string(locate_peaks_task) + " or " + std::string(score_anomaly_task));
    }
    manifest.training = root.at("training").dump(2, ' ', false, Json::error_handler_t::replace);
    return manifest;
  } catch (const Json::exception& error) {
    throw refuse(std::string("is not the JSON of a manifest (") + printable(error.what(), 200) + ")");
  } catch (const std::runtime_error& error) {
    throw refuse(error.what());
  }
}

std::string to_json(const ModelManifest& manifest) {
  Json document{{"format", format_name},
                {"id", manifest.id},
                {"name", manifest.name},
                {"task", manifest.task},
                {"architecture", manifest.architecture},
                {"script", {{"bytes", manifest.script_bytes}, {"sha256", manifest.script_sha256}}},
                {"training", Json::parse(manifest.training.empty() ? "{}" : manifest.training)}};
  document.update(manifest.anomaly ? json_of(*manifest.anomaly) : json_of_network(manifest));
  return document.dump(1) + "\n";
}

std::string null_distribution_text(const LearntBaseline& learnt) {
  std::array<char, 200> line{};
  std::snprintf(line.data(), line.size(),
                "REI of %u repeats: %.4f, standard deviation %.4f beyond counting, overdispersion %.2f, of "
                "clusters %.2f\n",
                learnt.n_repeats, learnt.rei_mean, learnt.rei_sd, learnt.overdispersion,
                learnt.jsd_overdispersion);
  return line.data();
}

std::string accuracy_text(const ModelManifest& manifest) {
  std::string text = "class         patches    mean  median    75 %    95 %   (px)\n";
  for (const ClassAccuracy& c : manifest.accuracy) {
    std::array<char, 160> line{};
    std::snprintf(line.data(), line.size(), "%-12s %8llu  %6.4f  %6.4f  %6.4f  %6.4f\n",
                  c.name.substr(0, 40).c_str(), static_cast<unsigned long long>(c.n_patches), c.mean_px,
                  c.median_px, c.p75_px, c.p95_px);
    text += line.data();
  }
  return text;
}

bool bfloat16_is_as_good(const ModelManifest& manifest) {
  const auto& exact = manifest.accuracy;
  const auto& rounded = manifest.accuracy_bfloat16;
  if (exact.empty() || exact.size() != rounded.size()) return false;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    if (exact[i].name != rounded[i].name || !(rounded[i].mean_px <= 1.01 * exact[i].mean_px)) return false;
  }
  return true;
}

}  // namespace braggd
