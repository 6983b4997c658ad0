"""What other systems' users have reported, a rule for each, and what braggd does: the table at the end."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

import h5py
import numpy as np
import zmq

from braggd_test import COUNTING, PROGRAM, SLOW, braggd, free_ports, limited_time, read_ledger, simulate
from service_test import TOKEN, ServiceTest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SLOW_WRITES = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
#include <sys/types.h>
/* A file system that does not answer while a file says so. */
static void hang(void) { while (access(HOLD, F_OK) == 0) usleep(20000); }
ssize_t pwrite64(int f, const void* b, size_t n, off_t o) {
  static ssize_t (*real)(int, const void*, size_t, off_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
  hang();
  return real(f, b, n, o);
}
ssize_t pwrite(int f, const void* b, size_t n, off_t o) {
  static ssize_t (*real)(int, const void*, size_t, off_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite");
  hang();
  return real(f, b, n, o);
}
"""


class Rules(ServiceTest):
    table = {}

    def run(self, result=None):
        bad = len(result.failures) + len(result.errors) if result else 0
        skipped = len(result.skipped) if result else 0
        super().run(result)
        name = self._testMethodName
        if result is not None and name.startswith("test_rule_"):
            outcome = ("failed" if len(result.failures) + len(result.errors) > bad
                       else "skipped" if len(result.skipped) > skipped else "holds")
            Rules.table[int(name.split("_")[2])] = (name[len("test_rule_00_"):].replace("_", " "), outcome)

    @classmethod
    def tearDownClass(cls):
        print("\n| rule | test | result |\n| --- | --- | --- |", file=sys.stderr)
        for number, (name, outcome) in sorted(cls.table.items()):
            print(f"| {number} | {name} | {outcome} |", file=sys.stderr)

    def scan(self, frames=30, rows=128, cols=128):
        path = self.work / f"scan-{frames}-{rows}.h5"
        if not path.exists():
            simulate(path, frames, rows, cols)
        return path

    def started(self, *settings, **more):
        service = self.service(self.stream_pipeline(**more.pop("source", {})), *settings, **more)
        service.wait_for(lambda s: s["ready"])
        return service

    def record(self, service, scans):
        service.wait_for(lambda s: s["scans_finished"] == scans and s["state"] in ("idle", "draining"))
        return service.get("/api/v1/scans").json["scans"][0]

    def complete(self, record, frames):
        self.assertEqual((record["exit_status"], record["ledger"]["written"]), ("complete", frames), record)
        self.closes(read_ledger(record["outputs"][0]))

    def test_rule_01_ready_is_told_when_the_sockets_are_open_and_a_header_that_was_lost_is_survived(self):
        service = self.started()
        self.send(self.scan(), "--faults", "missing_start", "--scan-id", "headless")
        self.send(self.scan(), "--scan-id", "whole")
        self.complete(self.record(service, 1), 30)
        status = service.wait_for(lambda s: s["strays"]["stale"] == 30 and s["alarms"])
        self.assertIn("before the detector is armed", service.alarm(status, "messages_of_no_scan")["hint"])

    def test_rule_02_what_is_left_of_an_aborted_series_does_not_block_the_next_and_is_counted(self):
        service = self.started()
        sender = self.send(self.scan(200), "--rate", 40, "--scan-id", "one", wait=False)
        service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 3)
        service.post("/api/v1/abort")
        service.wait_for(lambda s: s["strays"]["late"] > 2)
        sender.kill()
        sender.wait()
        self.send(self.scan(), "--scan-id", "two")
        self.complete(self.record(service, 2), 30)

    def test_rule_03_a_second_client_that_steals_frames_is_reported(self):
        service = self.started("source.idle_timeout_s=2")
        thief = zmq.Context.instance().socket(zmq.PULL)
        self.addCleanup(thief.close, 0)
        sender = self.send(self.scan(120), "--rate", 60, wait=False)
        service.wait_for(lambda s: s["state"] == "running")  # the header has come to the right one
        thief.connect(self.endpoint)
        sender.wait(60 * SLOW)
        record = self.record(service, 1)
        self.assertEqual(record["exit_status"], "incomplete")
        self.assertIn("another client seems to be connected", record["reason"])

    def test_rule_04_what_the_network_loses_is_in_the_ledger_by_number(self):
        service = self.started()
        self.send(self.scan(), "--faults", "drop=3", "--seed", 7)
        record = self.record(service, 1)
        self.assertEqual((record["ledger"]["missing"], record["ledger"]["written"]), (3, 27))
        with h5py.File(record["outputs"][0]) as f:
            status = f["entry/frames/status"][:]
        self.assertEqual(int((status & 1 > 0).sum()), 3)

    def test_rule_05_what_waits_is_bounded_by_bytes(self):
        budget = 8 << 20
        service = self.started(f"engine.memory={budget}", "source.receive_bytes=8 MiB", "source.max_message_bytes=1 MiB",
                               "engine.threads=1")
        before = self.peak_bytes(service)
        self.send(self.scan(300, 512, 512), "--encoding", "raw")
        self.complete(self.record(service, 1), 300)  # 150 MiB went through
        if SLOW == 1:
            self.assertLess(self.peak_bytes(service) - before, 80 << 20)

    def peak_bytes(self, service):
        text = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmHWM"))) << 10

    def hanging_disk(self):
        if SLOW > 1 or not shutil.which("cc"):
            self.skipTest("needs a compiler, and no sanitizer")
        hold = self.work / "hold"
        (self.work / "slow.c").write_text(SLOW_WRITES.replace("HOLD", json.dumps(str(hold))))
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.work / "slow.so", self.work / "slow.c", "-ldl"], check=True)
        return hold, {"LD_PRELOAD": str(self.work / "slow.so")}

    def test_rule_06_a_file_system_that_hangs_is_an_alarm_and_the_page_answers(self):
        hold, env = self.hanging_disk()
        service = self.started("service.stalled_after_s=1", env=env)
        hold.touch()
        sender = self.send(self.scan(200), wait=False)
        status = service.wait_for(lambda s: service.alarm(s, "pipeline_stalled"))
        self.assertIn("file system", service.alarm(status, "pipeline_stalled")["hint"])
        with limited_time(1):
            service.status()
        hold.unlink()
        sender.wait(60)
        self.complete(self.record(service, 1), 200)
        service.wait_for(lambda s: s["health"] == "ok")

    def test_rule_07_stop_drains_and_abort_discards(self):
        service = self.started()
        for number, (order, outcome) in enumerate((("stop", "incomplete"), ("abort", "aborted"))):
            sender = self.send(self.scan(200), "--rate", 50, "--scan-id", order, wait=False)
            service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 3)
            self.assertEqual(service.post(f"/api/v1/{order}").status, 202)
            record = self.record(service, number + 1)
            self.assertEqual(record["exit_status"], outcome)
            self.assertEqual(record["ledger"]["dropped_total"] == 0, order == "stop")
            sender.kill()
            sender.wait()
            if order == "stop":
                service.post("/api/v1/start")
                service.wait_for(lambda s: s["ready"])

    def test_rule_08_scans_of_one_and_two_frames_and_of_none_that_arrive(self):
        service = self.started()
        for number, frames in enumerate((1, 2), 1):
            self.send(self.scan(frames), "--scan-id", f"of {frames}")
            self.complete(self.record(service, number), frames)
        self.send(self.scan(1), "--scan-id", "of none", "--faults", "drop=1")
        record = self.record(service, 3)
        self.assertEqual((record["exit_status"], record["ledger"]["missing"]), ("incomplete", 1))
        with h5py.File(record["outputs"][0]) as f:
            self.assertEqual(f["entry/frames/status"].shape, (1,))

    def test_rule_09_slow_writing_is_a_warning_and_then_an_alarm_never_silent(self):
        hold, env = self.hanging_disk()
        service = self.started("service.stalled_after_s=3", "engine.memory=4 MiB", env=env)
        hold.touch()
        sender = self.send(self.scan(300), wait=False)
        status = service.wait_for(lambda s: s["health"] == "warning")
        self.assertEqual(service.alarm(status, "pipeline_stalled")["severity"], "warning")
        status = service.wait_for(lambda s: s["health"] == "alarm")
        self.assertEqual(service.alarm(status, "pipeline_stalled")["severity"], "alarm")
        hold.unlink()
        sender.wait(60)
        self.complete(self.record(service, 1), 300)

    def test_rule_10_what_another_run_left_behind_does_not_hang_the_start(self):
        path = self.work / "socket"
        self.endpoint = f"ipc://{path}"
        first = self.service(self.stream_pipeline(connect="[]", bind=f"'{self.endpoint}'"))
        first.wait_for(lambda s: s["ready"])
        first.process.kill()
        first.process.wait()
        self.assertTrue(path.exists())
        with limited_time(5):
            second = self.service(self.stream_pipeline(connect="[]", bind=f"'{self.endpoint}'"))
            second.wait_for(lambda s: s["ready"])

    def test_rule_11_the_configuration_of_a_running_scan_does_not_change(self):
        service = self.started()
        path = self.work / "pipeline.yaml"
        sender = self.send(self.scan(90), "--rate", 60, wait=False)
        service.wait_for(lambda s: s["state"] == "running")
        text = path.read_text()
        path.write_text(text.replace("at_least: 5", "at_least: 500000"))
        self.assertEqual(service.post("/api/v1/pipeline/reload").status, 202)
        sender.wait(60 * SLOW)
        record = self.record(service, 1)
        self.complete(record, 90)
        with h5py.File(record["outputs"][0]) as f:
            per_frame = f["entry/peaks_per_frame/count"][:] if "entry/peaks_per_frame/count" in f else None
            stored = f["entry/process/configuration"][()].decode() if "entry/process/configuration" in f else text
        self.assertEqual(stored, text)
        if per_frame is not None:
            self.assertGreater(int(per_frame[-30:].sum()), 0)

    def test_rule_12_budgets_of_one_two_and_many_frames_lose_nothing(self):
        one = int(json.loads(braggd("list", "engine", "--json").stdout)["options"][2]["minimum"])
        for factor in (1, 2, 1000):
            service = self.started(f"engine.memory={one * factor}", "source.receive_bytes=1 MiB",
                                   "source.max_message_bytes=200 kB")
            self.send(self.scan(300), "--scan-id", f"x{factor}")
            self.complete(self.record(service, 1), 300)
            service.end()

    def test_rule_13_two_files_at_once_hold_the_same(self):
        pipeline = self.stream_pipeline()
        text = pipeline.read_text()
        pipeline.write_text(text.replace("sinks:\n", "sinks:\n  - {type: nexus_file, name: second, from: locate_peaks, "
                                         "directory: copies}\n"))
        service = self.service(pipeline)
        service.wait_for(lambda s: s["ready"])
        self.send(self.scan(200))
        record = self.record(service, 1)
        self.complete(record, 200)
        self.assertEqual(len(record["outputs"]), 2)
        self.same_results(*record["outputs"])

    def test_rule_14_a_crash_leaves_no_file_that_looks_whole_and_the_next_start_is_not_in_its_way(self):
        service = self.started()
        sender = self.send(self.scan(200), "--rate", 40, "--scan-id", "scan", wait=False)
        service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 3)
        service.process.kill()
        service.process.wait()
        sender.kill()
        sender.wait()
        self.assertEqual([p.name for p in (self.work / "results").iterdir()], ["scan.h5.part"])
        again = self.started()
        self.send(self.scan(200), "--scan-id", "scan")
        record = self.record(again, 1)
        self.complete(record, 200)

    def test_rule_15_an_aborted_scan_is_one_file_that_says_which_frames_are_absent(self):
        service = self.started()
        sender = self.send(self.scan(200), "--rate", 40, wait=False)
        service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 3)
        service.post("/api/v1/abort")
        record = self.record(service, 1)
        sender.kill()
        with h5py.File(record["outputs"][0]) as f:
            self.assertEqual(f["entry/exit_status"][()].decode(), "aborted")
            status = f["entry/frames/status"][:]
            self.assertFalse(any(isinstance(f.get(name, getlink=True), h5py.ExternalLink) for name in f))
        self.assertEqual(len(status), 200)
        self.assertGreater(int((status != 0).sum()), 100)

    def test_rule_16_a_file_is_closed_when_it_is_named_and_a_reader_blocks_nobody(self):
        service = self.started()
        self.send(self.scan(), "--scan-id", "one")
        first = self.record(service, 1)["outputs"][0]
        with h5py.File(first, "r") as reader:
            self.send(self.scan(), "--scan-id", "two")
            self.complete(self.record(service, 2), 30)
            self.assertEqual(reader["entry/exit_status"][()].decode(), "complete")

    def test_rule_17_a_frame_that_never_comes_is_not_waited_for_for_ever(self):
        service = self.started()
        with limited_time(10):
            self.send(self.scan(), "--faults", "drop=1")
            record = self.record(service, 1)
        self.assertEqual((record["ledger"]["missing"], record["ledger"]["written"]), (1, 29))

    def test_rule_18_operators_ask_the_program_and_not_ps(self):
        service = self.started()
        told = braggd("status", "--at", service.port).stdout
        self.assertIn("idle, ready for scans, health ok", told)
        unit = (SOURCE / "config/systemd/braggd@.service").read_text()
        self.assertIn("\nUser=braggd\n", unit)
        absent = braggd("status", "--at", free_ports(1)[0], expect=None)
        self.assertIn("no service answers", absent.stderr)
        self.assertNotEqual(absent.returncode, 0)

    def test_rule_19_the_start_takes_less_than_a_second(self):
        with limited_time(1 if SLOW == 1 else 3):
            self.started()

    def test_rule_20_a_model_that_does_not_fit_is_found_before_a_scan_runs(self):
        pipeline = self.stream_pipeline()
        text = pipeline.read_text()
        pipeline.write_text(text.replace("{type: locate_peaks}", "{type: locate_peaks, by: network, model: "
                                         f"{SOURCE / 'models/rei-demo'}}}"))
        refused = braggd("run", pipeline, expect=78)
        self.assertIn("pipeline.yaml:6:", refused.stderr)
        self.assertIn("model", refused.stderr)

    def test_rule_21_times_of_images_which_are_rationals_are_not_taken_for_seconds(self):
        unit = os.environ.get("BRAGGD_UNIT_WIRE")
        if not unit:
            self.skipTest("BRAGGD_UNIT_WIRE does not name the unit tests of wire/")
        answer = subprocess.run([unit, "--gtest_filter=Stream2*"], capture_output=True, text=True)
        self.assertEqual(answer.returncode, 0, answer.stdout)
        self.assertRegex(answer.stdout, r"\[  PASSED  \] [1-9]")

    def test_rule_22_a_file_is_announced_when_it_is_whole_and_not_before(self):
        endpoint = f"tcp://127.0.0.1:{free_ports(1)[0]}"
        pipeline = self.stream_pipeline()
        text = pipeline.read_text()
        pipeline.write_text(text.replace("sinks:\n", f"sinks:\n  - {{type: publish, from: locate_peaks, bind: '{endpoint}'}}\n"
                                         ).replace("{type: nexus_file,", "{type: nexus_file, from: locate_peaks,"))
        service = self.service(pipeline)
        listener = zmq.Context.instance().socket(zmq.SUB)
        self.addCleanup(listener.close, 0)
        listener.setsockopt(zmq.SUBSCRIBE, b'{"type":"file_finalised"')
        listener.connect(endpoint)
        service.wait_for(lambda s: s["ready"])
        time.sleep(0.3 * SLOW)
        self.send(self.scan())
        self.assertTrue(listener.poll(30000 * SLOW))
        told = json.loads(listener.recv_multipart()[0])
        self.assertEqual(hashlib.sha256(pathlib.Path(told["path"]).read_bytes()).hexdigest(), told["sha256"])


if __name__ == "__main__":
    unittest.main()
