#include "formats/result_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "formats/hdf5_values.hpp"
#include "formats/rehearsal.hpp"

namespace braggd {

using hdf5::call;
using hdf5::own;

namespace {

constexpr std::uint64_t piece_rows = 1 << 16;
constexpr std::size_t max_links = 10000;

// A 1-D column, read a piece at a time whatever length it claims.
class ColumnReader {
 public:
  ColumnReader(const hdf5::Handle& file, const std::string& path) : dataset_(hdf5::open_object(file, path)) {
    const auto extent = hdf5::extent_of(dataset_);
    if (extent.size() != 1) throw InputError(path + " is not a column");
    rows_ = extent[0];
    // gzip makes nothing smaller than by a factor of 1032, so a column that claims more was never written by
    // us.
    const hdf5::Guard guard;
    if (rows_ / 2048 > H5Dget_storage_size(dataset_.id()))
      throw InputError(path + " claims more rows than it holds");
  }

  std::uint64_t rows() const { return rows_; }

  std::vector<double> read(std::uint64_t first, std::uint64_t count) const {
    std::vector<double> values(count);
    const hsize_t start = first, size = count;
    const auto file_space = own("dataspace", [&] { return H5Dget_space(dataset_.id()); });
    const auto memory_space = own("dataspace", [&] { return H5Screate_simple(1, &size, nullptr); });
    call("selection", [&] {
      return H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, &start, nullptr, &size, nullptr);
    });
    call("cannot read a column", [&] {
      return H5Dread(dataset_.id(), H5T_NATIVE_DOUBLE, memory_space.id(), file_space.id(), H5P_DEFAULT,
                     values.data());
    });
    return values;
  }

  double at(std::uint64_t row) const { return read(row, 1)[0]; }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::uint64_t first = 0; first < rows_; first += piece_rows) {
      const auto piece = read(first, std::min(piece_rows, rows_ - first));
      for (std::size_t i = 0; i < piece.size(); ++i) visit(first + i, piece[i]);
    }
  }

 private:
  hdf5::Handle dataset_;
  std::uint64_t rows_ = 0;
};

std::string text_at(const hdf5::Handle& file, const std::string& path) {
  return printable(hdf5::read_text(file, path).value_or(""));
}

std::vector<std::string> names_in(const hdf5::Handle& file, const std::string& path) {
  if (!hdf5::exists(file, path)) return {};
  return hdf5::link_names(hdf5::open_object(file, path), max_links);
}

std::string parameter_text(const hdf5::Handle& file, const std::string& path) {
  if (const auto text = hdf5::read_text(file, path)) return printable(*text);
  const auto number = hdf5::read_number(file, path);
  if (!number) return "...";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.15g", *number);
  return text.data();
}

void take_frames(const hdf5::Handle& file, ResultSummary& summary) {
  const ColumnReader status(file, "/entry/frames/status"), omega(file, "/entry/frames/omega_deg");
  summary.frames = status.rows();
  status.for_each([&](std::uint64_t, double bits) { summary.frames_with_status += bits != 0 ? 1 : 0; });
  if (omega.rows() == 0) return;
  const double first = omega.at(0), last = omega.at(omega.rows() - 1);
  if (std::isfinite(first) && std::isfinite(last)) summary.omega_range_deg = {first, last};
}

void take_peaks(const hdf5::Handle& file, std::size_t n_brightest, ResultSummary& summary) {
  const ColumnReader sums(file, "/entry/peaks/sum_intensity");
  summary.peaks = sums.rows();
  std::vector<std::pair<double, std::uint64_t>> best;  // brightest first, the earlier of equals first
  const auto brighter = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  };
  sums.for_each([&](std::uint64_t row, double sum) {
    if (!std::isfinite(sum) || n_brightest == 0) return;
    if (best.size() == n_brightest && sum <= best.back().first) return;
    const std::pair candidate{sum, row};
    best.insert(std::ranges::upper_bound(best, candidate, brighter), candidate);
    if (best.size() > n_brightest) best.pop_back();
  });
  if (best.empty()) return;
  const auto column = [&](const char* name) {
    ColumnReader reader(file, std::string("/entry/peaks/") + name);
    if (reader.rows() != summary.peaks) throw InputError("its columns of peaks differ in length");
    return reader;
  };
  const ColumnReader frame = column("frame"), omega = column("omega_deg"), row = column("row"),
                     col = column("col"), n_pixels = column("n_pixels");
  for (const auto& [sum, at] : best) {
    summary.brightest.push_back({static_cast<std::uint64_t>(std::max(0.0, frame.at(at))), omega.at(at),
                                 row.at(at), col.at(at), sum,
                                 static_cast<std::uint64_t>(std::max(0.0, n_pixels.at(at)))});
  }
}

void take_anomaly(const hdf5::Handle& file, ResultSummary& summary) {
  const std::string group = "/entry/anomaly/";
  if (!hdf5::exists(file, group + "decision")) return;
  AnomalySummary& anomaly = summary.anomaly.emplace();
  anomaly.model_id = text_at(file, group + "model");
  const auto number = [&](const char* name) {
    return hdf5::read_number(file, group + name).value_or(std::numeric_limits<double>::quiet_NaN());
  };
  anomaly.n_patches = hdf5::read_count(file, group + "n_patches").value_or(0);
  anomaly.n_low = hdf5::read_count(file, group + "n_low").value_or(0);
  anomaly.rei = number("rei");
  anomaly.rei_error = number("rei_error");
  anomaly.jsd = number("jsd");
  anomaly.too_big_share = number("too_big_share");
  const std::string decision = text_at(file, group + "decision");
  for (const auto known : {AnomalyDecision::normal, AnomalyDecision::changed}) {
    if (decision == name_of(known)) anomaly.decision = known;
  }
  const auto since = hdf5::read_attribute_number(file, group + "decision", "since_frame");
  if (since && *since >= 0 && *since < 1e15) anomaly.changed_frame = static_cast<std::uint64_t>(*since);
}

void take_processes(const hdf5::Handle& file, ResultSummary& summary) {
  for (const std::string& name : names_in(file, "/entry")) {
    if (!name.starts_with("process_")) continue;
    const std::string path = "/entry/" + name;
    ResultSummary::Process process{
        text_at(file, path + "/name"), text_at(file, path + "/type"), text_at(file, path + "/version"), {}};
    for (const std::string& key : names_in(file, path + "/parameters")) {
      process.parameters.emplace_back(printable(key, 256), parameter_text(file, path + "/parameters/" + key));
    }
    summary.processes.push_back(std::move(process));
  }
}

ResultSummary read_summary(const hdf5::Handle& file, std::size_t n_brightest) {
  ResultSummary summary;
  summary.creator = printable(hdf5::read_attribute_text(file, "/", "creator").value_or(""));
  summary.scan_id = text_at(file, "/entry/scan_id");
  summary.exit_status = text_at(file, "/entry/exit_status");
  summary.reason = printable(hdf5::read_attribute_text(file, "/entry/exit_status", "reason").value_or(""));
  summary.start_time = text_at(file, "/entry/start_time");
  summary.end_time = text_at(file, "/entry/end_time");
  for (const std::string& name : names_in(file, "/entry/ledger")) {
    if (const auto count = hdf5::read_count(file, "/entry/ledger/" + name))
      summary.ledger[printable(name)] = *count;
  }
  take_frames(file, summary);
  take_peaks(file, n_brightest, summary);
  if (hdf5::exists(file, "/entry/pixels/row"))
    summary.kept_pixels = ColumnReader(file, "/entry/pixels/row").rows();
  take_anomaly(file, summary);
  take_processes(file, summary);
  summary.configuration = hdf5::read_text(file, "/entry/configuration/data", 1 << 24).value_or("");
  return summary;
}

std::optional<ResultSummary> read_if_ours(const std::filesystem::path& path, std::size_t n_brightest) {
  try {
    const auto file = hdf5::open_file(path);
    const auto creator = hdf5::read_attribute_text(file, "/", "creator");
    if (!creator || !creator->starts_with("braggd ") || !hdf5::exists(file, "/entry/peaks"))
      return std::nullopt;
    try {
      return read_summary(file, n_brightest);
    } catch (const hdf5::Error& error) {
      throw InputError(path.string() + ": " + error.what());
    } catch (const InputError& error) {
      throw InputError(path.string() + ": " + error.what());
    }
  } catch (const hdf5::Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<ResultSummary> read_result_summary(const std::filesystem::path& path, std::size_t n_brightest) {
  rehearse(rehearse_result, path);
  return read_if_ours(path, n_brightest);
}

}  // namespace braggd
