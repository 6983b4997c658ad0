"""The service: state, orders, alarms, reload, HTTP as it is described, notifications."""
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from braggd_test import PROGRAM, SLOW, braggd, read_ledger, simulate
from service_test import TOKEN, Notifications, ServiceTest


class States(ServiceTest):
    def test_a_scan_passes_from_idle_over_running_to_idle_and_is_remembered(self):
        scan = self.work / "scan.h5"
        simulate(scan, 60, 128, 128)
        service = self.service(self.stream_pipeline())
        self.assertEqual(service.wait_for(lambda s: s["ready"])["state"], "idle")
        self.assertEqual(pathlib.Path(f"/proc/{service.process.pid}/comm").read_text(), "braggd\n", "as ps and top show it")
        sender = self.send(scan, "--rate", 40, wait=False)
        seen = service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 5)
        self.assertEqual(seen["scan"]["expected"], 60)
        self.assertEqual(seen["health"], "ok")
        self.assertGreater(seen["scan"]["peaks"], 0)
        sender.wait(60 * SLOW)
        done = service.wait_for(lambda s: s["scans_finished"] == 1 and s["state"] == "idle")
        self.assertEqual(done["ledger_total"]["written"], 60)
        record = service.get("/api/v1/scans").json["scans"][0]
        self.assertEqual(record["exit_status"], "complete")
        self.assertEqual(service.get(f"/api/v1/scans/{record['scan_id']}").json, record)
        self.assertTrue(pathlib.Path(record["outputs"][0]).exists())
        self.assertEqual(service.end(), 0)

    def test_a_scan_begins_while_the_one_before_is_being_finished(self):
        scan = self.work / "scan.h5"
        simulate(scan, 200, 256, 256)
        service = self.service(self.stream_pipeline(), "engine.threads=1")
        service.wait_for(lambda s: s["ready"])
        for number in range(5):
            self.send(scan, "--scan-id", f"scan-{number}")
        service.wait_for(lambda s: s["scans_finished"] == 5)
        for record in service.get("/api/v1/scans").json["scans"]:
            self.assertEqual(record["exit_status"], "complete", record)
            self.closes(read_ledger(record["outputs"][0]))

    def test_stop_drains_and_abort_discards(self):
        scan = self.work / "scan.h5"
        simulate(scan, 300, 128, 128)
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        sender = self.send(scan, "--rate", 30, wait=False)
        service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 3)
        self.assertEqual(service.check("/api/v1/abort", "post", service.post("/api/v1/abort")).status, 202)
        aborted = service.wait_for(lambda s: s["scans_finished"] == 1)
        self.assertTrue(aborted["ready"], "the next scan is taken")
        record = service.get("/api/v1/scans").json["scans"][0]
        self.assertEqual(record["exit_status"], "aborted")
        sender.kill()
        sender.wait()
        sender = self.send(scan, "--rate", 30, "--scan-id", "second", wait=False)
        service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 3)
        self.assertEqual(service.post("/api/v1/stop").status, 202)
        stopped = service.wait_for(lambda s: s["scans_finished"] == 2 and s["state"] == "idle")
        self.assertFalse(stopped["ready"])
        record = service.get("/api/v1/scans/second").json
        self.assertEqual(record["exit_status"], "incomplete")
        self.assertIn("stopped by request", record["reason"])
        self.closes(read_ledger(record["outputs"][0]))
        self.assertEqual(service.post("/api/v1/stop").status, 409)
        sender.kill()
        sender.wait()
        self.assertEqual(service.post("/api/v1/start").status, 202)
        service.wait_for(lambda s: s["ready"])
        self.send(scan, "--scan-id", "third")
        service.wait_for(lambda s: s["scans_finished"] == 3)
        self.assertEqual(service.get("/api/v1/scans/third").json["exit_status"], "complete")


class Alarms(ServiceTest):
    def test_frames_that_never_come_are_an_alarm_until_a_scan_is_complete(self):
        scan = self.work / "scan.h5"
        simulate(scan, 30, 128, 128)
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        self.send(scan, "--faults", "drop=4")
        status = service.wait_for(lambda s: s["scans_finished"] == 1 and s["alarms"])
        alarm = service.alarm(status, "frames_missing")
        self.assertIn("4 of 30 frames had not arrived", alarm["text"])
        self.assertIn("edge nodes", alarm["hint"])
        self.assertEqual(status["health"], "warning")
        self.send(scan, "--scan-id", "again")
        self.assertEqual(service.wait_for(lambda s: s["scans_finished"] == 2 and s["state"] == "idle")["health"], "ok")

    def test_a_silent_source_and_a_low_disk_are_alarms_while_they_last(self):
        scan = self.work / "scan.h5"
        simulate(scan, 40, 128, 128)
        service = self.service(self.stream_pipeline(), "service.silent_after_s=0.5", "service.disk_low=1000 TB")
        status = service.wait_for(lambda s: s["ready"] and s["alarms"])
        self.assertIn("are left in", service.alarm(status, "disk_low")["text"])
        self.send(scan, "--faults", f"stall={2 * SLOW:g}", wait=False)
        service.wait_for(lambda s: service.alarm(s, "source_silent"))
        service.wait_for(lambda s: s["scans_finished"] == 1 and not service.alarm(s, "source_silent"))

    def test_an_output_that_cannot_be_written_is_an_alarm_and_the_next_scan_is_taken(self):
        scan = self.work / "scan.h5"
        simulate(scan, 20, 128, 128)
        results = self.work / "results"
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        results.write_text("a file where a directory should be")
        self.send(scan)
        status = service.wait_for(lambda s: s["scans_finished"] == 1)
        self.assertEqual(service.alarm(status, "output_failed")["severity"], "alarm")
        self.assertEqual(status["health"], "alarm")
        self.assertTrue(status["ready"])
        results.unlink()
        self.send(scan, "--scan-id", "again")
        status = service.wait_for(lambda s: s["scans_finished"] == 2 and s["state"] == "idle")
        self.assertEqual(status["health"], "ok")
        self.assertEqual(service.get("/api/v1/scans/again").json["exit_status"], "complete")


class Reload(ServiceTest):
    def setUp(self):
        super().setUp()
        self.scan = self.work / "scan.h5"
        simulate(self.scan, 40, 128, 128)
        self.path = self.stream_pipeline()
        self.service_ = self.service(self.path)
        self.service_.wait_for(lambda s: s["ready"])

    def change(self, old, new):
        text = self.path.read_text()
        self.assertIn(old, text)
        self.path.write_text(text.replace(old, new))

    def test_a_new_configuration_is_taken_with_the_next_scan_and_can_be_taken_back(self):
        service = self.service_
        first = service.status()["configuration_sha256"]
        sender = self.send(self.scan, "--rate", 40, wait=False)
        service.wait_for(lambda s: s["state"] == "running")
        self.change("at_least: 5", "at_least: 500000")
        answer = service.check("/api/v1/pipeline/reload", "post", service.post("/api/v1/pipeline/reload"))
        self.assertTrue(answer.json["changed"])
        self.assertEqual(service.status()["configuration_sha256"], first, "the running scan is untouched")
        self.assertNotEqual(service.get("/api/v1/pipeline").json["pending_sha256"], None)
        sender.wait(60 * SLOW)
        service.wait_for(lambda s: s["scans_finished"] == 1)
        self.send(self.scan, "--scan-id", "second")
        service.wait_for(lambda s: s["scans_finished"] == 2)
        scans = service.get("/api/v1/scans").json["scans"]
        self.assertEqual([s["peaks"] > 0 for s in scans], [False, True])
        self.assertEqual(scans[1]["configuration_sha256"], first)
        self.assertNotEqual(scans[0]["configuration_sha256"], first)
        self.assertEqual(service.post("/api/v1/pipeline/rollback").status, 202)
        self.send(self.scan, "--scan-id", "third")
        service.wait_for(lambda s: s["scans_finished"] == 3)
        third = service.get("/api/v1/scans/third").json
        self.assertEqual(third["configuration_sha256"], first)
        self.assertEqual(third["peaks"], scans[1]["peaks"])
        history = service.check("/api/v1/pipeline", "get", service.get("/api/v1/pipeline")).json["history"]
        self.assertEqual([h["outcome"] for h in history], ["running", "replaced", "replaced"])

    def test_a_configuration_with_mistakes_is_refused_with_all_of_them_and_changes_nothing(self):
        service = self.service_
        first = service.status()["configuration_sha256"]
        self.change("at_least: 5", "at_leest: 5")
        self.change("locate_peaks", "locate_peeks")
        answer = service.check("/api/v1/pipeline/reload", "post", service.post("/api/v1/pipeline/reload"))
        self.assertEqual(answer.status, 422)
        self.assertEqual(len(answer.json["problems"]), 2)
        self.assertIn("did you mean 'at_least'", answer.json["detail"])
        status = service.status()
        self.assertEqual(service.alarm(status, "configuration_rejected")["severity"], "warning")
        self.send(self.scan)
        service.wait_for(lambda s: s["scans_finished"] == 1)
        record = service.get("/api/v1/scans").json["scans"][0]
        self.assertEqual((record["exit_status"], record["configuration_sha256"]), ("complete", first))

    def test_one_that_fails_to_start_is_rolled_back_and_the_scan_is_taken_with_the_one_before(self):
        service = self.service_
        first = service.status()["configuration_sha256"]
        import h5py
        import numpy as np
        with h5py.File(self.work / "dark.h5", "w") as f:
            f["dark"] = np.zeros((64, 64), np.float32)  # not the detector's shape, which only a scan tells
        self.change("stages:\n", "stages:\n  - {type: subtract_dark, file: dark.h5}\n")
        self.assertEqual(service.post("/api/v1/pipeline/reload").status, 202)
        self.send(self.scan)
        status = service.wait_for(lambda s: s["scans_finished"] == 1)
        record = service.get("/api/v1/scans").json["scans"][0]
        self.assertEqual((record["exit_status"], record["configuration_sha256"]), ("complete", first))
        self.assertIn("dark", service.alarm(status, "configuration_rejected")["text"])
        outcomes = [h["outcome"] for h in service.get("/api/v1/pipeline").json["history"]]
        self.assertEqual(outcomes, ["rolled back", "running"])

    def test_the_signal_hup_reloads_and_a_changed_source_is_opened_anew(self):
        service = self.service_
        old, self.endpoint = self.endpoint, self.endpoint[:-1] + ("1" if self.endpoint[-1] != "1" else "2")
        self.change(old, self.endpoint)
        service.process.send_signal(signal.SIGHUP)
        service.wait_for_log("the configuration is in order and waits")
        self.send(self.scan)
        service.wait_for(lambda s: s["scans_finished"] == 1)
        self.assertEqual(service.get("/api/v1/scans").json["scans"][0]["exit_status"], "complete")


class Verbs(ServiceTest):
    def test_orders_from_the_command_line_do_what_those_over_http_do(self):
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])

        def order(verb, expect=0):
            return braggd(verb, "--at", service.port, "--token-file", self.work / "token", expect=expect)

        self.assertIn("not taking scans", order("stop").stdout + braggd("status", "--at", service.port).stdout)
        service.wait_for(lambda s: not s["ready"])
        self.assertIn("no scans are being taken", order("stop", expect=65).stderr)
        order("start")
        service.wait_for(lambda s: s["ready"])
        self.assertIn("there is no scan to abort", order("abort", expect=65).stderr)
        order("reload")
        self.assertIn("no other configuration", order("rollback", expect=65).stderr)
        wrong = self.work / "wrong"
        wrong.write_text("another token altogether\n")
        self.assertIn("not the one", braggd("stop", "--at", service.port, "--token-file", wrong, expect=65).stderr)
        self.assertEqual(json.loads(braggd("status", "--at", service.port, "--json").stdout)["state"], "idle")
        top = subprocess.Popen([PROGRAM, "top", "--at", str(service.port)], stdout=subprocess.PIPE, text=True)
        self.assertIn("braggd", top.stdout.readline())
        top.kill()
        top.communicate()


class Notify(ServiceTest):
    def test_systemd_hears_that_it_is_ready_what_it_does_and_that_it_lives(self):
        manager = Notifications(self.work / "notify")
        self.addCleanup(manager.close)
        scan = self.work / "scan.h5"
        simulate(scan, 60, 128, 128)
        service = self.service(self.stream_pipeline(), env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "2000000"})
        heard = manager.listen(10, lambda: any(t == "READY=1" for _, t in manager.heard))
        self.assertIn("READY=1", heard)
        self.send(scan, "--rate", 30)
        service.wait_for(lambda s: s["scans_finished"] == 1)
        heard = manager.listen(2)
        self.assertTrue(any(t.startswith("STATUS=running scan ") and "/60 frames, 0 dropped, " in t for t in heard), heard)
        self.assertGreater(heard.count("WATCHDOG=1"), 2)
        service.end()
        self.assertIn("STOPPING=1", manager.listen(2))


if __name__ == "__main__":
    unittest.main()
