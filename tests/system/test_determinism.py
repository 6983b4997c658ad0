"""The same bytes in every result dataset, however they were computed."""
import unittest

from braggd_test import COUNTING, BraggdTest, braggd, simulate


class Determinism(BraggdTest):
    def setUp(self):
        super().setUp()
        self.scan = self.work / "scan.h5"
        simulate(self.scan, 40, 512, 480)
        self.pipeline_file = self.pipeline(COUNTING % 5)
        self.reference = self.replay("reference", "--set", "engine.threads=1")

    def replay(self, name, *arguments, env=None, expect=0):
        self.answer = braggd("replay", self.scan, "-p", self.pipeline_file, "-o", self.work / name, "--set",
               "sinks.nexus_file.keep_pixels=all", *arguments, env=env, expect=expect)
        return self.work / name / "scan.h5"

    def test_threads_order_fusion_and_memory_change_nothing(self):
        for name, arguments in {"two threads": ["--set", "engine.threads=2"],
                                "shuffled": ["--shuffle", "7"],
                                "reversed by another seed": ["--shuffle", "8"],
                                "plain stages": ["--plain"],
                                "spilled": ["--shuffle", "9", "--set", "sinks.nexus_file.reorder_bytes=64 KiB"],
                                "little memory": ["--set", "engine.memory=8 MiB"]}.items():
            with self.subTest(name):
                self.same_results(self.reference, self.replay(name, *arguments))

    def test_every_instruction_set_gives_the_same_bytes(self):
        tried = []
        for kernels in ("scalar", "avx2", "avx512", "avx512vbmi"):
            result = self.replay(kernels, env={"BRAGGD_KERNELS": kernels}, expect=None)
            if self.answer.returncode == 78 and "not supported" in self.answer.stderr:
                continue
            self.assertIn(f"kernels={kernels}", self.answer.stderr)
            self.same_results(self.reference, result)
            tried.append(kernels)
        print("kernel sets compared:", tried)
        self.assertIn("scalar", tried)

    def test_one_or_two_senders_give_the_bytes_of_the_replay(self):
        for senders in (1, 2):
            with self.subTest(senders=senders):
                reports, _ = self.stream(self.scan, senders=senders, threshold=5, expect_run=0,
                                         send=["--shuffle", "3"],
                                         run=["sinks.nexus_file.keep_pixels=all"])
                self.same_results(self.reference, reports[0]["outputs"][0])


if __name__ == "__main__":
    unittest.main()
