"""BraggNN's weights as others save them: files of PyTorch and HDF5, of both generations of its code."""
import collections
import json
import os
import pickle
import sys
import types
import unittest
import zipfile

import h5py
import numpy as np

from braggd_test import BraggdTest, braggd


class Storage:
    def __init__(self, key, size):
        self.key, self.size = key, size


def write_pytorch(path, weights):
    """The archive that torch.save makes of an OrderedDict of tensors, byte for byte but for alignment; without PyTorch."""
    utils, torch = types.ModuleType("torch._utils"), types.ModuleType("torch")

    def rebuild(*_):
        raise NotImplementedError

    rebuild.__module__, rebuild.__name__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild
    kind = type("FloatStorage", (), {"__module__": "torch"})
    torch.FloatStorage, torch._utils = kind, utils
    sys.modules.update({"torch": torch, "torch._utils": utils})

    class Tensor:
        def __init__(self, key, array):
            self.key, self.array = key, array

        def __reduce__(self):
            strides = tuple(s // 4 for s in self.array.strides)
            return rebuild, (Storage(self.key, self.array.size), 0, self.array.shape, strides, False,
                             collections.OrderedDict())

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            return ("storage", kind, item.key, "cpu", item.size) if isinstance(item, Storage) else None

    try:
        tensors = collections.OrderedDict((name, Tensor(str(i), np.ascontiguousarray(array, "<f4")))
                                          for i, (name, array) in enumerate(weights.items()))
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            with archive.open("archive/data.pkl", "w") as out:
                Pickler(out, protocol=2).dump(tensors)
            for tensor in tensors.values():
                archive.writestr(f"archive/data/{tensor.key}", tensor.array.tobytes())
            archive.writestr("archive/version", "3\n")
    finally:
        del sys.modules["torch"], sys.modules["torch._utils"]


class ForeignWeights(BraggdTest):
    def setUp(self):
        super().setUp()
        if "without LibTorch" in braggd("model", "verify", "nothing", expect=None).stdout:
            self.skipTest("built without LibTorch")
        os.environ["BRAGGD_MODELS"] = str(self.work / "store")
        self.addCleanup(os.environ.pop, "BRAGGD_MODELS")
        self.golden = self.shared("braggnn-parity/psz15.h5")
        with h5py.File(self.golden) as f:
            self.weights = {name: f["state_dict"][name][()] for name in f["state_dict"]}

    def models(self):
        return json.loads(braggd("model", "list", "--json").stdout)["models"]

    def test_the_same_weights_from_both_kinds_of_file_are_one_model(self):
        file = self.work / "network.pth"
        write_pytorch(file, self.weights)
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
        file = self.work / "old.pth"
        write_pytorch(file, self.weights)
        answer = braggd("model", "import", file)
        self.assertIn("first generation of BraggNN's code", answer.stdout)
        self.assertEqual(self.models()[0]["training"]["code_generation"], "first, phi and g share theta")

    def test_files_that_are_something_else_say_what_is_wrong(self):
        file = self.work / "network.pth"
        del self.weights["cnn_layers.2.bias"]
        write_pytorch(file, self.weights)
        self.assertIn("lacks the weight cnn_layers.2.bias", braggd("model", "import", file, expect=65).stderr)
        self.weights["dense_layers.0.weight"] = np.zeros((16, 7), "f4")
        write_pytorch(file, self.weights)
        self.assertIn("neither 11 x 11 nor 15 x 15", braggd("model", "import", file, expect=65).stderr)
        file.write_bytes(b"\x80\x02" + bytes(100))
        self.assertIn("before 1.6", braggd("model", "import", file, expect=65).stderr)
        file.write_bytes(b"PK\x03\x04" + bytes(1000))
        self.assertIn("cannot be read", braggd("model", "import", file, expect=78).stderr)


if __name__ == "__main__":
    unittest.main()
