#include "service/anomaly_json.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace braggd {

using nlohmann::ordered_json;

ordered_json to_json(const AnomalySummary& anomaly) {
  const auto or_null = [](double value) { return std::isnan(value) ? ordered_json() : ordered_json(value); };
  ordered_json json{{"model", printable(anomaly.model_id)},
                    {"n_patches", anomaly.n_patches},
                    {"n_low", anomaly.n_low},
                    {"rei", or_null(anomaly.rei)},
                    {"rei_error", or_null(anomaly.rei_error)},
                    {"jsd", or_null(anomaly.jsd)},
                    {"too_big_share", or_null(anomaly.too_big_share)},
                    {"decision", name_of(anomaly.decision)}};
  if (anomaly.changed_frame != no_frame) json["changed_frame"] = anomaly.changed_frame;
  return json;
}

ordered_json to_json(const AnomalySummary& anomaly, const AnomalyBaseline* baseline) {
  ordered_json json = to_json(anomaly);
  const auto or_null = [](double value) { return std::isnan(value) ? ordered_json() : ordered_json(value); };
  if (baseline == nullptr) return json;
  json["baseline_rei"] = or_null(baseline->rei_mean);
  // What a scan of as many patches that has not changed stays below, and above.
  const double n = static_cast<double>(std::max<std::uint64_t>(1, anomaly.n_patches));
  const double p = (n * baseline->rei_mean + 1) / (n + 2);
  const double sigma =
      std::sqrt(baseline->rei_sd * baseline->rei_sd + baseline->overdispersion * p * (1 - p) / n);
  json["baseline_low"] = or_null(std::max(0.0, baseline->rei_mean - baseline->changed_sigma * sigma));
  json["baseline_high"] = or_null(baseline->rei_mean + baseline->changed_sigma * sigma);
  return json;
}

}  // namespace braggd
