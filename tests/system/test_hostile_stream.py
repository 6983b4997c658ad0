"""Hostile messages on the wire: each is counted or refused with a message, and the next scan is served."""
import pathlib
import signal
import struct
import time
import unittest

import numpy as np
import zmq

from braggd_test import COUNTING, SLOW, BraggdTest, Daemon, free_ports, read_ledger


def cbor(value):
    """As much CBOR (RFC 8949) as the tests need; Tagged and Raw as they stand."""
    def head(major, number):
        for extra, size, form in ((24, 1, "B"), (25, 2, "H"), (26, 4, "I"), (27, 8, "Q")):
            if number < 24:
                return bytes([major << 5 | number])
            if number < 1 << (8 * size):
                return bytes([major << 5 | extra]) + struct.pack(">" + form, number)
        raise ValueError(number)
    if isinstance(value, Raw):
        return value.data
    if isinstance(value, Tagged):
        return head(6, value.tag) + cbor(value.content)
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


class Raw:
    def __init__(self, data):
        self.data = data


class Tagged:
    def __init__(self, tag, content):
        self.tag, self.content = tag, content


def start(scan, frames, rows=16, cols=16, **more):
    return cbor({"type": "start", "series_id": 1, "series_unique_id": scan, "image_size_x": cols, "image_size_y": rows,
                 "image_dtype": "uint16", "number_of_images": frames, "channels": ["one"], **more})


def image(scan, number, rows=16, cols=16, data=None, **more):
    pixels = np.full(rows * cols, 3, "<u2").tobytes() if data is None else data
    array = Tagged(40, [[rows, cols], Tagged(69, pixels)])
    return cbor({"type": "image", "series_id": 1, "series_unique_id": scan, "image_id": number, "data": {"one": array},
                 **more})


def end(scan):
    return cbor({"type": "end", "series_id": 1, "series_unique_id": scan})


class HostileStreamBase(BraggdTest):
    more_sinks = ""

    def setUp(self):
        super().setUp()
        port = free_ports(1)[0]
        text = (COUNTING % 5).replace("{type: replay}", "{type: stream2, connect: 'tcp://127.0.0.1:%d', "
                                      "close_timeout_s: 0.5, idle_timeout_s: 1}" % port)
        text += self.more_sinks
        self.daemon = Daemon(self.pipeline(text), "engine.memory=64 MiB")
        self.context = zmq.Context()
        self.addCleanup(lambda: self.context.destroy(linger=0))
        self.socket = self.context.socket(zmq.PUSH)
        self.socket.bind(f"tcp://127.0.0.1:{port}")
        self.socket.setsockopt(zmq.SNDTIMEO, int(10000 * SLOW))

    def send(self, *messages):
        for message in messages:
            self.socket.send(message)

    def finish(self):
        """A good scan last: the daemon must still be there for it."""
        self.send(start("good", 2), image("good", 0), image("good", 1), end("good"))
        deadline = time.monotonic() + 30 * SLOW
        while not (self.work / "results/good.h5").exists():
            self.assertLess(time.monotonic(), deadline, "the good scan was not served")
            self.assertIsNone(self.daemon.process.poll(), "the daemon has ended")
            time.sleep(0.05)
        with open(f"/proc/{self.daemon.process.pid}/status") as status:
            self.peak_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        self.daemon.signal(signal.SIGTERM)
        reports = self.daemon.reports(timeout=30)
        self.assertEqual(reports[-1]["scan_id"], "good", self.daemon.log)
        self.assertEqual(reports[-1]["exit_status"], "complete")
        for report in reports:
            self.closes(read_ledger(report["outputs"][0]))
        if SLOW == 1:
            self.assertLess(self.peak_kib, 400 * 1024, "memory beyond the budgets")
        return reports[:-1]


class HostileStream(HostileStreamBase):
    def test_a_frame_beyond_the_memory_budget_fails_its_scan_and_no_other(self):
        self.send(start("huge", 2, 65535, 65535), image("huge", 0), image("huge", 1), end("huge"))
        report = self.finish()[0]
        self.assertEqual(report["exit_status"], "failed")
        self.assertIn("raise engine.memory", report["reason"])

    def test_absurd_starts_are_refused_or_understood_without_their_absurdities(self):
        self.send(start("side", 2, 1 << 40, 7), start("zero", 2, 0, 0), start("many", 1 << 62),
                  start("nan", 1, incident_wavelength=float("nan"), beam_center_x=float("inf"), pixel_size_x=-1.0,
                        goniometer={"omega": {"start": float("nan"), "increment": float("inf")}}),
                  image("nan", 0), end("nan"))
        reports = self.finish()
        self.assertEqual(next(r for r in reports if r["scan_id"] == "nan")["exit_status"], "complete")
        self.assertLessEqual(len(reports), 4)

    def test_messages_that_are_no_cbor_or_lie_about_their_lengths_are_counted(self):
        good = image("lies", 1)
        lying = [b"", b"\xff" * 40, b"\xa4", b"\xbb" + b"\xff" * 8, b"\x5b" + b"\xff" * 8, b"\x9f" * 5000, b"\xd8" * 3000,
                 good[:40], good.replace(b"\x59\x02\x00", b"\x5b" + b"\x7f" * 8, 1),
                 cbor({"type": "image", "series_number": 3, "image_number": 2})]
        self.send(start("lies", 3), image("lies", 0), *lying, image("lies", 2), end("lies"))
        report = self.finish()[0]
        ledger = report["ledger"]
        self.assertEqual(report["exit_status"], "incomplete")
        self.assertEqual(ledger["written"], 2)
        self.assertGreaterEqual(ledger["unreadable"], 6)

    def test_pixels_that_do_not_fit_their_frame_drop_the_frame(self):
        chunk = Tagged(56500, ["bslz4", 2, struct.pack(">QI", 1 << 62, 8192) + b"\0" * 40])
        wrong = [Tagged(40, [[16, 16], Tagged(69, chunk)]), Tagged(40, [[16, 16], Tagged(69, b"short")]),
                 Tagged(40, [[1 << 33, 1 << 33], Tagged(69, b"")]), Tagged(40, [[16, 17], Tagged(69, b"\0" * 544)]),
                 Tagged(40, [[16, 16], Tagged(82, b"\0" * 512)]), Raw(b"\xf6"),
                 Tagged(40, [[16, 16], Tagged(70, b"\0" * 1024)])]
        messages = [cbor({"type": "image", "series_id": 1, "series_unique_id": "fit", "image_id": i, "data": {"one": array}})
                    for i, array in enumerate(wrong)]
        self.send(start("fit", len(wrong) + 1), *messages, image("fit", len(wrong)), end("fit"))
        ledger = self.finish()[0]["ledger"]
        self.assertEqual(ledger["received"], len(wrong) + 1)
        self.assertEqual(ledger["written"], 1)

    def test_a_scan_id_cannot_leave_the_directory(self):
        for scan in ("../../escape", "/etc/passwd", "a\nb", "x" * 3000):
            self.send(start(scan, 1), image(scan, 0), end(scan))
        for report in self.finish():
            self.assertTrue(report["outputs"][0].startswith(str(self.work / "results") + "/"), report["outputs"])
            self.assertNotIn("/", report["outputs"][0][len(str(self.work / "results/")) + 1:])


class HostileNames(HostileStreamBase):
    more_sinks = "  - {type: rei_patches, directory: patches}\n"

    def test_no_scan_id_leaves_the_directory_of_any_sink(self):
        ids = ["../up", "/etc/passwd", "..", ".", "", "a\0b", "\x1b[2J\r\n", "x" * 10_000, "Case", "case", "a/../../b",
               "nul\0/../c", "con:$(id)`id`;*", "\u202eevil", "-rf", ".hidden", "caf\u00e9"]
        for scan in ids:
            self.send(start(scan, 1), image(scan, 0), end(scan))
        before = {p.name for p in self.work.iterdir()} | {"results", "patches"}
        reports = self.finish()
        self.assertEqual(len(reports), len(ids), "some scan was not served")
        for report in reports:
            self.assertNotRegex(report["scan_id"], r"[\x00-\x1f\x7f]")
        files = set()
        for report in reports:
            self.assertEqual(len(report["outputs"]), 2, report)
            for path, folder in zip(report["outputs"], ("results", "patches")):
                path = pathlib.Path(path)
                self.assertEqual(path.parent, self.work / folder)
                self.assertRegex(path.name, r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,150}\.h5$")
                self.assertTrue(path.is_file() and not path.is_symlink())
                files.add(path)
        self.assertEqual(len(files), 2 * len(reports), "two scans share a file")
        self.assertEqual({p.name for p in self.work.iterdir()}, before)
        self.assertEqual({p for folder in ("results", "patches") for p in (self.work / folder).iterdir()} - files,
                         {self.work / "results/good.h5", self.work / "patches/good.patches.h5"})


if __name__ == "__main__":
    unittest.main()
