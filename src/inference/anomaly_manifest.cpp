#include "inference/anomaly_manifest.hpp"

#include <algorithm>
#include <numeric>

namespace braggd {

namespace {

constexpr std::uint32_t max_clusters = 1000, max_dimensions = 1024;
constexpr double largest_count = 1e15;

std::vector<double> parse_histogram(const ManifestSection& baseline, std::size_t n_clusters) {
  std::vector<double> shares = baseline.numbers<double>("histogram", n_clusters, false);
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (std::ranges::any_of(shares, [](double share) { return share < 0; }) || !(std::abs(sum - 1) < 1e-3)) {
    baseline.fail("histogram", "must hold shares that add up to 1");
  }
  return shares;
}

double parse_or_nan(const ManifestSection& section, const char* key, double high) {
  if (section.at(key).is_null()) return std::numeric_limits<double>::quiet_NaN();
  return section.number(key, 0, high);
}

}  // namespace

LearntBaseline parse_anomaly(const ManifestSection& root) {
  const ManifestSection input = root.section("input");
  input.whole("patch_px", encoder_patch_px, encoder_patch_px);
  const ManifestSection section = root.section("baseline");
  LearntBaseline learnt;
  learnt.n_clusters = static_cast<std::uint32_t>(section.whole("n_clusters", 1, max_clusters));
  learnt.n_dimensions = static_cast<std::uint32_t>(section.whole("n_dimensions", 1, max_dimensions));
  learnt.centroids =
      section.numbers("centroids", std::size_t{learnt.n_clusters} * learnt.n_dimensions, false);
  learnt.histogram = parse_histogram(section, learnt.n_clusters);
  learnt.n_patches = section.whole("n_patches", 1, static_cast<std::uint64_t>(largest_count));
  learnt.threshold = section.number("threshold", 1e-6, 1);
  const ManifestSection null = section.section("null_distribution");
  learnt.n_repeats = static_cast<std::uint32_t>(null.whole("n_scans", 0, 1'000'000));
  learnt.rei_mean = parse_or_nan(null, "rei_mean", 1);
  learnt.rei_sd = parse_or_nan(null, "rei_sd", 1);
  learnt.overdispersion = null.number("overdispersion", 1e-3, 1e6);
  if (null.has("jsd_overdispersion"))  // older models lack it
    learnt.jsd_overdispersion = parse_or_nan(null, "jsd_overdispersion", 1e6);
  const Json& list = root.array("golden", 1, max_golden);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const ManifestSection item(list[i], "golden[" + std::to_string(i) + "].");
    learnt.golden.push_back({item.numbers("patch", encoder_patch_px * encoder_patch_px, false),
                             item.numbers("embedding", learnt.n_dimensions, false)});
  }
  return learnt;
}

Json json_of(const LearntBaseline& baseline) {
  Json golden = Json::array();
  for (const GoldenEmbedding& example : baseline.golden) {
    golden.push_back({{"patch", example.patch}, {"embedding", example.embedding}});
  }
  return {{"input", {{"patch_px", encoder_patch_px}}},
          {"baseline",
           {{"n_patches", baseline.n_patches},
            {"n_clusters", baseline.n_clusters},
            {"n_dimensions", baseline.n_dimensions},
            {"threshold", baseline.threshold},
            {"null_distribution",
             {{"n_scans", baseline.n_repeats},
              {"rei_mean", number_or_null(baseline.rei_mean)},
              {"rei_sd", number_or_null(baseline.rei_sd)},
              {"overdispersion", baseline.overdispersion},
              {"jsd_overdispersion", number_or_null(baseline.jsd_overdispersion)}}},
            {"histogram", baseline.histogram},
            {"centroids", baseline.centroids}}},
          {"golden", std::move(golden)}};
}

}  // namespace braggd
