"""A measured 1440-frame scan gives exactly the spots that others found in it."""
import unittest

import h5py
import numpy as np

from braggd_test import COUNTING, BraggdTest, braggd


class Ruby(BraggdTest):
    def check_spots(self, result):
        with h5py.File(self.shared("ruby-ff1/spots.h5")) as f:
            spots, offsets = f["spots"][()], f["offsets"][()]
            names = [n if isinstance(n, str) else n.decode() for n in f["spots"].attrs["columns"]]
        column = dict(zip(names, spots.T))
        with h5py.File(result) as f:
            peaks = {name: values[()] for name, values in f["entry/peaks"].items()}
            self.assertEqual(f["entry/exit_status"][()], b"complete")
        self.assertEqual(len(peaks["frame"]), 5046)
        np.testing.assert_array_equal(peaks["frame_offsets"], offsets)
        for name in ("row_begin", "row_end", "col_begin", "col_end", "max_intensity", "sum_intensity"):
            np.testing.assert_array_equal(peaks[name], column[name], name)
        for name in ("centroid_row", "centroid_col"):
            worst = np.abs(peaks[name] - column[name]).max()
            print(f"{name}: largest difference {worst:.3g} px over {len(spots)} spots")
            self.assertLessEqual(worst, 1e-9)

    def test_replay_finds_the_spots_and_a_stream_from_two_senders_gives_the_same_file(self):
        scan = self.shared("ruby-ff1/framecache.npz")
        pipeline = self.pipeline(COUNTING % 26)
        answer = braggd("replay", scan, "-p", pipeline, "-o", self.work / "replayed", timeout=300)
        print(answer.stdout)
        self.check_spots(self.work / "replayed/framecache.h5")
        reports, sent = self.stream(scan, senders=2, expect_run=0, timeout=300)
        self.assertEqual(reports[0]["ledger"]["written"], 1440)
        self.assertEqual(sent["scans"][0]["predicted"]["written"], 1440)
        self.check_spots(self.work / "streamed/framecache.h5")
        self.same_results(self.work / "replayed/framecache.h5", self.work / "streamed/framecache.h5")


if __name__ == "__main__":
    unittest.main()
