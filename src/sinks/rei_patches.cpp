#include "sinks/rei_patches.hpp"

#include <cmath>
#include <utility>

#include "core/text.hpp"
#include "formats/output_directory.hpp"
#include "formats/scan_patches.hpp"

namespace braggd {

void ReiPatchesSink::check(const Config& config) {
  check_output_directory(config.directory);
}

ReiPatchesSink::ReiPatchesSink(const Config& config, const SinkContext& context)
    : header_(context.header),
      memory_(config.memory),
      output_(config.directory / (safe_file_name(header_->scan_id) + std::string(patches_suffix)),
              hdf5::OutputFile::NameTaken::numbered) {}

void ReiPatchesSink::consume(const Envelope& envelope) {
  if (envelope.dropped != DropReason::none) return;
  const PeakList& list = *envelope.get<PeakList>();
  if (!list.components || !list.components->pixels) {
    throw OutputError("rei_patches needs the pixels of each frame, and these peaks come without them");
  }
  const FrameMeta& meta = envelope.meta;
  Looked looked;
  looked.omega_deg = std::isnan(meta.omega_deg) ? header_->omega_of(meta.index) : meta.omega_deg;
  cut_rei_patches(*list.components, meta.index, ReiMode::stream, looked.patches);
  bytes_ += sizeof(Looked) + looked.patches.size() * (rei_patch_pixels * sizeof(float) + sizeof(ReiOrigin));
  if (bytes_ > memory_) {
    throw OutputError("the patches of this scan exceed " + format_bytes(memory_) +
                      ": raise the sink's memory, or the threshold");
  }
  frames_.insert_or_assign(meta.index, std::move(looked));
}

std::filesystem::path ReiPatchesSink::finish(const ScanSummary&) {
  ScanPatches all;
  all.scan_id = header_->scan_id;
  all.first_omega_deg = header_->omega_of(0);
  for (auto& [index, looked] : frames_) {
    const ReiPatches& patches = looked.patches;
    all.frames.push_back({index, looked.omega_deg, static_cast<std::uint32_t>(patches.size()),
                          patches.n_too_big, patches.too_big_pixels});
    all.pixels.insert(all.pixels.end(), patches.pixels.begin(), patches.pixels.end());
    all.origins.insert(all.origins.end(), patches.origins.begin(), patches.origins.end());
    looked.patches = {};
  }
  output_.attempt([&] { write_scan_patches(output_.file(), all); });
  return output_.publish();
}

void ReiPatchesSink::abandon() noexcept {
  output_.abandon();
}

}  // namespace braggd
