"""What goes wrong around a service: the scan goes on or ends as incomplete, an alarm names the cause, the next scan is taken."""
import http.server
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

import zmq

from braggd_test import SLOW, free_ports, read_ledger, simulate
from service_test import ServiceTest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>
/* The time of day less what a file says. */
int clock_gettime(clockid_t clock, struct timespec* t) {
  static int (*real)(clockid_t, struct timespec*);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int answer = real(clock, t);
  static _Thread_local int inside = 0;
  if (clock == CLOCK_REALTIME && !inside) {
    inside = 1;
    FILE* f = fopen(OFFSET, "r");
    long seconds = 0;
    if (f) {
      if (fscanf(f, "%ld", &seconds) != 1) seconds = 0;
      fclose(f);
    }
    t->tv_sec -= seconds;
    inside = 0;
  }
  return answer;
}
"""


class Adversity(ServiceTest):
    def setUp(self):
        super().setUp()
        self.scan = self.work / "scan.h5"
        simulate(self.scan, 60, 128, 128)

    def next_scan_is_taken(self, service, already):
        self.send(self.scan, "--scan-id", "afterwards")
        status = service.wait_for(lambda s: s["scans_finished"] == already + 1 and s["state"] == "idle")
        record = service.get("/api/v1/scans/afterwards").json
        self.assertEqual(record["exit_status"], "complete", record)
        self.closes(read_ledger(record["outputs"][0]))
        return status

    def test_a_subscriber_that_is_stopped_costs_no_frame(self):
        endpoint = f"tcp://127.0.0.1:{free_ports(1)[0]}"
        pipeline = self.stream_pipeline()
        pipeline.write_text(pipeline.read_text().replace(
            "sinks:\n", f"sinks:\n  - {{type: publish, from: locate_peaks, bind: '{endpoint}'}}\n").replace(
            "{type: nexus_file,", "{type: nexus_file, from: locate_peaks,"))
        service = self.service(pipeline)
        service.wait_for(lambda s: s["ready"])
        listener = subprocess.Popen([sys.executable, "-c", "import zmq; s = zmq.Context().socket(zmq.SUB); s.subscribe(b''); "
                                     f"s.connect('{endpoint}')\nprint('up', flush=True)\nwhile True: s.recv()"],
                                    stdout=subprocess.PIPE, start_new_session=True)  # whoever is left with a stopped process in its group is hung up
        self.addCleanup(listener.stdout.close)
        self.addCleanup(listener.wait)
        self.addCleanup(listener.kill)
        listener.stdout.readline()
        time.sleep(0.3 * SLOW)
        listener.send_signal(signal.SIGSTOP)
        self.send(self.scan)
        service.wait_for(lambda s: s["scans_finished"] == 1)
        self.assertEqual(service.get("/api/v1/scans").json["scans"][0]["ledger"]["written"], 60)
        self.next_scan_is_taken(service, 1)
        listener.send_signal(signal.SIGCONT)

    def test_a_webhook_that_hangs_is_an_alarm_and_costs_no_frame(self):
        done = threading.Event()

        class Hanging(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                done.wait(20 * SLOW)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hanging)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(done.set)
        rule = (f"rules:\n  - {{type: webhook, when: peaks > 0, url: 'http://127.0.0.1:{server.server_port}/x', timeout_s: 0.5, "
                "retries: 0}\n")
        service = self.service(self.stream_pipeline(rule))
        service.wait_for(lambda s: s["ready"])
        self.send(self.scan)
        status = service.wait_for(lambda s: s["scans_finished"] == 1 and service.alarm(s, "rule_failed"))
        self.assertIn("no answer within 0.5 s", service.alarm(status, "rule_failed")["text"])
        self.next_scan_is_taken(service, 1)

    def test_a_full_disk_ends_the_scan_as_incomplete_and_processing_goes_on(self):
        limit = 20_000  # bytes of a file, as a disk that is full after them
        service = self.service(self.stream_pipeline(),
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)))
        service.wait_for(lambda s: s["ready"])
        self.send(self.scan)
        status = service.wait_for(lambda s: s["scans_finished"] == 1)
        alarm = service.alarm(status, "output_failed")
        self.assertEqual(alarm["severity"], "alarm")
        self.assertIn("room", alarm["hint"])
        record = service.get("/api/v1/scans").json["scans"][0]
        self.assertEqual((record["exit_status"], record["ledger"]["dropped"]), ("incomplete", {"output_error": 60}))
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.assertEqual(self.next_scan_is_taken(service, 1)["health"], "ok")

    def test_a_mount_that_is_missing_is_an_alarm_before_a_scan_comes_and_goes_with_its_cause(self):
        mount = self.work / "mount"
        mount.mkdir()
        service = self.service(self.stream_pipeline(), f"sinks.nexus_file.directory={mount / 'results'}")
        service.wait_for(lambda s: s["ready"] and s["health"] == "ok")
        shutil.rmtree(mount)
        mount.write_text("not a directory")
        self.send(self.scan)
        status = service.wait_for(lambda s: s["scans_finished"] == 1)
        self.assertIn(str(mount), service.alarm(status, "output_failed")["text"])
        mount.unlink()
        mount.mkdir()
        self.assertEqual(self.next_scan_is_taken(service, 1)["health"], "ok")

    def test_a_model_that_is_removed_is_an_alarm_and_the_loaded_one_stays_in_use(self):
        self.needs_networks()
        bundle = self.work / "model"
        shutil.copytree(SOURCE / "models/braggnn-fast", bundle)
        pipeline = self.stream_pipeline()
        pipeline.write_text(pipeline.read_text().replace("{type: locate_peaks}", "{type: locate_peaks, by: network, model: model}"))
        service = self.service(pipeline)
        service.wait_for(lambda s: s["ready"])
        self.send(self.scan)
        service.wait_for(lambda s: s["scans_finished"] == 1)
        shutil.rmtree(bundle)
        status = service.wait_for(lambda s: service.alarm(s, "model_gone"))
        self.assertIn("stays in use", service.alarm(status, "model_gone")["hint"])
        self.next_scan_is_taken(service, 1)
        refused = service.post("/api/v1/pipeline/reload")
        self.assertEqual(refused.status, 422)
        self.assertIn("model", refused.json["problems"][0]["key"])

    def test_a_clock_that_is_set_back_is_an_alarm_and_costs_no_frame(self):
        if SLOW > 1 or not shutil.which("cc"):
            self.skipTest("needs a compiler, and no sanitizer")
        offset = self.work / "offset"
        (self.work / "clock.c").write_text(CLOCK.replace("OFFSET", f'"{offset}"'))
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.work / "clock.so", self.work / "clock.c", "-ldl"], check=True)
        service = self.service(self.stream_pipeline(), env={"LD_PRELOAD": str(self.work / "clock.so")})
        service.wait_for(lambda s: s["ready"])
        sender = self.send(self.scan, "--rate", 30, wait=False)
        service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 3)
        offset.write_text("3600")
        status = service.wait_for(lambda s: service.alarm(s, "clock_set"))
        self.assertIn("-3600.0 s", service.alarm(status, "clock_set")["text"])
        sender.wait(60)
        service.wait_for(lambda s: s["scans_finished"] == 1)
        self.assertEqual(service.get("/api/v1/scans").json["scans"][0]["exit_status"], "complete")
        self.next_scan_is_taken(service, 1)


if __name__ == "__main__":
    unittest.main()
