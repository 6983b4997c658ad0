// Scans of made-up peaks, and result files as seen from outside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <braggd/envelope.hpp>
#include <braggd/sink.hpp>

#include "formats/dataset_search.hpp"
#include "formats/hdf5.hpp"
#include "formats/hdf5_values.hpp"
#include "sinks/nexus_file.hpp"

namespace braggd {

inline std::shared_ptr<ScanHeader> sample_header(std::uint64_t expected_frames) {
  auto header = std::make_shared<ScanHeader>();
  header->scan_id = "scan";
  header->shape = {100, 200};
  header->expected_frames = expected_frames;
  header->omega_start_deg = 10;
  header->omega_step_deg = 0.5;
  return header;
}

inline Peak sample_peak(std::uint64_t frame, std::uint32_t number) {
  Peak peak;
  peak.component = number;
  peak.row = 10.25 + number;
  peak.col = 20.5 + static_cast<double>(frame % 97);
  peak.centroid_row = peak.row + 0.125;
  peak.centroid_col = peak.col + 0.125;
  peak.n_pixels = 2;
  peak.sum_intensity = 1000.0 + static_cast<double>(frame) + number / 8.0;
  peak.max_intensity = 600;
  peak.row_begin = static_cast<std::uint16_t>(10 + number);
  peak.row_end = static_cast<std::uint16_t>(11 + number);
  peak.col_begin = 20;
  peak.col_end = 22;
  peak.sigma_row = 0.5F;
  peak.sigma_col = 0.75F;
  peak.flags = touches_edge | saturated;
  return peak;
}

/// A frame with `peaks` peaks of two pixels each, one lonely pixel above threshold, and what was too small or
/// big.
inline Envelope sample_envelope(const ScanHeader& header, std::uint64_t index, std::uint32_t peaks) {
  auto pixels = std::make_shared<SparseFrame>();
  auto components = std::make_shared<ComponentList>();
  auto list = std::make_shared<PeakList>();
  list->meta.index = index;
  list->meta.frame_number = 500 + index;
  list->meta.omega_deg = header.omega_of(index);
  list->meta.received_ns = 1'000'000 + index;
  list->meta.wire_bytes = static_cast<std::uint32_t>(77 + index);
  pixels->shape = header.shape;
  pixels->index.push_back(7);
  pixels->value.push_back(static_cast<float>(index % 60));
  components->component_of.push_back(no_component);
  for (std::uint32_t i = 0; i < peaks; ++i) {
    list->peaks.push_back(sample_peak(index, i));
    components->components.emplace_back();
    for (const std::uint32_t col : {20U, 21U}) {
      pixels->index.push_back((10 + i) * header.shape.cols + col);
      pixels->value.push_back(static_cast<float>(400 + i));
      components->component_of.push_back(i);
    }
  }
  components->n_too_small = 1;
  components->n_too_big = 2;
  components->pixels = pixels;
  list->components = components;
  return {.meta = list->meta,
          .dropped = DropReason::none,
          .product = std::shared_ptr<const PeakList>(list),
          .lease = {}};
}

inline Envelope sample_tombstone(const ScanHeader& header, std::uint64_t index, DropReason reason) {
  FrameMeta meta;
  meta.index = index;
  meta.frame_number = 500 + index;
  meta.omega_deg = header.omega_of(index);
  return {.meta = meta, .dropped = reason, .product = {}, .lease = {}};
}

/// The number of peaks on frame `index` of a sample scan; some frames have none.
inline std::uint32_t sample_peaks(std::uint64_t index) {
  return static_cast<std::uint32_t>(index * 7 % 5);
}

inline ScanSummary complete_summary(std::uint64_t frames) {
  ScanSummary summary;
  summary.scan_id = "scan";
  summary.ledger.expected = summary.ledger.received = summary.ledger.processed = summary.ledger.written =
      frames;
  return summary;
}

inline SinkContext sample_context(std::shared_ptr<const ScanHeader> header) {
  auto provenance = std::make_shared<Provenance>();
  provenance->configuration = "version: 1\n# µ: a comment\n";
  provenance->configuration_sha256 = "ab";
  provenance->expanded = "version: 1\nstages: []\n";
  provenance->processes.push_back({"threshold", "threshold", {{"at_least", 26.5}, {"strict", true}}});
  provenance->processes.push_back({"find",
                                   "find_components",
                                   {{"min_pixels", std::int64_t{2}},
                                    {"file", std::string("dark.h5")},
                                    {"names", std::vector<std::string>{"a", "b"}}}});
  return {std::move(header), std::move(provenance)};
}

/// Runs frames in the given order through a sink and finishes it.
inline std::filesystem::path write_sample_result(const NexusFileConfig& config, std::uint64_t frames,
                                                 const std::vector<std::uint64_t>& order,
                                                 bool announced = true) {
  const auto header = sample_header(announced ? frames : 0);
  NexusFile sink(config, sample_context(header));
  for (const std::uint64_t index : order) sink.consume(sample_envelope(*header, index, sample_peaks(index)));
  return sink.finish(complete_summary(frames));
}

/// The bytes of every numeric dataset of a file by path.
inline std::map<std::string, std::vector<std::byte>> all_numbers(const std::filesystem::path& path) {
  const auto file = hdf5::open_file(path);
  std::map<std::string, std::vector<std::byte>> all;
  for (const auto& found : find_numeric_datasets(file)) {
    const auto dataset = hdf5::open_object(file, found.path);
    const auto type = hdf5::own("type", [&] { return H5Dget_type(dataset.id()); });
    std::size_t bytes = H5Tget_size(type.id());
    for (const auto side : found.extent) bytes *= side;
    auto& data = all[found.path];
    data.resize(bytes);
    if (bytes == 0) continue;
    hdf5::call("read",
               [&] { return H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()); });
  }
  return all;
}

inline std::vector<double> numbers(const hdf5::Handle& file, const std::string& path) {
  auto read = hdf5::read_numbers(file, path, 1 << 24);
  return read ? read->values : std::vector<double>{-999};
}

}  // namespace braggd
