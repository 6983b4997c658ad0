"""braggd bench: every way to play frames, and what it says of them."""
import json
import pathlib
import re
import subprocess
import time
import unittest

from braggd_test import COUNTING, PROGRAM, SLOW, BraggdTest, braggd, simulate


class Bench(BraggdTest):
    def setUp(self):
        super().setUp()
        self.scan = self.work / "scan.h5"
        simulate(self.scan, 8, 128, 128)
        self.path = self.pipeline(COUNTING % 5)

    def bench(self, *arguments):
        return json.loads(braggd("bench", self.path, "--scan", self.scan, "--json", *arguments).stdout)

    def test_every_way_carries_every_frame(self):
        for way in ("memory", "tcp", "ipc"):
            with self.subTest(way):
                run = self.bench("--over", way, "--frames", 100)["run"]
                self.assertEqual((run["frames"], run["written"], run["lost"]), (100, 100, 0))
                self.assertGreater(run["peaks"], 0)
                self.assertGreater(run["core_ms_per_frame"], 0)
                latency = run["latency_ms"]
                self.assertLessEqual(latency["p50"], latency["p99"])
                self.assertLessEqual(latency["p99"], latency["p99.9"])

    def test_a_rate_is_kept_and_the_highest_one_lies_below_flat_out(self):
        answer = self.bench("--frames", 45, "--rate", 30, "--find-max")
        self.assertLess(answer["run"]["frames_per_second"], 31.5)
        self.assertGreater(answer["run"]["frames_per_second"], 20 / SLOW)
        self.assertLess(answer["highest_rate"], 1.1 * 31)
        self.assertEqual(answer["at_half"]["lost"], 0)
        self.assertEqual(answer["at_nine_tenths"]["lost"], 0)

    def test_an_overload_drops_what_it_must_within_its_memory_and_counts_it(self):
        budget = 1 << 20
        run = self.bench("--frames", 3000, "--set", f"engine.memory={budget}", "--set", "engine.when_full=drop_newest")["run"]
        self.assertEqual(run["frames"], 3000)
        self.assertEqual(run["written"] + run["lost"], 3000)
        self.assertGreater(run["written"], 0)
        self.assertLessEqual(run["peak_budget_bytes"], budget)

    def test_frames_lie_on_huge_pages_where_the_kernel_gives_them_on_request(self):
        choices = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
        if not choices.exists() or "[madvise]" not in choices.read_text():
            self.skipTest("the kernel gives huge pages to all or to nobody")
        if SLOW > 1:
            self.skipTest("a sanitizer's allocator is not glibc's")
        simulate(self.work / "large scan.h5", 4, 2048, 2048)
        command = [PROGRAM, "bench", self.path, "--scan", self.work / "large scan.h5", "--frames", "1000000"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                for _ in range(100):
                    time.sleep(0.1)
                    rollup = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
                    huge_kib = int(re.search(r"AnonHugePages:\s+(\d+)", rollup)[1])
                    if huge_kib > 8192:
                        break
            finally:
                process.kill()
        self.assertGreater(huge_kib, 8192)


if __name__ == "__main__":
    unittest.main()
