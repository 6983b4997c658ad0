#!/usr/bin/env python3
"""The whole pipeline in L, what liblz4 alone needs for the same frames, and what follows for a machine.

pipeline_bench.py BUILD [--frames N] [--rounds R] [--out FILE.json]

Simulates the data sets into BUILD/bench (kept there), then runs `kernels_bench` for L and `braggd bench` on one and on two
workers, from memory and over ZeroMQ (with the frames in shared memory, through a UNIX socket, over TCP), in turns, with N and with 3 N frames, whose difference is counted; the best of R rounds counts,
because a shared machine only ever adds time. Prints a table, what the model predicts for two workers from the figure of one, and cores, links and memory traffic at 700 frames/s.
"""
import argparse
import json
import pathlib
import subprocess

RATE = 700  # frames/s
SHAPE = ["rows=4096", "cols=4096", "frames=16", "layout=uniform", "lorentz_fraction=0", "gaps=false"]
# name in kernels_bench: simulator's settings, pipeline's settings, bytes a frame that come from memory beside the frame itself
SETS = {
    "counting 0 / 50 u16 bslz4": (["background_counts=0", "spots_per_frame=50"], 6, 0),
    "counting 0.1 / 500 u16 bslz4": (["background_counts=0.1", "spots_per_frame=500"], 6, 0),
    "panel 5 / 500 u16 bslz4": (["detector=panel", "noise_sigma=5", "spots_per_frame=500"], 40, 8 * 4096 * 4096 // 8),
}


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def simulated(build, name, settings):
    path = build / "bench" / (name.replace(" ", "_").replace("/", "") + ".h5")
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        words = [word for setting in SHAPE + settings for word in ("--set", setting)]
        run(build / "src/braggd", "simulate", path, *words)
    return path


def pipeline_of(scan, at_least):
    dark = scan.with_name(scan.stem + "_dark.h5")
    path = scan.with_suffix(".yaml")
    path.write_text(f"""version: 1
source: {{type: replay}}
stages:
{f'  - {{type: subtract_dark, file: {dark.name}}}' if dark.exists() else ''}
  - {{type: threshold, at_least: {at_least}}}
  - {{type: find_components, min_pixels: 3, max_pixels: 2000}}
  - {{type: locate_peaks}}
sinks:
  - {{type: nexus_file, directory: results}}
""")
    return path


def liblz4_ms(build, name):
    answer = json.loads(run(build / "bench/kernels_bench", f"--benchmark_filter=^liblz4_alone/{name}$",
                            "--benchmark_min_time=0.3", "--benchmark_format=json"))
    return answer["benchmarks"][0]["cpu_time"]


def played(build, pipeline, scan, frames, way, threads):
    answer = run(build / "src/braggd", "--log-level", "error", "bench", pipeline, "--scan", scan, "--frames", frames,
                 "--over", way, "--set", f"engine.threads={threads}", "--json")
    result = json.loads(answer)["run"]
    assert result["lost"] == 0 and result["written"] == frames, result
    return result


def measured(build, pipeline, scan, frames, way, threads):
    """What a frame more costs: a scan begins with work of its own (a dark frame is read, limits are made)."""
    short, result = (played(build, pipeline, scan, n, way, threads) for n in (frames, 3 * frames))
    result["core_ms_per_frame"] = (3 * result["core_ms_per_frame"] - short["core_ms_per_frame"]) / 2
    result["frames_per_second"] = 2 / (3 / result["frames_per_second"] - 1 / short["frames_per_second"])
    return result


def measure(build, name, frames, rounds):
    settings, at_least, table_bytes = SETS[name]
    scan = simulated(build, name, settings)
    pipeline = pipeline_of(scan, at_least)
    ways = [("memory", 1), ("memory", 2), ("shm", 2), ("ipc", 2), ("tcp", 2)]
    lowest = {way: None for way in ways}
    liblz4 = []
    for _ in range(rounds):
        liblz4.append(liblz4_ms(build, name))
        for way in ways:
            result = measured(build, pipeline, scan, frames, *way)
            if lowest[way] is None or result["core_ms_per_frame"] < lowest[way]["core_ms_per_frame"]:
                lowest[way] = result
    fastest = {way: r["frames_per_second"] for way, r in lowest.items()}
    bytes_a_frame = scan.stat().st_size / 16
    return {"set": name, "liblz4_ms": min(liblz4), "frame_bytes": bytes_a_frame, "table_bytes": table_bytes,
            "ways": [{"over": over, "threads": threads, "core_ms": lowest[over, threads]["core_ms_per_frame"],
                      "frames_per_second": fastest[over, threads], "step_ms": lowest[over, threads]["step_ms_per_frame"],
                      "latency_ms": lowest[over, threads]["latency_ms"]} for over, threads in ways]}


def report(results):
    print(f"{'data set':<30} {'over':<7} workers  core-ms      L  frames/s")
    for r in results:
        for way in r["ways"]:
            print(f"{r['set']:<30} {way['over']:<7} {way['threads']:>7}  {way['core_ms']:7.2f} {way['core_ms'] / r['liblz4_ms']:6.2f}"
                  f"  {way['frames_per_second']:8.0f}")
    print(f"\nThe model: frames/s = workers / core-ms. At {RATE} frames/s:")
    print(f"{'data set':<30} two workers, predicted and measured   cores  link Gbit/s  memory GB/s")
    for r in results:
        one, two, *_, tcp = r["ways"]
        predicted = 2e3 / one["core_ms"]
        print(f"{r['set']:<30} {predicted:12.0f} {two['frames_per_second']:12.0f} ({two['frames_per_second'] / predicted:4.2f})"
              f"  {tcp['core_ms'] * RATE / 1e3:12.1f}  {r['frame_bytes'] * RATE * 8e-9:11.1f}"
              f"  {(3 * r['frame_bytes'] + r['table_bytes']) * RATE * 1e-9:11.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    results = [measure(options.build, name, options.frames, options.rounds) for name in SETS]
    if options.out:
        options.out.write_text(json.dumps(results, indent=1) + "\n")
    report(results)


if __name__ == "__main__":
    main()
