"""SIGTERM drains and finishes the file; a second one aborts."""
import os
import pathlib
import signal
import subprocess
import time
import unittest

import h5py

from braggd_test import COUNTING, PROGRAM, BraggdTest, Daemon, SLOW, braggd, read_ledger, simulate


SOURCE = os.environ.get("BRAGGD_SOURCE", str(pathlib.Path(__file__).resolve().parents[2]))


class Signals(BraggdTest):
    def test_a_pipeline_with_a_network_drains_too_although_the_network_brings_threads(self):
        self.needs_networks()
        scan = self.work / "scan.h5"
        simulate(scan, 400, 128, 128)
        located = "{type: locate_peaks, by: network, model: %s}" % (pathlib.Path(SOURCE) / "models/braggnn-fast")
        text = (COUNTING % 5).replace("{type: replay}", "{type: replay, file: scan.h5, rate: 20}").replace("{type: locate_peaks}", located)
        pipeline = self.pipeline(text.replace("directory: results", "directory: out"))
        for command in (("run", pipeline), ("replay", scan, "-p", pipeline, "-o", self.work / "out", "--rate", 20)):
            with self.subTest(command[0]):
                process = subprocess.Popen([PROGRAM, *map(str, command), "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                self.wait_for_file()
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(30 * SLOW), 65)
                result = self.work / "out/scan.h5"
                self.closes(read_ledger(result))
                result.unlink()

    def start(self, frames, rate):
        scan = self.work / "scan.h5"
        if not scan.exists():
            simulate(scan, frames, 128, 128)
        pipeline = self.pipeline((COUNTING % 5).replace("{type: replay}", f"{{type: replay, file: scan.h5, rate: {rate}}}"))
        return Daemon(pipeline, f"sinks.nexus_file.directory={self.work / 'out'}")

    def wait_for_file(self):
        deadline = time.monotonic() + 30 * SLOW
        while not (self.work / "out/scan.h5.part").exists():
            self.assertLess(time.monotonic(), deadline, "no file was begun")
            time.sleep(0.05)
        time.sleep(0.5)

    def test_the_first_signal_drains_and_the_file_says_incomplete(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                daemon = self.start(400, 20)
                self.wait_for_file()
                daemon.signal(number)
                report = daemon.reports(expect=65, timeout=30)[0]
                self.assertEqual(report["exit_status"], "incomplete")
                self.assertIn("stopped by request", report["reason"])
                ledger = read_ledger(report["outputs"][0])
                pathlib.Path(report["outputs"][0]).unlink()
                self.closes(ledger)
                self.assertGreater(ledger["written"], 0)
                self.assertGreater(ledger["missing"], 0)

    def test_the_second_signal_aborts_and_the_file_says_so(self):
        daemon = self.start(400, 20)
        self.wait_for_file()
        daemon.signal()
        daemon.signal(signal.SIGINT)
        time.sleep(0.1)
        reports = daemon.reports(timeout=30)
        with h5py.File(reports[0]["outputs"][0]) as f:
            self.assertIn(f["entry/exit_status"][()].decode(), {"aborted", "incomplete"})

    def test_a_signal_while_idle_ends_at_once(self):
        pipeline = self.pipeline((COUNTING % 5).replace("{type: replay}", "{type: stream2, bind: 'tcp://127.0.0.1:*'}"))
        daemon = Daemon(pipeline)
        time.sleep(1 * SLOW)
        daemon.signal()
        self.assertEqual(daemon.reports(expect=0, timeout=10), [])

    def test_verbs_that_have_nothing_to_finish_end_at_once_by_the_signal_and_leave_nothing(self):
        # The size of a long simulation, so that it cannot be over before the signal comes.
        command = [PROGRAM, "simulate", self.work / "scan.h5", "--set", "frames=5000", "--set", "rows=512", "--set", "cols=512",
                   "--set", "distance_m=0.34"]
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number):
                process = subprocess.Popen(command, stderr=subprocess.DEVNULL,
                                           preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
                deadline = time.monotonic() + 30 * SLOW
                while not (self.work / "scan.h5.part").exists():
                    self.assertLess(time.monotonic(), deadline, "no file was begun")
                    time.sleep(0.05)
                time.sleep(0.2)
                process.send_signal(number)
                self.assertEqual(process.wait(timeout=10 * SLOW), -number)
                self.assertEqual(list(self.work.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
