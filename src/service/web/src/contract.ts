// The documents of the HTTP interface, as far as the page reads them. What a server leaves out is undefined here, what
// it does not know is null: the page shows both as a dash.

export type Maybe<T> = T | null | undefined;

export type State = "starting" | "idle" | "armed" | "running" | "draining" | "fault";
export type Health = "ok" | "warning" | "alarm";

export interface Alarm {
  id: string;
  severity: "warning" | "alarm";
  since: Maybe<string>;
  text: string;
  hint?: Maybe<string>;
  count?: Maybe<number>;
}

export interface Anomaly {
  rei: Maybe<number>;
  rei_error: Maybe<number>;
  n_patches?: Maybe<number>;
  n_low?: Maybe<number>;
  jsd?: Maybe<number>;
  decision: Maybe<"undecided" | "normal" | "changed">;
  changed_frame: Maybe<number>;
  model: Maybe<string>;
  baseline_rei: Maybe<number>;
  baseline_low: Maybe<number>;
  baseline_high: Maybe<number>;
}

export interface RunningScan {
  scan_id: string;
  phase: Maybe<string>;
  begun: Maybe<string>;
  elapsed_s: Maybe<number>;
  expected: Maybe<number>;
  received: Maybe<number>;
  finished: Maybe<number>;
  dropped?: Maybe<Record<string, number>>;
  dropped_total: Maybe<number>;
  duplicate: Maybe<number>;
  stale: Maybe<number>;
  early: Maybe<number>;
  unreadable: Maybe<number>;
  bytes_received: Maybe<number>;
  peaks: Maybe<number>;
  omega_deg: Maybe<number>;
  anomaly: Maybe<Anomaly>;
}

export interface Step {
  label: string;
  type: string;
  in: Maybe<number>;
  out: Maybe<number>;
  dropped: Maybe<number>;
  waiting: Maybe<number>;
  frames_per_second: Maybe<number>;
  ms_per_frame: Maybe<number>;
  producer: Maybe<string>;
}

export type LedgerCounts = Record<string, Maybe<number>>;

export interface Status {
  version: Maybe<string>;
  pipeline: Maybe<string>;
  file: Maybe<string>;
  configuration_sha256: Maybe<string>;
  started: Maybe<string>;
  now: Maybe<string>;
  uptime_s: Maybe<number>;
  state: Maybe<State>;
  ready: Maybe<boolean>;
  health: Maybe<Health>;
  alarms: Maybe<Alarm[]>;
  scan: Maybe<RunningScan>;
  finishing: Maybe<RunningScan[]>;
  rates: Maybe<{
    frames_per_second: Maybe<number>;
    bytes_per_second: Maybe<number>;
    peaks_per_second: Maybe<number>;
  }>;
  history: Maybe<{
    interval_s: Maybe<number>;
    frames_per_second: Maybe<Maybe<number>[]>;
    bytes_per_second: Maybe<Maybe<number>[]>;
  }>;
  budget: Maybe<{ used_bytes: Maybe<number>; capacity_bytes: Maybe<number> }>;
  steps: Maybe<Step[]>;
  ledger_total: Maybe<LedgerCounts>;
  strays: Maybe<LedgerCounts>;
  scans_finished: Maybe<number>;
}

export interface ScanRecord {
  scan_id: string;
  exit_status: Maybe<"complete" | "incomplete" | "aborted" | "failed">;
  reason: Maybe<string>;
  begun: Maybe<string>;
  ended: Maybe<string>;
  seconds: Maybe<number>;
  peaks: Maybe<number>;
  frames_per_second: Maybe<number>;
  ledger: Maybe<Omit<LedgerCounts, "dropped"> & { dropped?: Maybe<Record<string, number>> }>;
  outputs: Maybe<string[]>;
  anomaly: Maybe<Anomaly>;
}

export interface Profile {
  scan_id: Maybe<string>;
  omega_known: Maybe<boolean>;
  points: Maybe<{ frame: Maybe<number>; omega_deg: Maybe<number>; peaks: Maybe<number> }[]>;
}

export interface ConfigurationProblem {
  line: Maybe<number>;
  key: Maybe<string>;
  text: string;
}

export interface Configuration {
  file: Maybe<string>;
  configuration_sha256: Maybe<string>;
  text: Maybe<string>;
  pending_sha256: Maybe<string>;
  history: Maybe<
    { sha256: Maybe<string>; since: Maybe<string>; outcome: Maybe<string>; detail: Maybe<string> }[]
  >;
}

export interface Model {
  model_id: string;
  name: Maybe<string>;
  task: Maybe<string>;
  state: Maybe<string>;
  created: Maybe<string>;
}

export interface Problem {
  title?: Maybe<string>;
  status?: Maybe<number>;
  detail?: Maybe<string>;
  problems?: Maybe<ConfigurationProblem[]>;
}
