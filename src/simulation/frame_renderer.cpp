#include "simulation/frame_renderer.hpp"

#include <algorithm>
#include <utility>

#include "kernels/chunk.hpp"

namespace braggd {
namespace {

// Of 4096 columns, a band's signal is half a mebibyte: it stays in the second-level cache.
constexpr std::uint32_t band_rows = 32;

}  // namespace

FrameRenderer::FrameRenderer(const SimulationConfig& config)
    : config_(config),
      detector_(config.detector == DetectorKind::panel ? make_panel_detector(config)
                                                       : make_counting_detector(config)),
      signal_(std::size_t{std::min(band_rows, config.rows)} * config.cols) {}

Frame FrameRenderer::exposure(std::uint64_t index, std::span<const SpotProfile> spots) {
  return render(index, RandomStream::exposure, spots);
}

Frame FrameRenderer::dark(std::uint64_t index) {
  return render(index, RandomStream::dark, {});
}

std::vector<float> FrameRenderer::expected(std::span<const SpotProfile> spots) {
  std::vector<float> image;
  image.reserve(config_.shape().pixels());
  for (std::uint32_t row = 0; row < config_.rows; row += band_rows) {
    const Band band = band_at(row, spots);
    image.insert(image.end(), band.signal.begin(), band.signal.end());
    std::ranges::fill(band.signal, 0.F);
  }
  return image;
}

std::shared_ptr<const ScanHeader> FrameRenderer::header(std::uint64_t frames,
                                                        const std::string& scan_id) const {
  auto header = std::make_shared<ScanHeader>();
  header->scan_id = scan_id;
  header->series_id = config_.seed;
  header->shape = config_.shape();
  header->pixel_type = config_.pixel_type;
  header->expected_frames = frames;
  header->omega_start_deg = config_.omega_start_deg;
  header->omega_step_deg = config_.omega_step_deg;
  header->geometry.wavelength_angstrom = config_.wavelength_angstrom();
  header->geometry.energy_ev = config_.energy_kev * 1000;
  header->geometry.distance_m = config_.distance_m;
  header->geometry.pixel_rows_m = header->geometry.pixel_cols_m = config_.pixel_um * 1e-6;
  header->geometry.beam_row_px = config_.beam_row();
  header->geometry.beam_col_px = config_.beam_col();
  header->saturation_value = detector_->saturation_value();
  header->detector_description =
      config_.detector == DetectorKind::panel ? "simulated flat panel" : "simulated photon counter";
  header->sample_name = config_.layout == SpotLayout::uniform ? "simulated spots" : "simulated polycrystal";
  return header;
}

Frame FrameRenderer::render(std::uint64_t index, RandomStream stream, std::span<const SpotProfile> spots) {
  Frame frame;
  frame.shape = config_.shape();
  frame.pixel_type = config_.pixel_type;
  frame.encoding = config_.encoding;
  const std::size_t row_bytes = config_.cols * bytes_per_pixel(config_.pixel_type);
  const Beam beam = stream == RandomStream::exposure ? Beam::on : Beam::off;
  std::vector<std::byte> pixels = std::exchange(pixels_, {});
  pixels.resize(config_.rows * row_bytes);
  const std::uint64_t drawn = index + (std::uint64_t{config_.repeat} << 40U);  // no scan has so many frames
  for (std::uint32_t row = 0; row < config_.rows; row += band_rows) {
    Band band = band_at(row, spots);
    Random random(config_.seed, stream, drawn, row);
    detector_->expose(random, beam, band,
                      std::span(pixels).subspan(row * row_bytes, (band.row_end - row) * row_bytes));
  }
  frame.bytes = encoded(std::move(pixels));
  frame.meta.index = frame.meta.frame_number = index;
  frame.meta.omega_deg =
      config_.omega_start_deg + config_.omega_step_deg * (static_cast<double>(index) + 0.5);
  frame.meta.wire_bytes = static_cast<std::uint32_t>(frame.bytes.size());
  return frame;
}

Band FrameRenderer::band_at(std::uint32_t row_begin, std::span<const SpotProfile> spots) {
  Band band;
  band.row_begin = row_begin;
  band.row_end = std::min(row_begin + band_rows, config_.rows);
  band.cols = config_.cols;
  band.signal = std::span(signal_).first(std::size_t{band.row_end - row_begin} * config_.cols);
  for (const SpotProfile& spot : spots) {
    if (spot.reaches(band.row_begin, band.row_end)) spot.add_to(band);
  }
  return band;
}

// Raw pixels are handed over; those that were packed leave their memory for the next frame.
Bytes FrameRenderer::encoded(std::vector<std::byte> pixels) {
  if (config_.encoding == Encoding::raw) return Bytes::own(std::move(pixels));
  std::vector<std::byte> chunk;
  encode_chunk(config_.encoding, bytes_per_pixel(config_.pixel_type), pixels, chunk);
  pixels_ = std::move(pixels);
  return Bytes::own(std::move(chunk));
}

}  // namespace braggd
