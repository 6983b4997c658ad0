"""Live results as a subscriber written with pyzmq and numpy sees them, against the file that the same run wrote."""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import unittest

import h5py
import numpy as np
import zmq

from braggd_test import COUNTING, SLOW, BraggdTest, Daemon, braggd, free_ports, read_ledger, simulate

SOURCE = pathlib.Path(os.environ.get("BRAGGD_SOURCE", "."))

# A subscriber in a process of its own that reads nothing.
STUCK = """
import sys, time, zmq
s = zmq.Context().socket(zmq.SUB)
s.rcvhwm = 10
s.connect(sys.argv[1])
s.subscribe(b"")
s.recv_multipart()
print("joined", flush=True)
time.sleep(600)
"""


class Listener(threading.Thread):
    """Keeps every message until `until` of a type have come."""

    def __init__(self, endpoint, last_type="file_finalised", until=1):
        super().__init__(daemon=True)
        self.endpoint, self.last_type, self.until = endpoint, last_type, until
        self.messages, self.joined = [], threading.Event()
        self.start()

    def run(self):
        context = zmq.Context()
        socket = context.socket(zmq.SUB)
        socket.rcvhwm = 0
        socket.setsockopt(zmq.RECONNECT_IVL, 20)
        monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        socket.subscribe(b'{"type":')
        socket.connect(self.endpoint)
        if monitor.poll(30000 * SLOW):
            time.sleep(0.3)  # the subscription travels behind the handshake
            self.joined.set()
        socket.setsockopt(zmq.RCVTIMEO, int(60000 * SLOW))
        try:
            while self.until > 0:
                header, *rest = socket.recv_multipart()
                header = json.loads(header)
                self.messages.append((header, rest[0] if rest else b""))
                self.until -= header["type"] == self.last_type
        except zmq.Again:
            pass
        socket.disable_monitor()
        context.destroy(linger=0)

    def of_type(self, name):
        return [(header, table) for header, table in self.messages if header["type"] == name]


class LiveResults(BraggdTest):
    def setUp(self):
        super().setUp()
        self.scan = self.work / "scan.h5"
        simulate(self.scan, 60, 256, 256)

    def daemon(self, scans=1):
        """A daemon that waits for scans and publishes; where to send, and where it publishes."""
        port, live = free_ports(2)
        endpoint = f"tcp://127.0.0.1:{live}"
        text = (COUNTING % 4).replace("{type: replay}", "{type: stream2, connect: 'tcp://127.0.0.1:%d', scans: %d}"
                                      % (port, scans)) + "  - {type: publish, bind: '%s'}\n" % endpoint
        return Daemon(self.pipeline(text)), f"tcp://127.0.0.1:{port}", endpoint

    def test_every_frame_comes_once_with_the_values_of_the_file(self):
        daemon, bind, endpoint = self.daemon()
        listener = Listener(endpoint)
        self.assertTrue(listener.joined.wait(30 * SLOW))
        braggd("send", self.scan, "--bind", bind, "--faults", "drop=2,corrupt=3", "--shuffle", "5")
        report = daemon.reports()[0]
        listener.join(60 * SLOW)
        path = report["outputs"][0]
        starts = [h for h, _ in listener.of_type("scan_start") if "welcome" not in h]
        self.assertEqual(len(starts), 1)
        start = starts[0]
        self.assertEqual((start["rows"], start["cols"], start["expected_frames"]), (256, 256, 60))
        table = np.dtype([(c["name"], c["dtype"]) for c in start["columns"]])
        self.assertEqual(table.itemsize, start["record_bytes"])
        frames = {h["frame"]: (h, np.frombuffer(data, table)) for h, data in listener.of_type("frame")}
        self.assertEqual(len(frames), len(listener.of_type("frame")), "a frame came twice")
        with h5py.File(path) as f:
            entry = f["entry"]
            self.assertEqual(start["configuration_sha256"], entry["configuration/sha256"].asstr()[()])
            offsets, status = entry["peaks/frame_offsets"][:], entry["frames/status"][:]
            self.assertEqual(sorted(frames), [i for i in range(60) if not status[i] & 1])
            self.assertGreater(offsets[-1], 100)
            for i, (header, peaks) in frames.items():
                rows = slice(offsets[i], offsets[i + 1])
                self.assertEqual(header["n_peaks"], len(peaks))
                self.assertEqual(header["omega_deg"], entry["frames/omega_deg"][i])
                self.assertEqual(header.get("dropped"), "decode_error" if status[i] & 4 else None)
                for column in table.names:
                    self.assertEqual(peaks[column].tobytes(),
                                     entry["peaks"][column][rows].astype(table[column]).tobytes(), column)
            ledger = {name: int(count[()]) for name, count in entry["ledger"].items()}
        end = listener.of_type("scan_end")[0][0]
        self.assertEqual(end["exit_status"], "incomplete")
        self.assertEqual(end["ledger"], {name: ledger[name] for name in end["ledger"]})
        file = listener.of_type("file_finalised")[0][0]
        self.assertEqual(file["path"], path)
        content = pathlib.Path(path).read_bytes()
        self.assertEqual((file["sha256"], file["bytes"]), (hashlib.sha256(content).hexdigest(), len(content)))
        numbers = [h["seq"] for h, _ in listener.messages if "welcome" not in h]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_one_that_joins_in_mid_scan_learns_what_the_scan_is(self):
        daemon, bind, endpoint = self.daemon()
        listener = None
        sender = threading.Thread(target=braggd, args=("send", self.scan, "--bind", bind, "--rate", 20), daemon=True)
        sender.start()
        time.sleep(1)
        listener = Listener(endpoint)
        report = daemon.reports()[0]
        sender.join()
        listener.join(60 * SLOW)
        self.assertEqual(report["exit_status"], "complete")
        first = listener.messages[0][0]
        self.assertEqual((first["type"], first["scan_id"]), ("scan_start", report["scan_id"]))
        frames = [h["frame"] for h, _ in listener.of_type("frame")]
        self.assertEqual(sorted(frames), list(range(min(frames), 60)))

    def test_a_subscriber_that_is_stopped_changes_nothing_of_what_is_written(self):
        daemon, bind, endpoint = self.daemon(scans=3)
        listener = Listener(endpoint, until=3)
        self.assertTrue(listener.joined.wait(30 * SLOW))
        stuck = subprocess.Popen([sys.executable, "-c", STUCK, endpoint], stdout=subprocess.PIPE, text=True,
                                 start_new_session=True)  # whoever is left with a stopped process in its group is hung up
        self.addCleanup(stuck.stdout.close)
        self.addCleanup(stuck.wait)
        self.addCleanup(stuck.kill)
        seconds = []
        for i in range(3):
            begun = time.monotonic()
            braggd("send", self.scan, "--bind", bind, "--scan-id", f"s{i}", "--rate", 60)
            seconds.append(time.monotonic() - begun)
            if i == 0:
                self.assertEqual(stuck.stdout.readline(), "joined\n")
                os.kill(stuck.pid, signal.SIGSTOP)
        reports = daemon.reports(expect=0)
        listener.join(60 * SLOW)
        for report in reports:
            ledger = read_ledger(report["outputs"][0])
            self.assertEqual((ledger["written"], ledger["expected"]), (60, 60))
        self.assertEqual(len(reports), 3)
        self.assertEqual(len(listener.of_type("frame")), 180)
        self.same_results(reports[0]["outputs"][0], reports[2]["outputs"][0])

    def test_the_example_prints_the_peaks_of_every_frame(self):
        daemon, bind, endpoint = self.daemon()
        script = subprocess.Popen([sys.executable, SOURCE / "config/live/plot_live.py", "--connect", endpoint, "--once",
                                   "--plain"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(script.kill)
        time.sleep(1.5 * SLOW)
        braggd("send", self.scan, "--bind", bind)
        report = daemon.reports(expect=0)[0]
        out, _ = script.communicate(timeout=30 * SLOW)
        self.assertEqual(script.returncode, 0)
        lines = [line.split() for line in out.splitlines()]
        with h5py.File(report["outputs"][0]) as f:
            counts = f["entry/frames/n_peaks"][:]
        self.assertEqual({int(line[1]): int(line[2]) for line in lines}, dict(enumerate(counts)))

    def test_an_endpoint_that_is_taken_is_said_before_anything_runs(self):
        context = zmq.Context()
        self.addCleanup(context.destroy, 0)
        holder = context.socket(zmq.XPUB)
        port = holder.bind_to_random_port("tcp://127.0.0.1")
        path = self.pipeline((COUNTING % 4) + "  - {type: publish, bind: 'tcp://127.0.0.1:%d'}\n" % port)
        answer = braggd("replay", self.scan, "-p", path, "-o", self.work / "out", expect=78)
        self.assertIn("is another publisher running?", answer.stderr)
        self.assertFalse((self.work / "out").exists())


if __name__ == "__main__":
    unittest.main()
