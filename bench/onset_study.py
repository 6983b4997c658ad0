"""When does the rare event indicator notice the onset of plasticity, and how often does it cry wolf?

Usage: onset_study.py BRAGGD [SEEDS [FOLDER]]. For each seed a simulated polycrystal: three scans without load make the model, three
more are its judges (a change found there is a false alarm), then come two elastic steps and three plastic ones. Each scan is
judged whole and by the first ninth of its frames. Prints a line a seed and a summary; exit code 1 where the summary misses
the goal: onset within one load step, no false alarm, the same decision by a ninth of the frames.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

BASELINE = ["frames=360", "omega_step_deg=1", "rows=1024", "cols=1024", "pixel_um=400", "grains=100", "mosaic_deg=0.1"]
# (plastic steps, lattice parameter under load); plasticity begins at step 2
STEPS = [(0, 4.0541), (0, 4.0588), (1, 4.0611), (2, 4.0611), (3, 4.0611)]
ONSET = 2
PIPELINE = """version: 1
source: {type: replay}
stages:
  - {type: threshold, at_least: 6}
  - {type: find_components, min_pixels: 3, max_pixels: 2000}
  - {type: locate_peaks}
sinks:
  - {type: "null"}
"""


def run(*arguments):
    answer = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if answer.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, arguments))}\n{answer.stderr}")
    return answer.stdout


class Sample:
    def __init__(self, braggd, folder, seed):
        self.braggd, self.folder, self.seed = braggd, folder, seed
        self.pipeline = folder / "pipeline.yaml"
        self.pipeline.write_text(PIPELINE)

    def scan(self, name, repeat, *settings):
        path = self.folder / f"{name}.h5"
        sets = [*BASELINE, f"seed={self.seed}", f"repeat={repeat}", *settings]
        run(self.braggd, "--log-level", "error", "simulate", path, *(word for s in sets for word in ("--set", s)))
        return path

    def learn(self):
        scans = [self.scan(f"baseline_{i}", i) for i in range(3)]
        run(self.braggd, "model", "init", *scans, "--name", "sample", "--store", self.folder / "store", "-p", self.pipeline,
            "--epochs", 6, "--clusters", 30, "--seed", self.seed)

    def decisions(self, scans):
        out = run(self.braggd, "analyze", *scans, "--model", "sample", "--store", self.folder / "store", "-p", self.pipeline,
                  "--json")
        return [json.loads(line) for line in out.splitlines()]


def study(braggd, folder, seed):
    sample = Sample(braggd, folder, seed)
    sample.learn()
    answers = []
    for part, frames in (("whole", 360), ("ninth", 40)):
        scans = [sample.scan(f"repeat_{i}_{part}", 10 + i, f"frames={frames}") for i in range(3)]
        scans += [sample.scan(f"step_{i}_{part}", 20 + i, f"frames={frames}", f"load_step={plastic}",
                              f"lattice_parameter_angstrom={lattice}") for i, (plastic, lattice) in enumerate(STEPS)]
        scores = sample.decisions(scans)
        changed = [score["decision"] == "changed" for score in scores]
        onset = next((i for i, c in enumerate(changed[3:]) if c), None)
        answers.append({"false_alarms": sum(changed[:3]), "onset": onset,
                        "decisions": [score["decision"] for score in scores], "rei": [round(score["rei"], 3) for score in scores],
                        "patches": scores[0]["n_patches"]})
    return answers


def main():
    braggd = pathlib.Path(sys.argv[1]).resolve()
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    missed = alarms = other = 0
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory(dir=sys.argv[3] if len(sys.argv) > 3 else None) as folder:
            whole, ninth = study(braggd, pathlib.Path(folder), seed)
        for part, answer in (("whole", whole), ("ninth", ninth)):
            print(f"seed {seed} {part}: {answer['patches']} patches, false alarms {answer['false_alarms']}/3, onset at step "
                  f"{answer['onset']} (truth {ONSET}); REI {answer['rei']}", flush=True)
            missed += answer["onset"] is None or abs(answer["onset"] - ONSET) > 1
            alarms += answer["false_alarms"]
        other += [d == "changed" for d in whole["decisions"]] != [d == "changed" for d in ninth["decisions"]]
    print(f"{seeds} seeds: onset missed by more than a step in {missed} of {2 * seeds} series, {alarms} false alarms in "
          f"{6 * seeds} repeats, {other} series in which a ninth of the frames decides otherwise")
    return 1 if missed or alarms or other else 0


if __name__ == "__main__":
    sys.exit(main())
