#include "core/anomaly_text.hpp"

#include <array>
#include <cstdio>

namespace braggd {

std::string anomaly_text(const AnomalySummary& anomaly) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(),
                "REI %.4f +- %.4f of %llu patches, JSD %.4f, %.2f %% too big: ", anomaly.rei,
                anomaly.rei_error, static_cast<unsigned long long>(anomaly.n_patches), anomaly.jsd,
                100 * anomaly.too_big_share);
  std::string line = text.data() + std::string(name_of(anomaly.decision));
  if (anomaly.changed_frame != no_frame) line += " since frame " + std::to_string(anomaly.changed_frame);
  return line;
}

}  // namespace braggd
