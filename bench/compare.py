#!/usr/bin/env python3
"""Compares two runs of kernels_bench (--benchmark_out=FILE) by ratios, so that the machine's speed cancels.

compare.py RUN.json             the table of a run: each figure in L, what liblz4 alone needs for the same frame
compare.py RUN.json BASE.json   and how far each moved; ends with 1 where one is more than 10 % slower
"""
import json
import sys

SLOWER = 1.10


def ratios(path):
    """{(what, data set): time / L, or / copy_of_a_frame where the data set has no L}."""
    with open(path) as file:
        times = {b["name"]: b["cpu_time"] for b in json.load(file)["benchmarks"] if b.get("run_type") != "aggregate"}
    copy = times["copy_of_a_frame"]
    table = {}
    for name, time in times.items():
        what, _, data = name.partition("/")
        if data and what != "liblz4_alone":
            table[what, data] = time / times.get("liblz4_alone/" + data, copy)
    return table


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    run = ratios(arguments[0])
    base = ratios(arguments[1]) if len(arguments) == 2 else {}
    slower = []
    for (what, data), ratio in run.items():
        line = f"{what:<12} {data:<32} {ratio:6.2f} {'L' if 'bslz4' in data else 'copies'}"
        if (what, data) in base:
            moved = ratio / base[what, data]
            line += f"  {moved:5.2f} x the baseline"
            if moved > SLOWER:
                slower.append(f"{what} {data}")
        print(line)
    if slower:
        sys.exit("slower than the baseline: " + ", ".join(slower))


if __name__ == "__main__":
    main(sys.argv[1:])
