"""Every fault of a stream ends in a finished file whose ledger closes and is the one that the sender predicts."""
import json
import pathlib
import signal
import subprocess
import time
import unittest

import h5py

from braggd_test import COUNTING, PROGRAM, SLOW, BraggdTest, Daemon, braggd, free_ports, read_ledger, simulate

FRAMES = 64


class Faults(BraggdTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import tempfile
        cls.folder = tempfile.TemporaryDirectory(prefix="braggd-faults-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.scan = pathlib.Path(cls.folder.name) / "scan.h5"
        simulate(cls.scan, FRAMES, 128, 160)

    def check(self, faults, senders=1, scans=1, status=None):
        reports, sent = self.stream(self.scan, senders=senders, threshold=5, send=["--faults", faults, "--seed", "5"],
                                    run=[f"source.scans={scans}"])
        self.assertEqual(len(reports), scans, self.log)
        for report, scan in zip(reports, sent["scans"]):
            path = pathlib.Path(report["outputs"][0])
            ledger = read_ledger(path)
            self.closes(ledger)
            for name, count in scan["predicted"].items():
                self.assertEqual(ledger.get(name, 0), count, f"{name} of {scan}, ledger {ledger}\n{self.log}")
            with h5py.File(path) as f:
                self.assertEqual(f["entry/exit_status"][()].decode(), report["exit_status"])
                self.assertEqual(len(f["entry/frames/status"]), ledger["expected"])
                self.assertEqual(int((f["entry/frames/status"][()] == 0).sum()), ledger["written"])
        if status:
            self.assertEqual(reports[0]["exit_status"], status)
        print(faults, reports[0]["ledger"])
        return reports

    def test_each_fault_alone(self):
        for faults, status in {"drop=3": "incomplete", "duplicate=4": "complete", "swap=5": "complete",
                               "truncate=2": "incomplete", "corrupt=3": "incomplete", "wrong_shape=2": "incomplete",
                               "missing_end": "complete", "stall=1.5": "complete"}.items():
            with self.subTest(faults):
                self.check(faults, status=status)

    def test_faults_together_from_two_edge_nodes(self):
        self.check("drop=2,duplicate=3,swap=2,truncate=1,corrupt=2,wrong_shape=1", senders=2, status="incomplete")

    def test_a_second_scan_in_mid_scan_closes_the_first_as_incomplete(self):
        reports = self.check("second_scan", scans=2)
        self.assertEqual([r["exit_status"] for r in reports], ["incomplete", "complete"])

    def test_a_scan_whose_frames_may_exceed_the_largest_message_is_warned_of(self):
        reports, _ = self.stream(self.scan, threshold=5, run=["source.max_message_bytes=40000"], expect_run=0)
        self.assertEqual(reports[0]["exit_status"], "complete")  # compressed they do fit
        self.assertIn("raise source.max_message_bytes", self.log)

    def test_an_edge_node_whose_messages_are_too_large_shows_in_the_log(self):
        endpoint = f"tcp://127.0.0.1:{free_ports(1)[0]}"
        pipeline = self.pipeline((COUNTING % 5).replace("{type: replay}", "{type: stream2, connect: [%s], "
                                                        "max_message_bytes: 5000}" % endpoint))
        daemon = Daemon(pipeline)
        braggd("send", self.scan, "--bind", endpoint, "--patience", "2", expect=None)
        time.sleep(1)
        daemon.signal(signal.SIGTERM)
        daemon.reports()
        self.assertRegex(daemon.log, f"the connection with {endpoint} has ended.*sent more than source.max_message_bytes=4.9 KiB")

    def test_without_a_start_nothing_is_written_and_the_daemon_serves_the_next_scan(self):
        endpoint = f"tcp://127.0.0.1:{free_ports(1)[0]}"
        pipeline = self.pipeline(COUNTING % 5)
        pipeline.write_text(pipeline.read_text().replace("{type: replay}", "{type: stream2, connect: [%s], "
                                                         "idle_timeout_s: 2}" % endpoint))
        daemon = Daemon(pipeline)
        sent = braggd("send", self.scan, "--bind", endpoint, "--faults", "missing_start", "--json")
        braggd("send", self.scan, "--bind", endpoint, "--scan-id", "next")
        time.sleep(1)
        daemon.signal(signal.SIGTERM)
        reports = daemon.reports(expect=0)
        self.assertEqual([r["scan_id"] for r in reports], ["next"], daemon.log)
        self.assertEqual(reports[0]["exit_status"], "complete")
        predicted = json.loads(sent.stdout)["scans"][0]["predicted"]["stale"]
        self.assertEqual(daemon.strays, {"stale": predicted, "late": 0, "unreadable": 0, "refused_connections": 0})
        self.assertEqual(predicted, FRAMES)

    def test_what_belongs_to_no_scan_is_told_in_words_when_the_daemon_ends(self):
        endpoint = f"tcp://127.0.0.1:{free_ports(1)[0]}"
        pipeline = self.pipeline((COUNTING % 5).replace("{type: replay}", "{type: stream2, connect: [%s]}" % endpoint))
        daemon = subprocess.Popen([PROGRAM, "run", pipeline], stdout=subprocess.PIPE, text=True)
        braggd("send", self.scan, "--bind", endpoint, "--faults", "missing_start")
        time.sleep(1)
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.communicate(timeout=30 * SLOW)[0], f"messages of no scan: stale {FRAMES}\n")
        self.assertEqual(daemon.returncode, 0)


if __name__ == "__main__":
    unittest.main()
