#!/usr/bin/env python3
"""Scans back to back into a service for a while, with all that watches it: does it stay as it was?

soak.py PROGRAM [--minutes 30] [--rounds 12] [--out FILE.json]

A sender pushes one scan after the other, flat out. Meanwhile a page listens, Prometheus scrapes, pictures are fetched, subscribers
listen. Looked at: memory (the last third against the middle third), descriptors, threads, ledgers, the time of an answer.
Then rounds with and without watchers, in turns, with these frames and with a detector's of 4096 x 4096: what watchers cost the service,
in processor time a frame (its own; the watchers' is not counted, for they are elsewhere in life), and what the rate was with all of them
on the same cores. The bound is for the detector's frames; small ones come faster, and a subscriber costs as much for each.
Ends with 1 where a figure is out of bounds; prints all of them.
"""
import argparse
import http.client
import json
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PIPELINE = """version: 1
engine: {{memory: 256 MiB}}
source: {{type: stream2, bind: '{receive}', close_timeout_s: 2, idle_timeout_s: 10}}
stages:
  - {{type: threshold, at_least: 6}}
  - {{type: find_components, min_pixels: 3, max_pixels: 2000}}
  - {{type: locate_peaks}}
sinks:
  - {{type: nexus_file, directory: results}}
  - {{type: publish, from: locate_peaks, bind: '{publish}'}}
service: {{http: {port}, state_directory: state, disk_low: 0, history: 200}}
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Watchers:
    """A page, a scraper, a viewer of pictures, subscribers: in processes of their own, as they would be."""

    def __init__(self, port, publish, subscribers):
        script = pathlib.Path(__file__).with_name("watcher.py")
        kinds = [("page", port), ("metrics", port), ("preview", port)] + [("subscriber", publish)] * subscribers
        self.children = [subprocess.Popen([sys.executable, script, kind, str(where)], stdout=subprocess.PIPE, text=True)
                         for kind, where in kinds]
        self.kinds = [kind for kind, _ in kinds]

    def end(self):
        """Answer times in s by kind, and messages that subscribers have heard."""
        for child in self.children:
            child.send_signal(signal.SIGTERM)
        answers = [json.loads(child.communicate(timeout=30)[0] or "{}") for child in self.children]
        times = {}
        for kind, answer in zip(self.kinds, answers):
            times.setdefault(kind, []).extend(answer.get("times_s", []))
        return times, sum(answer.get("messages", 0) for answer in answers)


class Service:
    def __init__(self, program, work):
        receive, publish, self.port = free_ports(3)
        self.receive, self.publish = f"tcp://127.0.0.1:{receive}", f"tcp://127.0.0.1:{publish}"
        pipeline = work / "soak.yaml"
        pipeline.write_text(PIPELINE.format(receive=self.receive, publish=self.publish, port=self.port))
        self.log = open(work / "log", "w")
        self.process = subprocess.Popen([program, "run", pipeline, "--no-report"], stderr=self.log)
        for _ in range(200):
            time.sleep(0.05)
            try:
                if self.status()["ready"]:
                    return
            except OSError:
                pass
        raise SystemExit("the service did not start")

    def status(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/api/v1/status")
        status = json.loads(connection.getresponse().read())
        connection.close()
        return status

    def core_seconds(self):
        """Of the whole process, from the clock that the kernel keeps for it; /proc counts ticks, of which a round has too few."""
        cpu_clock = (~self.process.pid << 3) | 2
        return time.clock_gettime(cpu_clock)

    def resources(self):
        proc = pathlib.Path(f"/proc/{self.process.pid}")
        text = (proc / "status").read_text()
        rss = int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024
        threads = int(re.search(r"Threads:\s+(\d+)", text)[1])
        return {"rss_mib": rss, "descriptors": len(list((proc / "fd").iterdir())), "threads": threads}


def send(program, scan, service, number):
    subprocess.run([program, "send", scan, "--connect", service.receive, "--scan-id", f"soak-{number}", "--json"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def settle(service, scans):
    while (status := service.status())["scans_finished"] < scans:
        time.sleep(0.02)
    for path in (pathlib.Path(service.process.args[2]).parent / "results").glob("*.h5"):
        path.unlink()
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=12, help="with and without watchers; 0: their cost is not looked at")
    parser.add_argument("--subscribers", type=int, default=10)
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--flat", type=float, default=1.02, help="of the middle third's memory the last may have so much")
    parser.add_argument("--out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="braggd-soak-") as folder:
        work = pathlib.Path(folder)
        sizes = [options.size, 4096] if options.rounds else [options.size]
        recorded = {size: simulate(options, work, size) for size in sizes}
        service = Service(options.program, work)
        try:
            answer = soak(options, service, recorded)
        finally:
            service.process.send_signal(signal.SIGTERM)
            answer_code = service.process.wait(60)
    answer["exit_code"] = answer_code
    print(json.dumps(answer, indent=1))
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(answer, indent=1) + "\n")
    return 0 if all(answer["holds"].values()) else 1


def simulate(options, work, size):
    scan = work / f"scan-{size}.h5"
    settings = [f"frames={options.frames}", f"rows={size}", f"cols={size}", "layout=uniform", "spots_per_frame=100",
                "background_counts=0.1"]
    subprocess.run([options.program, "simulate", scan, *(w for s in settings for w in ("--set", s))], check=True,
                   stderr=subprocess.DEVNULL)
    return scan


class Cost:
    """Of the watchers: rounds with and without them, in turns."""

    def __init__(self, options, service, scan, scans):
        rates, core_ms = {"alone": [], "watched": []}, {"alone": [], "watched": []}
        for number in range(2 * options.rounds):
            kind = ("alone", "watched")[(number + number // 2) % 2]
            watchers = Watchers(service.port, service.publish, options.subscribers) if kind == "watched" else None
            time.sleep(1.5)
            begun, used_s = time.monotonic(), service.core_seconds()
            send(options.program, scan, service, scans + number)
            settle(service, scans + number + 1)
            rates[kind].append(options.frames / (time.monotonic() - begun))
            core_ms[kind].append(1e3 * (service.core_seconds() - used_s) / options.frames)
            if watchers:
                watchers.end()
        self.scans = scans + 2 * options.rounds
        self.frames_per_second = {kind: statistics.median(r) for kind, r in rates.items()}
        self.core_ms_a_frame = {kind: statistics.median(c) for kind, c in core_ms.items()}
        self.share = self.core_ms_a_frame["watched"] / self.core_ms_a_frame["alone"] - 1

    def report(self):
        return {"frames_per_second": self.frames_per_second, "core_ms_a_frame": self.core_ms_a_frame, "share": self.share}


def soak(options, service, recorded):
    samples, scans = [], 0
    watchers = Watchers(service.port, service.publish, options.subscribers)
    until = time.monotonic() + 60 * options.minutes
    while time.monotonic() < until or scans < 9:
        send(options.program, recorded[options.size], service, scans)
        scans += 1
        settle(service, scans)
        samples.append(service.resources())
    times, messages = watchers.end()
    costs = {}
    if options.rounds:
        for size, scan in recorded.items():
            costs[size] = Cost(options, service, scan, scans)
            scans = costs[size].scans
    status = service.status()
    ledger = status["ledger_total"]

    third = len(samples) // 3
    middle = statistics.median(s["rss_mib"] for s in samples[third:2 * third])
    last = statistics.median(s["rss_mib"] for s in samples[2 * third:])
    worst = {kind: sorted(t)[int(0.99 * (len(t) - 1))] for kind, t in times.items() if t}
    closes = ledger["expected"] == ledger["written"] + ledger["missing"] + ledger["dropped"]
    return {"scans": scans, "frames": ledger["written"], "health": status["health"], "rss_mib": {"middle": middle, "last": last},
            "descriptors": [samples[third]["descriptors"], samples[-1]["descriptors"]],
            "threads": [samples[third]["threads"], samples[-1]["threads"]], "answers_p99_s": worst,
            "answers": {kind: len(t) for kind, t in times.items()}, "messages_heard": messages,
            "watchers_cost": {size: cost.report() for size, cost in costs.items()},
            "holds": {"memory_is_flat": last < options.flat * middle,
                      "no_descriptor_leaked": samples[-1]["descriptors"] <= samples[third]["descriptors"] + 2,
                      "ledgers_close": closes and ledger["missing"] == 0 and ledger["dropped"] == 0,
                      "all_scans_are_there": ledger["written"] == options.frames * scans,
                      "watchers_cost_under_3_percent": 4096 not in costs or costs[4096].share < 0.03,
                      "answers_within_100_ms": all(t < 0.1 for t in worst.values())}}


if __name__ == "__main__":
    sys.exit(main())
