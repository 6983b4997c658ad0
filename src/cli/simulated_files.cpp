#include "cli/simulated_files.hpp"

#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>

#include <braggd/error.hpp>

#include "cli/unfinished_files.hpp"
#include "core/text.hpp"
#include "formats/scan_writer.hpp"
#include "formats/side_file.hpp"
#include "service/progress_display.hpp"
#include "simulation/simulated_scan.hpp"

namespace braggd {

namespace {

constexpr std::uint64_t dark_frames = 10;

// The name under which a file is written until it is whole.
std::filesystem::path unfinished(std::filesystem::path path) {
  return path += ".part";
}

std::filesystem::path beside(const std::filesystem::path& scan, const char* what) {
  return scan.parent_path() / (scan.stem().string() + "_" + what + ".h5");
}

void write_frames(ScanReader& reader, Encoding encoding, const std::filesystem::path& path,
                  UnfinishedFiles& mine, const std::function<void()>& on_frame) {
  ScanHeader header = *reader.header();
  header.scan_id = path.stem().string();
  ScanWriter writer(path, header, encoding);
  mine.add(unfinished(path));
  for (std::uint64_t i = 0; i < header.expected_frames; ++i) {
    auto frame = reader.read(i);
    if (!frame) throw InputError("frame " + std::to_string(i) + ": " + frame.error().detail);
    writer.append(frame.value());
    on_frame();
  }
  writer.close();
  mine.add(path);
}

struct TruthColumn {
  const char* name;
  const char* units;
  double (*value)(const TruthRow&);
};

constexpr TruthColumn truth_columns[] = {
    {"frame", "", [](const TruthRow& t) { return static_cast<double>(t.frame); }},
    {"spot", "", [](const TruthRow& t) { return static_cast<double>(t.spot); }},
    {"subspot", "", [](const TruthRow& t) { return static_cast<double>(t.subspot); }},
    {"grain", "", [](const TruthRow& t) { return static_cast<double>(t.grain); }},
    {"h", "", [](const TruthRow& t) { return static_cast<double>(t.hkl.h); }},
    {"k", "", [](const TruthRow& t) { return static_cast<double>(t.hkl.k); }},
    {"l", "", [](const TruthRow& t) { return static_cast<double>(t.hkl.l); }},
    {"row", "px", [](const TruthRow& t) { return t.row; }},
    {"col", "px", [](const TruthRow& t) { return t.col; }},
    {"intensity", "counts", [](const TruthRow& t) { return t.intensity; }},
    {"peak", "counts", [](const TruthRow& t) { return t.peak; }},
    {"sigma_radial", "px", [](const TruthRow& t) { return t.sigma_radial_px; }},
    {"sigma_azimuthal", "px", [](const TruthRow& t) { return t.sigma_azimuthal_px; }},
    {"sigma_row", "px", [](const TruthRow& t) { return t.sigma_row_px; }},
    {"sigma_col", "px", [](const TruthRow& t) { return t.sigma_col_px; }},
    {"omega", "deg", [](const TruthRow& t) { return t.omega_deg; }},
    {"two_theta", "deg", [](const TruthRow& t) { return t.two_theta_deg; }},
    {"eta", "deg", [](const TruthRow& t) { return t.eta_deg; }},
};

std::uint64_t write_truth(const SimulatedScan& scan, const std::filesystem::path& path,
                          UnfinishedFiles& mine) {
  const std::vector<TruthRow> rows = scan.truth_table();
  std::vector<TableColumn> columns;
  for (const TruthColumn& column : truth_columns) {
    TableColumn& table = columns.emplace_back(TableColumn{column.name, column.units, {}});
    table.values.reserve(rows.size());
    for (const TruthRow& row : rows) table.values.push_back(column.value(row));
  }
  SideFile file(path);
  mine.add(unfinished(path));
  file.write_table("truth", columns);
  file.close();
  mine.add(path);
  return rows.size();
}

void write_mask(const SimulatedScan& scan, const std::filesystem::path& path, UnfinishedFiles& mine) {
  SideFile file(path);
  mine.add(unfinished(path));
  file.write_mask(scan.header()->shape, scan.mask());
  file.close();
  mine.add(path);
}

}  // namespace

SimulatedFiles write_simulated_files(const SimulationConfig& config, const std::filesystem::path& scan_path) {
  const bool panel = config.detector == DetectorKind::panel;
  SimulatedFiles files{.scan = scan_path,
                       .truth = beside(scan_path, "truth"),
                       .mask = beside(scan_path, "mask"),
                       .dark = panel ? beside(scan_path, "dark") : std::filesystem::path(),
                       .frames = config.frames};
  for (const auto& path : {files.scan, files.truth, files.mask, files.dark}) {
    if (!path.empty() && std::filesystem::exists(path)) {
      throw OutputError(path.string() + " exists: choose another name, or move it away");
    }
  }
  SimulatedScan scan(config);
  UnfinishedFiles mine;
  std::atomic<std::uint64_t> done{0};
  {
    const ProgressDisplay display([&] { return ProgressView{"simulating", done, config.frames}; });
    write_frames(scan, config.encoding, files.scan, mine, [&] { ++done; });
  }
  if (panel) {
    SimulatedDark dark(config, dark_frames);
    write_frames(dark, config.encoding, files.dark, mine, [] {});
  }
  files.spots = write_truth(scan, files.truth, mine);
  write_mask(scan, files.mask, mine);
  files.bytes = std::filesystem::file_size(files.scan);
  mine.keep();
  return files;
}

std::string to_text(const SimulatedFiles& files) {
  std::string text = files.scan.string() + ": " + std::to_string(files.frames) + " frames, " +
                     format_bytes(files.bytes) + "\n" + files.truth.string() + ": " +
                     std::to_string(files.spots) + " spots on frames\n" + files.mask.string() + ": mask\n";
  if (!files.dark.empty())
    text += files.dark.string() + ": " + std::to_string(dark_frames) + " dark frames\n";
  return text;
}

std::string to_json(const SimulatedFiles& files) {
  const nlohmann::ordered_json root{{"scan", files.scan.string()}, {"truth", files.truth.string()},
                                    {"mask", files.mask.string()}, {"dark", files.dark.string()},
                                    {"frames", files.frames},      {"spots", files.spots},
                                    {"bytes", files.bytes}};
  return root.dump() + "\n";
}

}  // namespace braggd
