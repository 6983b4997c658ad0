#include "data_sets.hpp"

#include <cstring>
#include <memory>
#include <spdlog/fmt/fmt.h>

#include "kernels/chunk.hpp"
#include "simulation/presets.hpp"
#include "simulation/simulated_scan.hpp"

namespace braggd::bench {

namespace {

constexpr std::uint64_t frames_in_rotation = 16;  // more than the last-level cache holds
constexpr std::uint64_t dark_frames = 4;

SimulationConfig config_of(const DataSetKey& key) {
  SimulationConfig config = simulation_preset(key.panel ? "panel" : "counting");
  config.frames = frames_in_rotation;
  config.spots_per_frame = key.spots;
  config.pixel_type = key.pixel_type;
  config.encoding = key.encoding;
  (key.panel ? config.noise_sigma : config.background_counts) = key.level;
  return config;
}

template <class Pixel>
void add(std::span<const std::byte> raw, std::vector<double>& sum) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    Pixel value;
    std::memcpy(&value, raw.data() + i * sizeof value, sizeof value);
    sum[i] += value;
  }
}

std::vector<float> mean_dark(const SimulationConfig& config) {
  SimulatedDark scan(config, dark_frames);
  std::vector<std::byte> raw(scan.header()->frame_bytes());
  std::vector<double> sum(scan.header()->shape.pixels());
  for (std::uint64_t i = 0; i < dark_frames; ++i) {
    const Frame frame = scan.read(i).value();
    decode_chunk(frame.encoding, bytes_per_pixel(frame.pixel_type), frame.bytes.view(), raw);
    config.pixel_type == PixelType::u32 ? add<std::uint32_t>(raw, sum) : add<std::uint16_t>(raw, sum);
  }
  std::vector<float> dark(sum.size());
  for (std::size_t i = 0; i < dark.size(); ++i) dark[i] = static_cast<float>(sum[i] / dark_frames);
  return dark;
}

}  // namespace

const std::vector<DataSetKey>& standard_data_sets() {
  static const std::vector<DataSetKey> keys = [] {
    std::vector<DataSetKey> all;
    for (const double background : {0.0, 0.01, 0.1, 0.5}) {
      for (const std::uint32_t spots : {50U, 500U, 2000U})
        all.push_back({false, background, spots, PixelType::u16, Encoding::bslz4});
    }
    all.push_back({false, 0.1, 500, PixelType::u32, Encoding::bslz4});
    all.push_back({false, 0.1, 500, PixelType::u16, Encoding::raw});
    all.push_back({true, 5, 500, PixelType::u16, Encoding::bslz4});
    all.push_back({true, 15, 500, PixelType::u16, Encoding::bslz4});
    all.push_back({true, 5, 500, PixelType::u16, Encoding::raw});
    return all;
  }();
  return keys;
}

std::string name_of(const DataSetKey& key) {
  return fmt::format("{} {:g} / {} {} {}", key.panel ? "panel" : "counting", key.level, key.spots,
                     braggd::name_of(key.pixel_type), braggd::name_of(key.encoding));
}

const DataSet& data_set(const DataSetKey& key) {
  static std::unique_ptr<DataSet> held;
  if (held && held->name == name_of(key)) return *held;
  held.reset();
  const SimulationConfig config = config_of(key);
  held =
      std::make_unique<DataSet>(DataSet{name_of(key), {config.rows, config.cols}, key.pixel_type, {}, {}, 6});
  SimulatedScan scan(config);
  for (std::uint64_t i = 0; i < config.frames; ++i) held->frames.push_back(scan.read(i).value());
  if (key.panel) {
    held->dark = mean_dark(config);
    held->at_least = static_cast<float>(8 * key.level);
  }
  return *held;
}

}  // namespace braggd::bench
