"""What tests of the files that ship beside the program share."""
import os
import pathlib
import shutil
import subprocess

from braggd_test import SLOW, BraggdTest

SOURCE = pathlib.Path(os.environ.get("BRAGGD_SOURCE", "."))
CONFIG = SOURCE / "config"
DOCKER = SOURCE / "docker"


class ShippedTest(BraggdTest):
    def tool(self, name, *arguments, expect=0, **more):
        if not shutil.which(name):
            self.skipTest(f"{name} is not installed")
        answer = subprocess.run([name, *map(str, arguments)], capture_output=True, text=True, timeout=120 * SLOW, **more)
        self.assertEqual(answer.returncode, expect, answer.stdout + answer.stderr)
        return answer.stdout + answer.stderr
