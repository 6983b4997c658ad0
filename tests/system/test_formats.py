"""Scans of others, with their known answers, through the whole program."""
import bz2
import gzip
import io
import unittest
import zipfile

import h5py
import numpy as np

from braggd_test import COUNTING, BraggdTest, Daemon, braggd, free_ports, read_ledger


def read_edf(data):
    """An EDF image (ESRF data format): an ASCII header padded to 512 bytes, then the pixels."""
    end = data.index(b"}\n") + 2
    header = dict(line.split(b"=", 1) for line in data[:end].replace(b";", b"").splitlines() if b"=" in line)
    header = {key.strip().decode(): value.strip().decode() for key, value in header.items()}
    cols, rows = int(header["Dim_1"]), int(header["Dim_2"])
    order = ">" if header["ByteOrder"].startswith("High") else "<"
    assert header["DataType"] in ("UnsignedShort", "UNSIGNED SHORT"), header
    return np.frombuffer(data[-rows * cols * 2:], order + "u2").reshape(rows, cols)


class Formats(BraggdTest):
    def test_the_simulated_aluminium_grain_gives_its_266_spots_where_they_are(self):
        with zipfile.ZipFile(self.shared("polyxsim-al/Al_no_tilts.zip")) as z:
            names = sorted(n for n in z.namelist() if n.endswith(".edf.gz"))
            frames = np.stack([read_edf(gzip.decompress(z.read(n))) for n in names])
            table = next(n for n in z.namelist() if n.endswith(".flt"))
            lines = z.read(table).decode().splitlines()
        title = next(line for line in lines if line.startswith("#  ")).lstrip("# ").split()
        truth = np.loadtxt(io.StringIO("\n".join(line for line in lines if not line.startswith("#"))))
        sc, fc = truth[:, title.index("sc")], truth[:, title.index("fc")]
        with h5py.File(self.work / "al.h5", "w") as f:
            f.create_dataset("entry/data/data", data=frames, chunks=(1, *frames.shape[1:]), compression="gzip")
        pipeline = self.pipeline((COUNTING % 1).replace("min_pixels: 2", "min_pixels: 1"))
        braggd("replay", self.work / "al.h5", "-p", pipeline, "-o", self.work / "out")
        with h5py.File(self.work / "out/al.h5") as f:
            row, col = f["entry/peaks/row"][()], f["entry/peaks/col"][()]
        self.assertEqual(len(row), 266)
        nearest = np.sqrt(((row[:, None] - sc) ** 2 + (col[:, None] - fc) ** 2).min(axis=1))
        print(f"266 components; median distance to the table {np.median(nearest):.4f} px")
        self.assertLess(np.median(nearest), 0.0065)

    def test_a_raw_ge_frame_has_its_known_minimum_maximum_and_mean(self):
        raw = bz2.decompress(self.shared("ge-raw/GE_aSI_detector_image_1529.bz2").read_bytes())
        scan = self.work / "image.ge3"
        scan.write_bytes(raw)
        import json
        summary = json.loads(braggd("inspect", scan, "--json").stdout)
        frame = summary["first_frame"]
        self.assertEqual((frame["minimum"], frame["maximum"], round(frame["mean"])), (1515, 16353, 1833))

    def test_a_recorded_eiger_series_goes_through_a_socket_into_a_complete_file(self):
        import zmq
        folder = self.shared("eiger2-16m-stream2")
        port = free_ports(1)[0]
        pipeline = self.pipeline((COUNTING % 100).replace(
            "{type: replay}", "{type: stream2, connect: 'tcp://127.0.0.1:%d', scans: 1}" % port))
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        socket.bind(f"tcp://127.0.0.1:{port}")
        daemon = Daemon(pipeline, "stages.find_components.min_pixels=1")
        for name in ("start", "image", "end"):
            socket.send((folder / f"{name}.cbor").read_bytes())
        report = daemon.reports(expect=0)[0]
        context.destroy(linger=0)
        self.closes(read_ledger(report["outputs"][0]))
        with h5py.File(report["outputs"][0]) as f:
            self.assertEqual(f["entry/scan_id"][()].decode(), "01HBV3JPF9T4ZDPADX6EMK6XMZ")
            self.assertEqual(f["entry/instrument/detector/description"][()].decode(), "Dectris EIGER2 Si 16M")
            self.assertAlmostEqual(f["entry/instrument/beam/incident_wavelength"][()], 0.91838, 4)
            self.assertEqual(f["entry/peaks/max_intensity"][()].max(), 6504)


if __name__ == "__main__":
    unittest.main()
