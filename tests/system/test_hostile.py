"""Bad input gives a clear message and a counted frame or an incomplete scan: no crash, no hang, no flood of memory."""
import os
import resource
import subprocess
import unittest
import zipfile

import h5py
import numpy as np

from braggd_test import COUNTING, PROGRAM, SLOW, BraggdTest, braggd, limited_time, read_ledger, simulate


class BadScans(BraggdTest):
    def setUp(self):
        super().setUp()
        self.pipeline_file = self.pipeline(COUNTING % 5)

    def replay(self, scan, expect, *arguments):
        with limited_time(60):
            answer = braggd("replay", scan, "-p", self.pipeline_file, "-o", self.work / "out", *arguments, expect=expect)
        self.assertNotIn("terminate", answer.stderr)
        return answer

    def test_files_that_are_no_scans_are_named_with_what_is_wrong(self):
        cases = {"empty.h5": b"", "text.h5": b"hello, this is not HDF5", "cut.npz": b"PK\x03\x04cut",
                 "short.ge3": b"\0" * 9000, "unknown.tif": b"II*\0"}
        for name, content in cases.items():
            with self.subTest(name):
                (self.work / name).write_bytes(content)
                self.assertIn(name, self.replay(self.work / name, 65).stderr)
        self.assertIn("nowhere.h5", self.replay(self.work / "nowhere.h5", 65).stderr)
        self.assertIn("directory", self.replay(self.work, 65).stderr)

    def test_a_truncated_hdf5_file_is_refused_or_loses_only_its_frames(self):
        scan = self.work / "scan.h5"
        simulate(scan, 20, 128, 128)
        whole = scan.read_bytes()
        for share in (0.01, 0.3, 0.6, 0.95):
            with self.subTest(share):
                (self.work / "cut.h5").write_bytes(whole[: int(len(whole) * share)])
                self.replay(self.work / "cut.h5", 65)

    def test_a_corrupt_chunk_drops_its_frame_and_no_other(self):
        scan = self.work / "scan.h5"
        simulate(scan, 5, 128, 128)
        with h5py.File(scan, "r") as f:
            data = f["entry/data/data"] if "data" in f["entry/data"] else f["entry/data/data_000001"]
            place = data.id.get_chunk_info_by_coord((2, 0, 0))
        with open(scan, "r+b") as f:
            f.seek(place.byte_offset + 8)
            f.write(b"\xff" * 8)
        self.replay(scan, 65)
        ledger = read_ledger(self.work / "out/scan.h5")
        self.closes(ledger)
        self.assertEqual(ledger["dropped_decode_error"], 1)
        self.assertEqual(ledger["written"], 4)

    def test_scans_of_no_frame_one_frame_and_two_frames_are_files_like_any_other(self):
        for frames in (0, 1, 2):
            with self.subTest(frames):
                scan = self.work / f"n{frames}.h5"
                with h5py.File(scan, "w") as f:
                    f["entry/data/data"] = np.full((frames, 16, 16), 9, "u2")
                self.replay(scan, 0)
                with h5py.File(self.work / f"out/n{frames}.h5") as f:
                    self.assertEqual(len(f["entry/frames/status"]), frames)
                    self.assertEqual(len(f["entry/peaks/row"]), frames)
                    self.assertEqual(len(f["entry/peaks/frame_offsets"]), frames + 1)

    def test_pixel_types_that_cannot_be_held_exactly_are_refused_by_name(self):
        scan = self.work / "complex.h5"
        with h5py.File(scan, "w") as f:
            f["entry/data/data"] = np.zeros((2, 8, 8), "c16")
        self.assertRegex(self.replay(scan, 65).stderr, "complex|compound|type")

    def test_a_hostile_npz_is_refused(self):
        def member(name, text):
            with zipfile.ZipFile(self.work / "bad.npz", "w") as z:
                z.writestr(name, text)
        header = b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (99999999999999,), }"
        for name, text in {"shape.npy": header.ljust(128) + b"\n", "other.npy": b"x",
                           "nframes.npy": b"\x93NUMPY\x01\x00\xff\xff{"}.items():
            with self.subTest(name):
                member(name, text)
                self.replay(self.work / "bad.npz", 65)


class BadOutputs(BraggdTest):
    def setUp(self):
        super().setUp()
        self.scan = self.work / "scan.h5"
        simulate(self.scan, 30, 256, 256)
        self.pipeline_file = self.pipeline(COUNTING % 2)

    def test_an_output_that_is_a_file_or_cannot_be_written_is_said_and_counted(self):
        (self.work / "taken").write_text("a file")
        places = {"taken": self.work / "taken", "below a file": self.work / "taken/deeper",
                  "proc": "/proc/braggd-cannot-be"}
        for name, place in places.items():
            with self.subTest(name):
                answer = braggd("replay", self.scan, "-p", self.pipeline_file, "-o", place, expect=74)
                self.assertIn(str(place), answer.stderr)
                self.assertIn("dropped_output_error 30", answer.stdout)

    def test_a_full_disk_ends_the_file_but_not_the_program(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        with limited_time(60):
            answer = subprocess.run([PROGRAM, "replay", self.scan, "-p", self.pipeline_file, "-o", self.work / "full",
                                     "--set", "sinks.nexus_file.keep_pixels=all"],
                                    capture_output=True, text=True, preexec_fn=limit, timeout=60 * SLOW)
        self.assertEqual(answer.returncode, 74, answer.stdout + answer.stderr)
        self.assertFalse((self.work / "full/scan.h5").exists())

    def test_a_result_is_never_overwritten(self):
        for _ in range(3):
            braggd("replay", self.scan, "-p", self.pipeline_file, "-o", self.work / "out")
        names = sorted(p.name for p in (self.work / "out").iterdir())
        self.assertEqual(names, ["scan.h5", "scan_2.h5", "scan_3.h5"])

    def test_memory_stays_bounded_while_a_scan_plays(self):
        rows, scan = 1024, self.work / "large.h5"
        with h5py.File(scan, "w") as f:
            data = f.create_dataset("entry/data/data", (200, rows, rows), "u2", chunks=(1, rows, rows))
            for i in range(200):
                data[i] = 3
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        braggd("replay", scan, "-p", self.pipeline_file, "-o", self.work / "out", "--set", "engine.memory=64 MiB", "--set",
               "stages.threshold.at_least=10")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"peak resident {max(before, peak) / 1024:.0f} MiB with 64 MiB for frames in flight, scan of 400 MiB")
        if SLOW == 1:
            self.assertLess(peak, (64 + 192) * 1024)


class BadPipelines(BraggdTest):
    def test_a_pipeline_that_cannot_be_read_is_said(self):
        for name, place in {"absent": "nowhere.yaml", "folder": self.work}.items():
            with self.subTest(name):
                self.assertIn(str(place), braggd("validate", place, expect=78).stderr)

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_a_pipeline_without_read_permission_is_said(self):
        path = self.pipeline(COUNTING % 5)
        path.chmod(0)
        self.assertIn("cannot be read", braggd("validate", path, expect=78).stderr)

    def test_a_dark_frame_of_another_shape_fails_the_scan_with_both_shapes(self):
        with h5py.File(self.work / "dark.h5", "w") as f:
            f["entry/data/data"] = np.zeros((3, 10, 12), "u2")
        with h5py.File(self.work / "scan.h5", "w") as f:
            f["entry/data/data"] = np.zeros((3, 16, 16), "u2")
        path = self.pipeline((COUNTING % 5).replace("stages:\n", "stages:\n  - {type: subtract_dark, file: dark.h5}\n"))
        answer = braggd("replay", self.work / "scan.h5", "-p", path, "-o", self.work / "out", expect=65)
        self.assertIn("10 x 12", answer.stderr)
        self.assertIn("16 x 16", answer.stderr)
        with h5py.File(self.work / "out/scan.h5") as f:
            self.assertEqual(f["entry/exit_status"][()], b"failed")
        self.closes(read_ledger(self.work / "out/scan.h5"))

    def test_a_corrupt_dark_file_is_found_by_validate(self):
        (self.work / "dark.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 50)
        path = self.pipeline((COUNTING % 5).replace("stages:\n", "stages:\n  - {type: subtract_dark, file: dark.h5}\n"))
        self.assertIn("stages.subtract_dark.file", braggd("validate", path, expect=78).stderr)

    def test_bad_streams_are_refused_before_anything_runs(self):
        for source, word in {"{type: stream2}": "connect", "{type: stream2, connect: [nonsense]}": "nonsense",
                             "{type: stream2, bind: 'tcp://127.0.0.1:99999'}": "99999"}.items():
            with self.subTest(source):
                path = self.pipeline((COUNTING % 5).replace("{type: replay}", source))
                self.assertIn(word, braggd("run", path, expect=78, timeout=20).stderr)


if __name__ == "__main__":
    unittest.main()
