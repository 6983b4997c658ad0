// Documents of the HTTP interface as a daemon at work would give them, made up.
import { createHash } from "node:crypto";

export const hostile_id = "<img src=x onerror=\"document.title='taken over'\">";
const digest = (text) => createHash("sha256").update(text).digest("hex");
const ago = (seconds) => new Date(Date.now() - 1000 * seconds).toISOString();
const started = ago(5400);

export const configuration_text = `# The daemon at a beamline: edge nodes push DECTRIS Stream V2 over ZeroMQ.
version: 1
engine: {threads: 0, memory: 2 GiB}
source:
  type: stream2
  connect: [tcp://127.0.0.1:31001]
stages:
  - {type: threshold, at_least: 6}
  - {type: find_components, min_pixels: 3, max_pixels: 2000}
  - {type: locate_peaks, by: auto, model: models/braggnn-fast}
  - {type: score_anomaly, model: models/rei-demo}
sinks:
  - {type: nexus_file, directory: results}
`;
export const configuration_sha256 = digest(configuration_text);

const model_id = "steel@5be0cd191f83";
export function anomaly(rei, decision, changed_frame = null) {
  return {
    rei, rei_error: 0.004 + 0.02 * Math.abs(rei - 0.113), n_patches: 21500, n_low: Math.round(21500 * rei), jsd: 0.02, decision, changed_frame, model: model_id,
    baseline_rei: 0.113, baseline_low: 0.1, baseline_high: 0.128,
  };
}

function record(scan_id, minutes, changes = {}) {
  const { ledger, ...others } = changes;
  return {
    scan_id, exit_status: "complete", reason: "", begun: ago(60 * minutes), ended: ago(60 * minutes - 5), seconds: 2.07, peaks: 50310 + 37 * minutes,
    frames_per_second: 695.6,
    ledger: {
      expected: 1440, received: 1440, processed: 1440, written: 1440, missing: 0, dropped_total: 0, dropped: {}, duplicate: 0, stale: 0, early: 0,
      unreadable: 0, bytes_received: 2.4e9, ...ledger,
    },
    outputs: [`/data/2026-3/steel/${scan_id}.h5`], anomaly: null, steps: [], ...others,
  };
}

export function scans() {
  return [
    record("load_240_MPa", 2, { anomaly: anomaly(0.196, "changed", 12) }),
    record("load_220_MPa", 5, { anomaly: anomaly(0.171, "changed", 39) }),
    record("load_200_MPa", 9, { anomaly: anomaly(0.134, "undecided") }),
    record("load_180_MPa", 12, {
      exit_status: "incomplete", reason: "3 frames never came; the end message was waited for 5 s", ledger: { received: 1437, written: 1436, missing: 3, dropped_total: 1, dropped: { decode_error: 1 } },
      anomaly: anomaly(0.119, "normal"),
    }),
    record(hostile_id, 14, {
      exit_status: "aborted", reason: "by an operator", ledger: { received: 411, written: 390, missing: 1029, dropped_total: 21 }, outputs: [], seconds: 0.6,
      frames_per_second: null, peaks: null,
    }),
    record("load_150_MPa", 18, { anomaly: anomaly(0.121, "normal") }),
    record("load_100_MPa", 22, { anomaly: anomaly(0.111, "normal") }),
    record("load_050_MPa", 26, { anomaly: anomaly(0.115, "normal") }),
    record("baseline_repeat_2", 31, { anomaly: anomaly(0.109, "normal") }),
    record("baseline_repeat_1", 35, { anomaly: anomaly(0.114, "normal") }),
  ];
}

export function profile(scan_id, share) {
  const points = [];
  for (let i = 0; i < Math.floor(360 * share); ++i) {
    const omega_deg = -180 + i;
    const peaks = 35 + 9 * Math.sin(i / 17) + 5 * Math.sin(i / 3.1) + 6 * Math.abs(Math.sin(i * 12.9898)) ** 8;
    points.push({ frame: 4 * i, omega_deg, peaks: Math.round(10 * peaks) / 10 });
  }
  return { scan_id, omega_known: true, points };
}

export function models() {
  return {
    models: [
      { model_id, name: "steel", task: "score_anomaly", state: "active", created: ago(86400 * 3) },
      { model_id: "steel@a90c1f22b7de", name: "steel", task: "score_anomaly", state: "candidate", created: ago(4000) },
      { model_id: "braggnn-fast@0b77e2c01d34", name: "braggnn-fast", task: "locate_peaks", state: "active", created: ago(86400 * 20) },
      { model_id: "steel@11aa90cc3f2e", name: "steel", task: "score_anomaly", state: "retired", created: ago(86400 * 9) },
    ],
  };
}

export const alarms = [
  {
    id: "disk_low", severity: "warning", since: ago(320), text: "3 GB are left in /data/2026-3", hint: "make room, or send the results elsewhere (sinks.nexus_file.directory)", count: 1,
  },
  {
    id: "frames_dropped", severity: "alarm", since: ago(41), text: "84 frames were dropped: the memory budget was spent", hint: "the machine is slower than the detector: raise engine.memory, or have the edge nodes send every other frame", count: 7,
  },
];

export const problems = [
  { line: 8, key: "stages[0].at_leest", text: "unknown option; threshold has at_least" },
  { line: 9, key: "stages[1].min_pixels", text: "0 is below the least value, 1" },
];

export function history(rejected) {
  const entries = [
    { sha256: configuration_sha256, since: ago(1800), outcome: "running", detail: "" },
    { sha256: digest("before"), since: started, outcome: "replaced", detail: "" },
  ];
  if (rejected) entries.unshift({ sha256: digest("bad"), since: ago(3), outcome: "rejected", detail: "2 problems; the first in line 8" });
  return entries;
}

function steps(n, fast) {
  const step = (label, type, producer, ms_per_frame, waiting, others = {}) => ({
    label, type, producer, in: n, out: n, dropped: 0, waiting: fast ? waiting : 0, frames_per_second: fast ? 697.1 : 0, ms_per_frame: n ? ms_per_frame : null, ...others,
  });
  const fused = "decode + subtract_dark + threshold";
  return [
    step("stream2", "source", null, 0.11, 0),
    step(fused, "stage", "stream2", 1.94, 3, { out: Math.max(0, n - 1), dropped: n ? 1 : 0 }),
    step("find_components", "stage", fused, 0.42, 0),
    step("locate_peaks", "stage", "find_components", 2.71, 14),
    step("score_anomaly", "stage", "locate_peaks", 0.66, 1),
    step("nexus_file", "sink", "score_anomaly", 0.2, 2),
    step("publish", "sink", "locate_peaks", 0.05, 0),
  ];
}

/** The status document of `scene`, `seconds` after the scan of it began. */
export function status(scene, seconds) {
  const running = scene === "running" || scene === "alarm";
  const received = Math.min(1440, Math.round(100 * seconds));
  const finished = Math.max(0, received - (received < 1440 ? 23 : 0));
  const wave = (i) => 690 + 18 * Math.sin(i / 9) + 12 * Math.sin(i / 2.3);
  const frames = Array.from({ length: 300 }, (_, i) => (running && i > 40 && i % 70 > 8 ? wave(i) * (scene === "alarm" && i > 250 ? 0.55 : 1) : 0));
  return {
    version: "0.3.0", pipeline: "stream", file: "/etc/braggd/stream.yaml", configuration_sha256, started, now: ago(0),
    uptime_s: (Date.now() - Date.parse(started)) / 1000, state: running ? "running" : "idle", ready: true,
    health: scene === "alarm" ? "alarm" : "ok", alarms: scene === "alarm" ? alarms : [],
    scan: running
      ? {
          scan_id: "load_260_MPa", phase: "running", begun: ago(seconds), elapsed_s: seconds, expected: 1440, received, finished,
          dropped: scene === "alarm" ? { memory_budget: 84, decode_error: 1 } : {}, dropped_total: scene === "alarm" ? 85 : 0, duplicate: 0, stale: 0,
          bytes_received: received * 1.7e6, peaks: finished * 35, omega_deg: -180 + received / 4, anomaly: anomaly(0.212, "undecided"),
        }
      : null,
    finishing: [],
    rates: running ? { frames_per_second: frames[299], bytes_per_second: frames[299] * 1.72e6, peaks_per_second: frames[299] * 35 } : { frames_per_second: 0, bytes_per_second: 0, peaks_per_second: 0 },
    history: { interval_s: 1, frames_per_second: frames, bytes_per_second: frames.map((value) => value * 1.72e6) },
    budget: { used_bytes: running ? (scene === "alarm" ? 2.07e9 : 3.1e8) : 0, capacity_bytes: 2147483648 },
    steps: steps(running ? received : 0, running),
    ledger_total: { expected: 17280, received: 16248, written: 16226, missing: 1032, dropped: 22, duplicate: 4, stale: 0, early: 2, unreadable: 0 },
    strays: { stale: 2, late: 0, unreadable: 0 }, scans_finished: 12,
  };
}

/** A server that knows next to nothing: every number that may be missing is null or absent. */
export function bareStatus() {
  return {
    version: null, state: "armed", ready: false, health: "ok", alarms: null, rates: null, history: null, budget: null, ledger_total: null, strays: null,
    scan: { scan_id: hostile_id, phase: "armed", expected: 0, received: null, finished: null, dropped_total: null, omega_deg: null, anomaly: { rei: null } },
    steps: [{ label: "stream2", type: "source", in: null, out: null, dropped: null, waiting: null, frames_per_second: null, ms_per_frame: null, producer: "nobody" }],
  };
}
