"""The command line as people and programs meet it."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import jsonschema

from braggd_test import COUNTING, PROGRAM, SLOW, BraggdTest, braggd, simulate

SOURCE = pathlib.Path(os.environ.get("BRAGGD_SOURCE", "."))
VERBS = ["run", "replay", "validate", "explain", "list", "simulate", "send", "keys", "inspect"]
# Their examples need a service: test_service.
SERVICE_VERBS = ["status", "top", "start", "stop", "abort", "reload", "rollback"]


def yaml_as_json(text):
    """The few YAML files here in JSON's types, by the program's own reader of flow mappings."""
    import yaml
    return yaml.safe_load(text)


class CommandLine(BraggdTest):
    def test_help_reads_like_a_manual_page(self):
        for verb in VERBS + SERVICE_VERBS:
            text = braggd(verb, "--help").stdout
            for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES"):
                self.assertIn(section + "\n", text, verb)
            self.assertLess(max(map(len, text.splitlines())), 110, verb)
        self.assertIn("VERBS", braggd("--help").stdout)
        self.assertRegex(braggd("--version").stdout, r"^braggd \d+\.\d+\.\d+")

    def test_mistakes_on_the_command_line_end_with_64_and_say_where_help_is(self):
        for arguments in (["repaly"], [], ["replay"], ["list", "treshold"], ["explain", "a", "--nonsense"]):
            answer = braggd(*arguments, expect=64)
            self.assertIn("braggd", answer.stderr)
        self.assertIn("did you mean 'threshold'?", braggd("list", "treshold", expect=64).stderr)

    def test_a_word_that_is_no_verb_and_an_abbreviation_get_a_suggestion(self):
        self.assertIn("there is no verb 'foo'", braggd("foo", expect=64).stderr)
        self.assertIn("no verb 'repaly'; did you mean 'replay'?", braggd("--log-level", "info", "repaly", "x", expect=64).stderr)
        self.assertIn("did you mean 'threshold'?", braggd("list", "tresh", expect=64).stderr)

    def test_values_that_are_none_are_refused_with_64(self):
        for arguments in (["replay", "s", "-p", "p", "-o", "o", "--rate", "nan"], ["send", "s", "--rate", "nan"],
                          ["replay", "s", "-p", "p", "-o", "o", "--shuffle", "-3"], ["send", "s", "--shuffle=-3"],
                          ["replay", "s", "-p", "p", "-o", ""]):
            braggd(*arguments, expect=64)
        self.assertIn("name a directory", braggd("replay", "s", "-p", "p", "-o", "", expect=64).stderr)

    def test_what_set_cannot_do_is_said(self):
        pipeline = self.pipeline(COUNTING % 5)
        for setting, words in {"source=3": "write source.OPTION=VALUE", "stages.threshold=3": "write stages.threshold.OPTION=VALUE",
                               "stages.threshold.from=x": "edit the file", "engine.threads=many": "--set: engine.threads:",
                               "stages.threshold.at_least=": "has no value"}.items():
            self.assertIn(words, braggd("validate", pipeline, "--set", setting, expect=78).stderr)

    def test_every_example_of_every_manual_page_works(self):
        shutil.copytree(SOURCE / "config", self.work / "config")
        simulate(self.work / "made.h5", 4, 64, 64)
        for name in ("scan.h5", "results/scan.h5"):
            (self.work / name).parent.mkdir(exist_ok=True)
            (self.work / name).write_bytes((self.work / "made.h5").read_bytes())
        for verb in ["", *VERBS, "bench"]:
            text = braggd(*([verb] if verb else []), "--help").stdout
            for line in text.split("EXAMPLES\n")[1].splitlines():
                with self.subTest(line.strip()):
                    self.run_example(line.strip())

    def run_example(self, line):
        if line.startswith("braggd simulate scan.h5"):
            line = line.replace("scan.h5", "another.h5" if (self.work / "new.h5").exists() else "new.h5")
        if line.startswith("braggd bench"):
            line += " --frames 20"  # of 4096 x 4096
        if line.startswith("braggd simulate"):
            line = re.sub(r" --set frames=\d+", "", line) + " --set frames=2"
        command = f"'{os.path.abspath(PROGRAM)}'" + line.removeprefix("braggd")
        waits = line.split()[1] in ("run", "send")
        if waits:  # for somebody at the other end
            command = f"timeout -s INT {3 + SLOW} " + command
        answer = subprocess.run(["bash", "-c", command], cwd=self.work, capture_output=True, text=True, timeout=300 * SLOW)
        self.assertIn(answer.returncode, (0, 74, 124) if waits else (0,), answer.stderr)
        if waits:
            self.assertNotRegex(answer.stderr, "VERB --help|--set:")

    def test_the_generated_reference_and_schema_are_those_in_the_tree(self):
        self.assertEqual(braggd("list", "--markdown").stdout, (SOURCE / "config/reference.md").read_text(),
                         "run `make references`")
        self.assertEqual(braggd("list", "--json-schema").stdout, (SOURCE / "config/pipeline.schema.json").read_text(),
                         "run `make references`")

    def test_every_option_has_a_meaning(self):
        for kind in json.loads(braggd("list", "--json").stdout):
            for option in kind["options"]:
                self.assertTrue(option["doc"], option)
                self.assertTrue(option["takes"], option)
            self.assertIn(kind["doc"], braggd("list", kind["type"]).stdout)

    def test_every_pipeline_that_ships_is_valid_for_the_program_and_for_the_schema(self):
        schema = json.loads((SOURCE / "config/pipeline.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        shipped = sorted((SOURCE / "config").rglob("*.yaml"))
        self.assertGreaterEqual(len(shipped), 4)
        simulate(self.work / "p.h5", 2, 64, 64, "detector=panel")
        for path in shipped:
            with self.subTest(path.name):
                text = path.read_text().replace("../../models/", f"{SOURCE.resolve()}/models/")
                copy = self.pipeline(text, path.name)
                for name in ("dark", "mask"):
                    (self.work / f"{name}.h5").write_bytes((self.work / f"p_{name}.h5").read_bytes())
                jsonschema.validate(yaml_as_json(path.read_text()), schema)
                valid = braggd("validate", copy, expect=None)
                if "LibTorch" in valid.stderr:
                    continue  # built without it
                self.assertEqual(valid.returncode, 0, valid.stderr)
                self.assertIn("Plan as run", braggd("explain", copy).stdout)

    def test_the_schema_refuses_what_the_program_refuses(self):
        schema = json.loads((SOURCE / "config/pipeline.schema.json").read_text())
        good = yaml_as_json(COUNTING % 5)
        jsonschema.validate(good, schema)
        for spoil in (lambda c: c["stages"][0].update(at_leest=3), lambda c: c["stages"][0].update(at_least="many"),
                      lambda c: c.update(version=2), lambda c: c.pop("sinks"),
                      lambda c: c["stages"][1].update(min_pixels=-1)):
            bad = yaml_as_json(COUNTING % 5)
            spoil(bad)
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(bad, schema)
            (self.work / "bad.yaml").write_text(json.dumps(bad))
            braggd("validate", self.work / "bad.yaml", expect=78)

    def test_the_plan_as_a_graph_is_one_that_graphviz_draws(self):
        dot = braggd("explain", self.pipeline(COUNTING % 5), "--dot").stdout
        drawn = subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, text=True, timeout=60)
        self.assertEqual(drawn.returncode, 0, drawn.stderr)
        self.assertIn("decode + threshold (fused)", drawn.stdout)

    def test_answers_as_json_are_json(self):
        path = self.pipeline(COUNTING % 5)
        self.assertTrue(json.loads(braggd("validate", path, "--json").stdout)[0]["valid"])
        bad = self.pipeline("version: 1", "bad.yaml")
        answer = json.loads(braggd("validate", path, bad, "--json", expect=78).stdout)
        self.assertEqual([a["valid"] for a in answer], [True, False])
        self.assertTrue(all({"file", "line", "column", "key", "text", "suggestion"} <= set(p) for p in answer[1]["problems"]))
        json.loads(braggd("explain", path, "--json").stdout)
        scan = self.work / "s.h5"
        simulate(scan, 3, 64, 64)
        report = json.loads(braggd("replay", scan, "-p", path, "-o", self.work / "out", "--json").stdout)
        self.assertEqual(report["exit_status"], "complete")
        for file in (scan, self.work / "out/s.h5"):
            self.assertIn("frames", json.dumps(json.loads(braggd("inspect", file, "--json").stdout)))
            self.assertIn("frames", braggd("inspect", file).stdout)


if __name__ == "__main__":
    unittest.main()
