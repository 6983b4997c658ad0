#include "sinks/anomaly_layout.hpp"

#include <span>
#include <string>
#include <vector>

#include "formats/hdf5_values.hpp"

namespace braggd {

namespace {

void write_sectors(const hdf5::Handle& anomaly, const std::vector<SectorScore>& sectors) {
  const auto group = hdf5::create_group(anomaly, "running", "NXdata");
  hdf5::set_attribute(group, "signal", "rei");
  hdf5::set_attribute(group, "axes", std::vector<std::string>{"omega_deg"});
  const auto column = [&]<class T>(const char* name, T value_of) {
    std::vector<std::invoke_result_t<T, const SectorScore&>> values;
    for (const SectorScore& sector : sectors) values.push_back(value_of(sector));
    using Value = typename decltype(values)::value_type;
    return hdf5::write_array<Value>(group, name, values);
  };
  const auto omega = column("omega_deg", [](const SectorScore& s) { return s.omega_deg; });
  hdf5::set_attribute(omega, "units", "deg");
  column("last_frame", [](const SectorScore& s) { return s.last_frame; });
  column("n_patches", [](const SectorScore& s) { return s.counts.n_patches; });
  column("n_low", [](const SectorScore& s) { return s.counts.n_low; });
  column("rei", [](const SectorScore& s) { return s.counts.rei(); });
  column("rei_error", [](const SectorScore& s) { return s.counts.rei_error(); });
  column("n_too_big", [](const SectorScore& s) { return s.counts.n_too_big; });
  column("rei_so_far", [](const SectorScore& s) { return s.running_rei; });
  column("rei_so_far_error", [](const SectorScore& s) { return s.running_rei_error; });
  column("sigmas_above_baseline", [](const SectorScore& s) { return s.sigmas_above_baseline; });
  column("jsd_so_far", [](const SectorScore& s) { return s.running_jsd; });
  column("jsd_sigmas_above_baseline", [](const SectorScore& s) { return s.jsd_sigmas_above_baseline; });
}

}  // namespace

void write_anomaly(const hdf5::Handle& entry, const AnomalyBaseline& baseline, const ScanScore& score) {
  const auto group = hdf5::create_group(entry, "anomaly", "NXdata");
  hdf5::set_attribute(group, "signal", "histogram");
  hdf5::set_attribute(group, "axes", std::vector<std::string>{"cluster"});
  hdf5::write_text(group, "model", baseline.model_id);
  hdf5::write_number(group, "threshold", baseline.threshold);
  hdf5::write_number(group, "n_clusters", static_cast<std::uint64_t>(baseline.histogram.size()));
  hdf5::write_number(group, "rei", score.counts.rei());
  hdf5::write_number(group, "rei_error", score.counts.rei_error());
  hdf5::write_number(group, "n_patches", score.counts.n_patches);
  hdf5::write_number(group, "n_low", score.counts.n_low);
  hdf5::write_number(group, "jsd", score.jsd);
  hdf5::write_number(group, "n_too_big", score.counts.n_too_big);
  hdf5::write_number(group, "too_big_share", score.counts.too_big_share());
  hdf5::write_number(group, "too_big_pixels", score.counts.too_big_pixels);
  hdf5::write_number(group, "baseline_rei_mean", baseline.rei_mean);
  hdf5::write_number(group, "baseline_rei_sd", baseline.rei_sd);
  const auto decision = hdf5::write_text(group, "decision", name_of(score.decision));
  if (score.changed_frame != no_frame) hdf5::set_attribute(decision, "since_frame", score.changed_frame);

  std::vector<std::uint16_t> cluster(baseline.histogram.size());
  for (std::size_t k = 0; k < cluster.size(); ++k) cluster[k] = static_cast<std::uint16_t>(k);
  hdf5::write_array<std::uint16_t>(group, "cluster", cluster);
  hdf5::write_array<double>(group, "histogram", score.counts.shares());
  hdf5::write_array<double>(group, "baseline_histogram", baseline.histogram);
  write_sectors(group, score.sectors);
}

}  // namespace braggd
