"""What the whole-program tests share: running braggd, the daemon's life, comparing result files.

Each test module is run as `python3 test_x.py`; BRAGGD names the program, BRAGGD_SHARED_DATA the shared data.
"""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import h5py
import numpy as np

PROGRAM = os.environ.get("BRAGGD", "build/release/src/braggd")
SHARED = pathlib.Path(os.environ.get("BRAGGD_SHARED_DATA", "../shared/data"))
# Sanitizer builds are slow: every wait is multiplied by this.
SLOW = float(os.environ.get("BRAGGD_TEST_SLOWNESS", "1"))

COUNTING = """version: 1
source: {type: replay}
stages:
  - {type: threshold, at_least: %g}
  - {type: find_components, min_pixels: 2, max_pixels: 1000}
  - {type: locate_peaks}
sinks:
  - {type: nexus_file, directory: results}
"""

# What may differ between two ways of computing the same scan: times, and how the bytes travelled.
TRANSPORT = {"received_ns", "wire_bytes", "bytes_received", "t_first_ns", "t_last_ns", "early"}


def braggd(*arguments, expect=0, timeout=300, env=None, cwd=None):
    """Runs the program; fails with its words where the exit code is another."""
    answer = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=timeout * SLOW,
                            env={**os.environ, **(env or {})}, cwd=cwd)
    if expect is not None and answer.returncode != expect:
        raise AssertionError(f"braggd {' '.join(map(str, arguments))} ended with {answer.returncode}, "
                             f"expected {expect}\n{answer.stdout}\n{answer.stderr}")
    return answer


def simulate(path, frames, rows, cols, *settings):
    """A small detector stands near enough to see the inner rings."""
    near = f"distance_m={min(rows, cols) / 1500:.3f}"
    sets = [f"frames={frames}", f"rows={rows}", f"cols={cols}", near, *settings]
    return braggd("simulate", path, *(word for s in sets for word in ("--set", s)))


def free_ports(count):
    """Ports on loopback that are free now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


class Daemon:
    """`braggd run --json`, ended by itself (source.scans) or by a signal."""

    def __init__(self, pipeline, *settings, env=None):
        sets = [word for s in settings for word in ("--set", s)]
        self.process = subprocess.Popen([PROGRAM, "run", str(pipeline), "--json", *sets], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})

    def reports(self, expect=None, timeout=120):
        """Waits for the end; the reports of its scans. What came beside them is then in `strays`."""
        try:
            out, self.log = self.process.communicate(timeout=timeout * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, self.log = self.process.communicate()
            raise AssertionError(f"the daemon did not end\n{out}\n{self.log}") from None
        if expect is not None and self.process.returncode != expect:
            raise AssertionError(f"the daemon ended with {self.process.returncode}, expected {expect}\n{self.log}")
        lines = [json.loads(line) for line in out.splitlines()]
        self.strays = next((line["strays"] for line in lines if "strays" in line), None)
        return [line for line in lines if "strays" not in line]

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)


def result_datasets(path):
    """Every result dataset of a file as (dtype, shape, bytes); provenance and timestamps left out."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and name.split("/")[-1] not in TRANSPORT:
            if name.split("/")[1] in {"frames", "peaks", "peaks_per_frame", "pixels", "ledger"}:
                value = item[()]
                found[name] = (str(item.dtype), item.shape, np.asarray(value).tobytes())

    with h5py.File(path, "r") as f:
        f.visititems(visit)
        found["exit_status"] = f["entry/exit_status"][()]
    return found


def read_ledger(path):
    with h5py.File(path, "r") as f:
        return {name: int(count[()]) for name, count in f["entry/ledger"].items()}


class BraggdTest(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="braggd-test-")
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)

    def pipeline(self, text, name="pipeline.yaml"):
        path = self.work / name
        path.write_text(text)
        return path

    def needs_networks(self):
        if "without LibTorch" in braggd("model", "verify", "nothing", expect=None).stdout:
            self.skipTest("built without LibTorch")

    def own_store(self):
        """Model stores of this test are in its own folder."""
        os.environ["BRAGGD_MODELS"] = str(self.work / "store")
        self.addCleanup(os.environ.pop, "BRAGGD_MODELS")

    def shared(self, relative):
        path = SHARED / relative
        if not path.exists():
            self.skipTest(f"shared data is absent: {path}")
        return path

    def same_results(self, one, other):
        a, b = result_datasets(one), result_datasets(other)
        self.assertEqual(sorted(a), sorted(b))
        for name in a:
            self.assertEqual(a[name], b[name], f"{name} differs between {one} and {other}")

    def closes(self, ledger):
        dropped = sum(count for name, count in ledger.items() if name.startswith("dropped_"))
        self.assertEqual(ledger["expected"], ledger["written"] + ledger["missing"] + dropped, ledger)
        self.assertEqual(ledger["received"], ledger["written"] + dropped, ledger)

    def stream(self, scan, senders=1, send=(), run=(), env=None, threshold=26, expect_run=None, timeout=120):
        """Sends `scan` into a daemon over TCP; the daemon's reports and the sender's ledger."""
        ports = free_ports(senders)
        endpoints = [f"tcp://127.0.0.1:{port}" for port in ports]
        pipeline = self.pipeline(COUNTING % threshold, "stream.yaml")
        text = pipeline.read_text().replace("{type: replay}", "{type: stream2, connect: [%s], scans: 1, "
                                            "close_timeout_s: 1, idle_timeout_s: 3}" % ", ".join(endpoints))
        pipeline.write_text(text)
        daemon = Daemon(pipeline, f"sinks.nexus_file.directory={self.work / 'streamed'}", *run, env=env)
        binds = [word for e in endpoints for word in ("--bind", e)]
        sender = braggd("send", scan, *binds, "--json", *send, timeout=timeout)
        reports = daemon.reports(expect=expect_run, timeout=timeout)
        self.log = daemon.log
        return reports, json.loads(sender.stdout)


@contextlib.contextmanager
def limited_time(seconds):
    start = time.monotonic()
    yield
    elapsed = time.monotonic() - start
    if elapsed > seconds * SLOW:
        raise AssertionError(f"took {elapsed:.1f} s, more than {seconds * SLOW:g} s")


if __name__ == "__main__":
    unittest.main()
