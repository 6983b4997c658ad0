"""On simulated scans, whose truth is known: what is found, and what is found that is not there."""
import unittest

import h5py
import numpy as np

from braggd_test import BraggdTest, braggd, simulate

PIPELINE = """version: 1
source: {type: replay}
stages:
%s  - {type: threshold, at_least: %g}
  - {type: find_components, min_pixels: 2, max_pixels: 5000}
  - {type: locate_peaks}
sinks:
  - {type: nexus_file, directory: results}
"""
DARK = "  - {type: subtract_dark, file: scan_dark.h5}\n  - {type: mask_pixels, file: scan_mask.h5}\n"


class Simulator(BraggdTest):
    # Found: a component within this distance of the true centre, or whose box holds it (overlapping spots share one).
    near_px = 3.0
    # Not false but a fragment: a component in the tail of a true spot, or of a spot that a gap cuts, where the spot's
    # Lorentzian share (0.3) alone is expected to give this share of the threshold.
    tail_share = 0.2
    # detector settings, threshold, peaks (expected counts in the brightest pixel) from here on must all be found, and
    # the largest share of components that no true spot explains.
    cases = {
        "counting, background 0.1": (["detector=counting", "background_counts=0.1"], "", 5, 25, 0.01),
        "counting, background 0.5": (["detector=counting", "background_counts=0.5"], "", 7, 30, 0.01),
        "panel, sigma 5": (["detector=panel", "noise_sigma=5"], DARK, 30, 75, 0.01),
        "panel, sigma 15": (["detector=panel", "noise_sigma=15"], DARK, 80, 190, 0.01),
    }

    def test_every_spot_above_the_limit_is_found_and_few_that_are_none(self):
        rows = []
        for name, (settings, stages, threshold, limit, false_share) in self.cases.items():
            simulate(self.work / "scan.h5", 60, 1024, 1024, *settings)
            pipeline = self.pipeline(PIPELINE % (stages, threshold))
            out = self.work / name.replace(" ", "_").replace(",", "")
            braggd("replay", self.work / "scan.h5", "-p", pipeline, "-o", out)
            rows.append((name, threshold, limit, false_share, *self.compare(out / "scan.h5", limit, threshold)))
            for file in self.work.glob("scan*.h5"):
                file.unlink()
        print("\ndetector                  threshold  limit  spots>=limit  found  missed  components  fragments  false   share")
        for name, threshold, limit, _, spots, found, components, fragments, false in rows:
            print(f"{name:26}{threshold:8g}{limit:8g}{spots:12}{found:8}{spots - found:8}{components:12}{fragments:11}{false:7}"
                  f"{false / max(1, components):9.4f}")
        for name, _, _, false_share, spots, found, components, _, false in rows:
            with self.subTest(name):
                self.assertGreater(spots, 100)
                self.assertEqual(found, spots)
                self.assertLessEqual(false / components, false_share)

    def compare(self, result, limit, threshold):
        with h5py.File(self.work / "scan_truth.h5") as f:
            truth = {name: column[()] for name, column in f["truth"].items()}
        with h5py.File(self.work / "scan_mask.h5") as f:
            mask = f["mask"][()] != 0
        with h5py.File(result) as f:
            peaks = {name: column[()] for name, column in f["entry/peaks"].items() if name != "frame_offsets"}
        spots = found = fragments = false = 0
        for frame in np.unique(np.concatenate([truth["frame"].astype(int), peaks["frame"]])):
            here = truth["frame"] == frame
            row, col, peak = truth["row"][here], truth["col"][here], truth["peak"][here]
            mine = peaks["frame"] == frame
            distance = np.hypot(peaks["row"][mine][:, None] - row, peaks["col"][mine][:, None] - col)
            inside = ((peaks["row_begin"][mine][:, None] - 1 <= row) & (row <= peaks["row_end"][mine][:, None]) &
                      (peaks["col_begin"][mine][:, None] - 1 <= col) & (col <= peaks["col_end"][mine][:, None]))
            explained = (distance < self.near_px) | inside
            visible = self.visible(row, col, mask)
            bright = (peak >= limit) & visible
            spots += int(bright.sum())
            found += int((explained.any(axis=0) & bright).sum()) if mine.any() else 0
            half_width = 1.18 * truth["sigma_azimuthal"][here]
            tail = 0.3 * peak / (1 + (distance / half_width) ** 2) ** 1.5 >= self.tail_share * threshold
            # Faint spots explain components too: a true spot is not a false find because it is below the limit.
            known = explained.any(axis=1)
            fragments += int((~known & tail.any(axis=1)).sum())
            false += int((~known & ~tail.any(axis=1)).sum())
        return spots, found, int(len(peaks["frame"])), fragments, false

    def visible(self, row, col, mask):
        """Spots whose centre lies on the detector and not within two pixels of a masked one."""
        ok = np.zeros(len(row), bool)
        for i, (r, c) in enumerate(zip(np.rint(row).astype(int), np.rint(col).astype(int))):
            if 1 <= r < mask.shape[0] - 1 and 1 <= c < mask.shape[1] - 1:
                ok[i] = not mask[r - 1:r + 2, c - 1:c + 2].any()
        return ok


if __name__ == "__main__":
    unittest.main()
