"""The rare event indicator from end to end: a model is made of baseline scans, scans are scored with it, recorded and running."""
import json
import os
import unittest

import h5py
import numpy as np

from braggd_test import BraggdTest, braggd, simulate

STAGES = """  - {type: threshold, at_least: 5}
  - {type: find_components, min_pixels: 3, max_pixels: 2000}
  - {type: locate_peaks}
"""
PIPELINE = "version: 1\nengine: {threads: %d}\nsource: {type: replay}\nstages:\n" + STAGES + \
    "%ssinks:\n  - {type: nexus_file, directory: results}\n"
SAMPLE = ("grains=60", "mosaic_deg=0.1", "omega_step_deg=1")


class Anomaly(BraggdTest):
    def setUp(self):
        super().setUp()
        self.needs_networks()
        self.own_store()
        self.reduction = self.pipeline(PIPELINE % (2, ""), "reduce.yaml")

    def scan(self, name, *settings):
        path = self.work / f"{name}.h5"
        simulate(path, 180, 512, 512, *SAMPLE, *settings)
        return path

    def baseline(self, n=3):
        return [self.scan(f"baseline_{i}", f"repeat={i}") for i in range(n)]

    def init(self, scans, clusters=20, expect=0):
        return braggd("model", "init", *scans, "--name", "steel", "-p", self.reduction, "--epochs", 5, "--clusters", clusters,
                      expect=expect)

    def analyze(self, *scans, model="steel", options=(), expect=0):
        answer = braggd("analyze", *scans, "--model", model, "-p", self.reduction, "--json", *options, expect=expect)
        return [json.loads(line) for line in answer.stdout.splitlines()] if expect == 0 else answer

    def test_a_changed_scan_is_told_from_a_repeat_recorded_and_running(self):
        self.init(self.baseline())
        repeat, loaded = self.scan("repeat", "repeat=7"), self.scan("loaded", "repeat=8", "load_step=3")
        svg, csv = self.work / "rei.svg", self.work / "rei.csv"
        scores = self.analyze(repeat, loaded, options=("--load", 0, "--load", 250, "--svg", svg, "--csv", csv))
        self.assertEqual([s["decision"] for s in scores], ["normal", "changed"])
        self.assertLess(scores[1]["changed_frame"], 90)
        self.assertGreater(scores[1]["rei"], scores[0]["rei"] + 0.05)
        self.assertEqual([s["load_mpa"] for s in scores], [0, 250])
        self.assertIn("load (MPa)", svg.read_text())
        self.assertEqual(len(csv.read_text().splitlines()), 3)

        # The stage says the same while the scan runs, whatever the number of threads.
        bundle = self.work / "bundle"
        braggd("model", "export", "steel", bundle)
        stage = "  - {type: score_anomaly, model: %s}\n" % bundle
        results = []
        for threads in (1, 2):
            output = self.work / f"results-{threads}"
            braggd("replay", loaded, "-p", self.pipeline(PIPELINE % (threads, stage)), "-o", output)
            results.append(output / "loaded.h5")
        with h5py.File(results[0]) as one, h5py.File(results[1]) as two:
            anomaly = one["entry/anomaly"]
            self.assertEqual(anomaly["rei"][()], two["entry/anomaly/rei"][()])
            self.assertAlmostEqual(anomaly["rei"][()], scores[1]["rei"], delta=1e-12)
            self.assertAlmostEqual(anomaly["jsd"][()], scores[1]["jsd"], delta=1e-12)
            self.assertEqual(anomaly["n_patches"][()], scores[1]["n_patches"])
            self.assertEqual(anomaly["decision"][()].decode(), "changed")
            self.assertEqual(anomaly["decision"].attrs["since_frame"], scores[1]["changed_frame"])
            confidence = one["entry/peaks/anomaly_confidence"][()]
            self.assertTrue(np.array_equal(confidence, two["entry/peaks/anomaly_confidence"][()], equal_nan=True))
            self.assertEqual(np.count_nonzero(~np.isnan(confidence)), scores[1]["n_patches"])
            self.assertEqual(np.count_nonzero(confidence < 0.4), scores[1]["n_low"])

        # As the published program has it: other statistics, the same tendency, the first frame left out.
        compat = self.analyze(repeat, loaded, options=("--compat",))
        self.assertLess(compat[0]["n_patches"], scores[0]["n_patches"])
        self.assertGreater(compat[1]["rei"], compat[0]["rei"])

    def test_a_changed_beam_is_learnt_anew_from_the_nearest_model(self):
        self.init(self.baseline(2))
        wider = [self.scan(f"wider_{i}", "spot_sigma_px=1.7", f"repeat={10 + i}") for i in range(3)]
        before = self.analyze(wider[2])[0]
        answer = braggd("model", "retrain", "steel", "--from", wider[0], "--from", wider[1], "-p", self.reduction,
                        "--epochs", 3, "--clusters", 20)
        self.assertIn("went on from steel@", answer.stdout)
        self.assertIn("it is the active model of its name now", answer.stdout)
        models = json.loads(braggd("model", "list", "--json").stdout)
        self.assertEqual(sorted(m["status"] for m in models), ["active", "retired"])
        after = self.analyze(wider[2])[0]
        self.assertLess(after["rei"], before["rei"])
        self.assertEqual(after["decision"], "normal")

    def test_mistakes_are_answered_with_what_to_do(self):
        few = self.work / "few.h5"
        simulate(few, 3, 512, 512, *SAMPLE)
        answer = braggd("model", "init", few, "--name", "a b", "-p", self.reduction, expect=78)
        self.assertIn("made of letters, digits", answer.stderr)
        self.assertIn("too few for 1000 clusters", self.init([few], clusters=1000, expect=None).stderr)
        self.assertEqual(list((self.work / "store").glob("braggd-*")) + list((self.work / "store").glob("patches/*")), [])
        self.assertIn("no model 'steel'", self.analyze(few, model="steel", expect=78).stderr)
        scans = self.baseline(1)
        answer = self.init(scans)
        self.assertIn("no repeat of the baseline was given", answer.stdout)
        self.assertEqual(self.analyze(scans[0])[0]["decision"], "undecided")
        self.assertIn("no model 'copper'", self.analyze(few, model="copper", expect=78).stderr)
        self.assertIn("one --load for each", self.analyze(few, options=("--load", 1, "--load", 2), expect=78).stderr)
        braggd("model", "export", "steel", self.work / "bundle")
        wrong = self.pipeline((PIPELINE % (1, "")).replace("{type: locate_peaks}", "{type: locate_peaks, by: network, model: bundle}"))
        self.assertIn("must be for locate_peaks", braggd("validate", wrong, expect=78).stderr)
        other = os.path.join(os.environ["BRAGGD_SOURCE"], "models/braggnn-fast")
        wrong = self.pipeline(PIPELINE % (1, "  - {type: score_anomaly, model: %s}\n" % other))
        self.assertIn("must be for score_anomaly", braggd("validate", wrong, expect=78).stderr)
        wrong = self.pipeline(PIPELINE % (1, "  - {type: score_anomaly}\n"))
        self.assertIn("braggd model init", braggd("validate", wrong, expect=78).stderr)

    def test_a_scan_without_patches_has_a_score_that_is_not_a_number(self):
        self.init(self.baseline(2))
        empty = self.work / "empty.h5"
        simulate(empty, 4, 512, 512, "grains=0", "background_counts=0")
        score = self.analyze(empty)[0]
        self.assertEqual((score["n_patches"], score["rei"], score["decision"]), (0, None, "undecided"))


if __name__ == "__main__":
    unittest.main()
