"""Models of the store in a running service: the active one is taken between scans, and drift retrains it."""
import json
import unittest

from braggd_test import braggd, simulate
from service_test import ServiceTest

SAMPLE = ("grains=60", "mosaic_deg=0.1", "omega_step_deg=1")
STAGES = """stages:
  - {type: threshold, at_least: 5}
  - {type: find_components, min_pixels: 3, max_pixels: 2000}
  - {type: locate_peaks}
"""
RETRAIN = """rules:
  - {type: retrain, when: anomaly.decision == changed and phase == ended, model: steel, scans: 2, epochs: 3, clusters: 15}
"""


class Drift(ServiceTest):
    def setUp(self):
        super().setUp()
        self.needs_networks()
        self.own_store()
        self.reduction = self.pipeline("version: 1\nsource: {type: replay}\n" + STAGES + 'sinks:\n  - {type: "null"}\n', "reduce.yaml")

    def scan(self, name, *settings, frames=120):
        path = self.work / f"{name}.h5"
        simulate(path, frames, 512, 512, *SAMPLE, *settings)
        return path

    def learn(self):
        baseline = [self.scan(f"baseline_{i}", f"repeat={i}") for i in range(3)]
        braggd("model", "init", *baseline, "--name", "steel", "-p", self.reduction, "--epochs", 4, "--clusters", 15)
        return self.models()["active"]

    def models(self):
        listed = json.loads(braggd("model", "list", "--json").stdout)
        return {m["status"]: m["id"] for m in listed if m["name"] == "steel"}

    def start(self, rules=""):
        text = self.stream_pipeline().read_text()
        head, _, tail = text.partition("stages:")
        service_section = tail[tail.index("service:"):].replace("{token_file", "{model_store: store, token_file")
        service = self.service(self.pipeline(
            head + STAGES + "  - {type: score_anomaly, model: store:steel, min_patches: 100}\nsinks:\n"
            "  - {type: nexus_file, directory: results}\n  - {type: rei_patches, directory: patches}\n" + service_section + rules))
        service.wait_for(lambda s: s["ready"])
        return service

    def judged(self, service, scan, name):
        before = service.status()["scans_finished"]
        self.send(scan, "--scan-id", name)
        service.wait_for(lambda s: s["scans_finished"] == before + 1 and s["state"] == "idle")
        return service.get(f"/api/v1/scans/{name}").json["anomaly"]

    def test_scans_of_a_new_state_retrain_the_model_which_then_judges_the_next(self):
        first = self.learn()
        service = self.start(RETRAIN)
        seen = self.judged(service, self.scan("repeat", "repeat=7"), "repeat")
        self.assertEqual((seen["model"], seen["decision"]), (first, "normal"))
        for i in range(2):
            loaded = self.scan(f"loaded_{i}", f"repeat={8 + i}", "load_step=3")
            self.assertEqual(self.judged(service, loaded, f"loaded_{i}")["decision"], "changed")
        service.wait_for_log(r"retraining has ended; active is steel@", timeout=120)
        second = self.models()["active"]
        self.assertNotEqual(second, first)
        service.wait_for_log("another model is active in the store")
        seen = self.judged(service, self.scan("loaded_3", "repeat=10", "load_step=3"), "loaded_3")
        self.assertEqual((seen["model"], seen["decision"]), (second, "normal"))
        shown = braggd("model", "show", second).stdout
        self.assertIn(first, shown, "its parent")
        self.assertEqual(service.status()["health"], "ok")
        self.assertEqual(service.end(), 0)

    def test_another_model_is_taken_between_scans_and_one_that_does_not_fit_is_not(self):
        first = self.learn()
        baseline = [self.work / f"baseline_{i}.h5" for i in range(3)]
        braggd("model", "init", *baseline, "--name", "steel", "-p", self.reduction, "--epochs", 2, "--clusters", 10)
        second = self.models()["active"]
        service = self.start()
        scan = self.scan("scan", "repeat=7", frames=60)
        sender = self.send(scan, "--rate", 30, "--scan-id", "running", wait=False)
        service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 3)
        self.assertEqual(service.post(f"/api/v1/models/{first}/promote").status, 200)
        sender.wait(60)
        service.wait_for(lambda s: s["scans_finished"] == 1 and s["state"] == "idle")
        self.assertEqual(service.get("/api/v1/scans/running").json["anomaly"]["model"], second, "the running scan is untouched")
        self.assertEqual(self.judged(service, scan, "next")["model"], first)
        self.assertIn(first, service.get("/api/v1/pipeline").json["history"][0]["detail"])
        braggd("model", "retire", first)
        status = service.wait_for(lambda s: service.alarm(s, "model_not_taken"))
        self.assertIn("no active model of the name 'steel'", service.alarm(status, "model_not_taken")["text"])
        self.assertEqual(self.judged(service, scan, "after")["model"], first, "what is loaded stays in use")
        braggd("model", "promote", second)
        service.wait_for(lambda s: not service.alarm(s, "model_not_taken"))
        self.assertEqual(self.judged(service, scan, "last")["model"], second)

    def test_what_cannot_work_is_said_when_the_pipeline_is_checked(self):
        pipeline = self.pipeline("version: 1\nsource: {type: replay}\n" + STAGES + "  - {type: score_anomaly, model: store:steel}\n"
                                 "sinks:\n  - {type: nexus_file, directory: results}\n" + RETRAIN.replace(" and phase == ended", ""))
        answer = braggd("validate", pipeline, expect=78)
        self.assertIn("there is no model store", answer.stderr.lower() + answer.stdout.lower())
        self.assertIn("add `and phase == ended`", answer.stderr + answer.stdout)
        self.learn()
        pipeline.write_text(pipeline.read_text().replace("changed,", "changed and phase == ended,"))
        answer = braggd("validate", pipeline, expect=78)
        self.assertIn("nothing writes the patches that it learns from", answer.stderr + answer.stdout)
        pipeline.write_text(pipeline.read_text().replace("model: steel", "model: iron"))
        answer = braggd("validate", pipeline, expect=78)
        self.assertIn("let score_anomaly have model: store:iron", answer.stderr + answer.stdout)


if __name__ == "__main__":
    unittest.main()
