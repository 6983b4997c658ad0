#include "learning/score_patches.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include <braggd/error.hpp>

namespace braggd {

namespace {

/// Frame 0 dropped, intensities rounded, what became flat thereby left out.
ScanPatches as_published(const ScanPatches& all) {
  ScanPatches kept;
  kept.scan_id = all.scan_id;
  kept.first_omega_deg = all.first_omega_deg;
  std::size_t next = 0;
  for (PatchFrame frame : all.frames) {
    const std::size_t end = next + frame.n_patches;
    if (frame.frame == 0) {
      next = end;
      continue;
    }
    frame.n_patches = 0;
    for (; next < end; ++next) {
      const std::size_t begin = kept.pixels.size();
      for (std::size_t i = 0; i < rei_patch_pixels; ++i) {
        kept.pixels.push_back(rei_compat_intensity(all.pixels[next * rei_patch_pixels + i]));
      }
      const auto [low, high] =
          std::minmax_element(kept.pixels.begin() + static_cast<std::ptrdiff_t>(begin), kept.pixels.end());
      if (*low == *high) {
        kept.pixels.resize(begin);
        continue;
      }
      kept.origins.push_back(all.origins[next]);
      ++frame.n_patches;
    }
    kept.frames.push_back(frame);
  }
  return kept;
}

ScanScore score(const ReiEncoder& encoder, const AnomalyModel& model, const ScanPatches& patches,
                ReiMode mode) {
  std::vector<float> embeddings(patches.size() * rei_dimensions);
  encoder.encode(patches.pixels, embeddings);
  std::vector<ReiVerdict> verdicts(patches.size());
  score_embeddings(embeddings, model.centroids, mode, verdicts);
  ScanTally tally(model.baseline, patches.first_omega_deg);
  std::size_t next = 0;
  FrameAnomaly anomaly;
  for (const PatchFrame& frame : patches.frames) {
    anomaly.n_too_big = frame.n_too_big;
    anomaly.too_big_pixels = frame.too_big_pixels;
    count_verdicts(std::span(verdicts).subspan(next, frame.n_patches), model.baseline->threshold, anomaly);
    next += frame.n_patches;
    tally.add(frame.frame, frame.omega_deg, anomaly);
  }
  return tally.score();
}

}  // namespace

ScanScore score_patches(const AnomalyModel& model, const ScanPatches& patches, ReiMode mode) {
  if (mode == ReiMode::stream) return score(model.encoder, model, patches, mode);
  const ScanPatches kept = as_published(patches);
  if (kept.size() == 0) {
    throw InputError("the scan " + patches.scan_id + " has no patch beyond its first frame to be scored");
  }
  return score(ReiEncoder(model.weights, batch_statistics(model.weights, kept.pixels)), model, kept, mode);
}

}  // namespace braggd
