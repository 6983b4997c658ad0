#!/usr/bin/env python3
"""Peaks per frame and the rare event indicator of running scans; --plain prints. Needs pyzmq, numpy; matplotlib to plot."""
import argparse
import json

import numpy as np
import zmq

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--connect", default="tcp://127.0.0.1:31002")
options.add_argument("--frames", type=int, default=0, help="end after so many frames; 0: go on")
options.add_argument("--once", action="store_true", help="end with the first scan that ends")
options.add_argument("--plain", action="store_true", help="print, plot nothing")
options = options.parse_args()
subscriber = zmq.Context().socket(zmq.SUB)
subscriber.connect(options.connect)
subscriber.subscribe('{"type":')  # '{"type":"frame"' for frames alone
if not options.plain:
    import matplotlib.pyplot as plt
    axes = plt.subplots(2, sharex=True)[1]
table, frames, peaks, rei, seen = None, [], [], [], 0
while not options.frames or seen < options.frames:
    header, *rest = subscriber.recv_multipart()
    header = json.loads(header)
    if header["type"] == "scan_start":
        table = np.dtype([(column["name"], column["dtype"]) for column in header["columns"]])
        frames, peaks, rei = [], [], []
    elif header["type"] == "frame" and table is not None:
        spots, seen = np.frombuffer(rest[0], table), seen + 1
        frames.append(header["frame"]), peaks.append(len(spots))
        rei.append((header.get("anomaly") or {}).get("rei", np.nan))
        print(header["scan_id"], header["frame"], len(spots), spots["sum_intensity"].sum(), header.get("dropped", ""))
        if not options.plain and seen % 20 == 0:
            for axis, values, label in zip(axes, (peaks, rei), ("peaks", "REI")):
                axis.clear(), axis.plot(frames, values, "."), axis.set_ylabel(label)
            plt.pause(0.01)
    elif header["type"] == "scan_end" and options.once:
        break
