"""BraggNN's weights from elsewhere, of both generations of its code."""
import json
import unittest

import h5py
import numpy as np

from braggd_test import BraggdTest, braggd


def write_weights(path, weights, group=""):
    with h5py.File(path, "w") as f:
        for name, array in weights.items():
            f[group + name] = array


class ForeignWeights(BraggdTest):
    def setUp(self):
        super().setUp()
        self.needs_networks()
        self.own_store()
        self.golden = self.shared("braggnn-parity/psz15.h5")
        with h5py.File(self.golden) as f:
            self.weights = {name: f["state_dict"][name][()] for name in f["state_dict"]}

    def models(self):
        return json.loads(braggd("model", "list", "--json").stdout)

    def test_they_become_a_model_that_is_judged_and_verified(self):
        file = self.work / "network.h5"
        write_weights(file, self.weights)
        answer = braggd("model", "import", file, "--name", "theirs")
        self.assertIn("theirs@", answer.stdout)
        self.assertIn("overlapped", answer.stdout)  # the table of its accuracy
        self.assertNotIn("first generation", answer.stdout)
        again = braggd("model", "import", self.golden, "--name", "theirs", expect=None)
        self.assertIn("theirs@", again.stdout + again.stderr)
        self.assertEqual(len({m["script_sha256"] for m in self.models()}), 1)
        self.assertIn("good", braggd("model", "verify", *(self.work / "store/bundles").iterdir()).stdout)

    def test_weights_of_the_first_generation_are_told_by_their_unused_layer(self):
        self.weights["nlb.g_layer.bias"] = np.zeros_like(self.weights["nlb.g_layer.bias"])
        file = self.work / "old.h5"
        write_weights(file, self.weights)
        answer = braggd("model", "import", file)
        self.assertIn("first generation of BraggNN's code", answer.stdout)
        self.assertEqual(self.models()[0]["training"]["code_generation"], "first, phi and g share theta")

    def test_files_that_are_something_else_say_what_is_wrong(self):
        file = self.work / "network.h5"
        del self.weights["cnn_layers.2.bias"]
        write_weights(file, self.weights)
        self.assertIn("lacks the weight cnn_layers.2.bias", braggd("model", "import", file, expect=65).stderr)
        self.weights["dense_layers.0.weight"] = np.zeros((16, 7), "f4")
        write_weights(file, self.weights)
        self.assertIn("neither 11 x 11 nor 15 x 15", braggd("model", "import", file, expect=65).stderr)
        file.write_bytes(b"PK\x03\x04" + bytes(1000))
        self.assertIn("torch.load", braggd("model", "import", file, expect=65).stderr)
        file.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(1000))
        braggd("model", "import", file, expect=65)


if __name__ == "__main__":
    unittest.main()
