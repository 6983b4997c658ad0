#!/usr/bin/env python3
"""Runs one case folder through the real program.

Usage: run_case.py BRAGGD CASE_FOLDER. A case has pipeline.yaml and either
  expected.err   lines that must each occur in what `braggd validate` says; the exit code must be 78; or
  input.txt      a scan in text, see read_scan, with expected.csv: one peak a line. Columns are those that its first
                 line names; numbers must agree to 1e-9. `expected.status` holds the exit status (default complete).
"""
import csv
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np


def read_scan(path):
    """`dtype u16`, then for each frame a line `frame` and its rows of numbers."""
    dtype, frames = None, []
    for line in path.read_text().splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "dtype":
            dtype = np.dtype({"u8": "u1", "u16": "<u2", "u32": "<u4", "f32": "<f4"}[words[1]])
        elif words[0] == "frame":
            frames.append([])
        else:
            frames[-1].append([float(w) for w in words])
    return np.array(frames).astype(dtype)


def check_errors(braggd, case):
    answer = subprocess.run([braggd, "validate", "pipeline.yaml"], cwd=case, capture_output=True, text=True, timeout=60)
    failures = [] if answer.returncode == 78 else [f"exit code {answer.returncode}, expected 78"]
    expected = (case / "expected.err").read_text().splitlines()
    for line in expected:
        if line and line not in answer.stderr:
            failures.append(f"not said: {line}")
    said = answer.stderr.strip().splitlines()
    if len(said) != len([line for line in expected if line]):
        failures.append(f"{len(said)} problems were reported")
    return failures, answer.stderr


def check_peaks(braggd, case, work):
    frames = read_scan(case / "input.txt")
    with h5py.File(work / "scan.h5", "w") as scan:
        scan["entry/data/data"] = frames
    failures, said = [], ""
    tables = []
    for extra in ([], ["--plain"]):
        out = work / ("plain" if extra else "fused")
        answer = subprocess.run([braggd, "replay", work / "scan.h5", "-p", case / "pipeline.yaml", "-o", out, *extra],
                                capture_output=True, text=True, timeout=60)
        said += answer.stdout + answer.stderr
        with h5py.File(out / "scan.h5", "r") as result:
            status = result["entry/exit_status"][()].decode()
            tables.append({name: column[()] for name, column in result["entry/peaks"].items()})
        wanted = case / "expected.status"
        wanted = wanted.read_text().strip() if wanted.exists() else "complete"
        if status != wanted:
            failures.append(f"exit status {status}, expected {wanted}")
    with open(case / "expected.csv", newline="") as lines:
        expected = list(csv.DictReader(lines))
    for table in tables:
        if len(table["frame"]) != len(expected):
            failures.append(f"{len(table['frame'])} peaks, expected {len(expected)}")
            continue
        for i, row in enumerate(expected):
            for name, value in row.items():
                if not np.isclose(float(table[name][i]), float(value), rtol=0, atol=1e-9, equal_nan=True):
                    failures.append(f"peak {i}: {name} is {table[name][i]}, expected {value}")
    return failures, said


def main():
    braggd, case = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as work:
        if (case / "expected.err").exists():
            failures, said = check_errors(braggd, case)
        else:
            failures, said = check_peaks(braggd, case, pathlib.Path(work))
    for failure in failures:
        print(f"{case.name}: {failure}")
    if failures:
        print(said)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
