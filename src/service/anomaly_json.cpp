#include "service/anomaly_json.hpp"

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

}  // namespace braggd
