"""The model store on the command line: what it keeps, and how it answers mistakes."""
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from braggd_test import PROGRAM, SLOW, BraggdTest, braggd

SOURCE = pathlib.Path(os.environ["BRAGGD_SOURCE"])
BUNDLE = SOURCE / "models/braggnn-fast"


class ModelStore(BraggdTest):
    def setUp(self):
        super().setUp()
        self.store = self.work / "store"
        self.table = self.store / "metadata.sqlite"
        manifest = json.loads((BUNDLE / "manifest.json").read_text())
        self.id = manifest["id"]
        self.digits = self.id.split("@")[1]

    def model(self, *arguments, expect=0, **env):
        return braggd("model", *arguments, expect=expect, env={"BRAGGD_MODELS": str(self.store), **env})

    def listed(self, *arguments):
        return {m["name"]: m for m in json.loads(self.model("list", "--json", *arguments).stdout)}

    def refused(self, code, *arguments, **env):
        return self.model(*arguments, expect=code, **env).stderr

    def test_a_bundle_is_imported_promoted_shown_exported_and_retired(self):
        self.assertIn("is a candidate", self.model("import", BUNDLE).stdout)
        self.assertEqual(self.listed()["braggnn-fast"]["status"], "candidate")
        self.model("promote", self.id[:-4], "--reason", "the first")
        self.assertIn(self.id, self.model("show", "braggnn-fast").stdout)
        self.assertIn("active in", self.model("show", self.id).stdout)
        self.assertNotIn("active in", self.model("show", BUNDLE).stdout)
        self.assertRegex(self.model("list").stdout, rf"{self.id} +active +locate_peaks +11 px .*the first")
        self.model("export", "braggnn-fast", self.work / "out/copy")
        for name in ("manifest.json", "script.pt"):
            self.assertEqual((self.work / "out/copy" / name).read_bytes(), (BUNDLE / name).read_bytes())
        self.model("retire", "braggnn-fast")
        model = self.listed("--check")["braggnn-fast"]
        self.assertEqual(model["status"], "retired")
        self.assertEqual(model["training"]["seed"], model["seed"])
        self.assertEqual(model["accuracy"][-1]["class"], "all")

    def test_an_import_twice_is_one_and_another_name_is_another_model(self):
        self.model("import", BUNDLE)
        self.assertIn("already, nothing is changed", self.model("import", BUNDLE).stdout)
        self.model("import", BUNDLE, "--name", "mine")
        self.assertEqual(set(self.listed("--check")), {"braggnn-fast", "mine"})
        self.assertIn(f"mine@{self.digits}", self.model("show", self.store / "bundles" / f"mine@{self.digits}").stdout)
        self.assertIn("one by one", self.refused(78, "import", BUNDLE, self.store / "bundles" / self.id, "--name", "x"))
        self.assertIn("its name must be", self.refused(65, "import", BUNDLE, "--name", "a/b"))
        self.assertIn("it is empty", self.refused(64, "import", BUNDLE, "--name", ""))

    def test_what_is_not_in_order_is_not_imported(self):
        bad = self.work / "bad"
        shutil.copytree(BUNDLE, bad)
        script = bytearray((bad / "script.pt").read_bytes())
        script[len(script) // 2] ^= 1
        (bad / "script.pt").write_bytes(script)
        self.assertIn("SHA-256", self.refused(78, "import", bad))
        self.assertIn("a model bundle is a directory", self.refused(78, "import", self.work / "nothing"))
        self.assertFalse(self.store.exists())
        if "was not tried" in self.model("import", BUNDLE, "--store", self.work / "other").stderr:
            self.skipTest("built without LibTorch: golden examples are not tried")
        manifest = json.loads((BUNDLE / "manifest.json").read_text())
        manifest["golden"][0]["row_col_px"][0] += 0.5
        (bad / "script.pt").write_bytes((BUNDLE / "script.pt").read_bytes())
        (bad / "manifest.json").write_text(json.dumps(manifest))
        self.assertIn("golden", self.refused(78, "import", bad))
        self.assertFalse(self.store.exists())

    def test_a_name_that_is_none_or_many_is_answered_with_what_there_is(self):
        self.model("import", BUNDLE)
        self.model("import", BUNDLE, "--name", "braggnn-fine")
        for verb in (["promote"], ["retire"], ["show"]):
            self.assertIn("did you mean 'braggnn-fast'?", self.refused(78, *verb, "bragnn-fast"))
            words = self.refused(78, *verb, "braggnn")
            self.assertIn(f"{self.id} (candidate), braggnn-fine@{self.digits} (candidate)", words)
        self.assertIn("`braggd model list` shows", self.refused(78, "export", "zzz", self.work / "copy"))
        (self.work / "copy").mkdir()
        self.assertIn("is there already", self.refused(74, "export", "braggnn-fast", self.work / "copy"))

    def test_a_store_that_is_none_is_said_to_be_none(self):
        for arguments in (["list"], ["promote", "x"], ["show", "x"], ["export", "x", "y"]):
            self.assertIn("there is no model store here; `braggd model import` makes one", self.refused(78, *arguments))
        self.assertFalse(self.store.exists())
        self.store.write_text("a file")
        for arguments in (["list"], ["import", BUNDLE]):
            self.assertIn("a model store is a directory", self.refused(78, *arguments))

    def test_a_damaged_table_is_refused_and_made_anew_from_the_bundles(self):
        self.model("import", BUNDLE)
        self.table.write_bytes(b"no database " * 1000)
        self.assertIn("is not a database; put back a copy, or move the file away", self.refused(65, "list"))
        for name in self.store.glob("metadata.sqlite*"):
            name.unlink()
        self.model("import", *(self.store / "bundles").iterdir())
        self.assertEqual(self.listed("--check")["braggnn-fast"]["id"], self.id)
        with contextlib.closing(sqlite3.connect(self.table)) as table:
            table.execute("PRAGMA user_version = 1000")
        self.assertIn("written by a newer braggd (version 1000", self.refused(65, "list"))

    def test_a_damaged_bundle_is_found_not_promoted_and_mended(self):
        self.model("import", BUNDLE)
        (self.store / "bundles" / self.id / "script.pt").write_bytes(b"short")
        self.assertIn("script.pt: has 5 bytes", self.refused(65, "list", "--check"))
        self.assertIn("script.pt: has 5 bytes", self.refused(78, "promote", self.id))
        self.assertIn("its damaged bundle", self.model("import", BUNDLE).stdout)
        self.model("list", "--check")

    def test_the_store_is_the_named_one_else_that_of_the_environment_else_that_of_the_user(self):
        nobody = {"BRAGGD_MODELS": "", "XDG_DATA_HOME": "", "HOME": ""}
        for env, place in (({"HOME": str(self.work / "home")}, "home/.local/share/braggd/models"),
                           ({"XDG_DATA_HOME": str(self.work / "data")}, "data/braggd/models"),
                           ({"XDG_DATA_HOME": "relative", "HOME": str(self.work / "home2")}, "home2/.local/share/braggd/models"),
                           ({"BRAGGD_MODELS": str(self.work / "models")}, "models")):
            self.model("import", BUNDLE, **{**nobody, **env})
            self.assertTrue((self.work / place / "metadata.sqlite").is_file(), place)
        self.model("import", BUNDLE, "--store", self.work / "named")
        self.assertTrue((self.work / "named/metadata.sqlite").is_file())
        self.assertIn("name one with --store", self.refused(78, "list", **nobody))

    def test_a_locked_table_is_read_and_waited_for(self):
        self.model("import", BUNDLE)
        with contextlib.closing(sqlite3.connect(self.table, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self.assertEqual(set(self.listed()), {"braggnn-fast"})
            waiting = subprocess.Popen([PROGRAM, "model", "promote", self.id, "--store", self.store], stdout=subprocess.PIPE,
                                       text=True)
            time.sleep(0.5)
            self.assertIsNone(waiting.poll())
            other.execute("ROLLBACK")
            self.assertIn("is the active", waiting.communicate(timeout=60 * SLOW)[0])

    def test_imports_that_are_killed_leave_a_store_that_is_in_order(self):
        self.model("import", BUNDLE)
        begun = time.monotonic()
        self.model("import", BUNDLE, "--name", "timed")
        whole = time.monotonic() - begun
        for i in range(10):
            killed = subprocess.Popen([PROGRAM, "model", "import", BUNDLE, "--name", f"killed-{i}", "--store", self.store],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(whole * (0.7 + 0.3 * i / 10))
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        problems = self.model("list", "--check", expect=None).stderr.splitlines()
        self.assertEqual([p for p in problems if "belongs to no registered model" not in p], [])
        left = [bundle for bundle in (self.store / "bundles").iterdir() if bundle.name != ".part"]
        self.model("import", *left)  # what was put in place is taken up, what was half there has gone
        self.assertFalse((self.store / "bundles/.part").exists())
        self.model("list", "--check")
        with contextlib.closing(sqlite3.connect(self.table)) as table:
            self.assertEqual(table.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_every_example_of_the_manual_pages_works(self):
        (self.work / "models").symlink_to(SOURCE / "models")
        for verb in ("import", "list", "promote", "export", "retire"):
            for line in self.model(verb, "--help").stdout.split("EXAMPLES\n")[1].splitlines():
                with self.subTest(line.strip()):
                    words = shlex.split(line)
                    braggd(*words[1:], env={"BRAGGD_MODELS": str(self.store)}, cwd=self.work)


if __name__ == "__main__":
    unittest.main()
