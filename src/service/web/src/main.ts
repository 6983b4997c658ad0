// Ties the panels to the news. Documents that come with no news are fetched where something says that they changed.
import { accountPanel } from "./account.js";
import { alarmsPanel } from "./alarms.js";
import { appearance } from "./appearance.js";
import { commandsPanel } from "./commands.js";
import { configurationPanel } from "./configuration.js";
import type { RunningScan, Status } from "./contract.js";
import { listen } from "./events.js";
import { modelsPanel } from "./models.js";
import { pipelinePanel } from "./pipeline_graph.js";
import { previewPanel } from "./preview.js";
import { profilePanel } from "./profile_chart.js";
import { reiPanel, reiPoints } from "./rei_chart.js";
import { scanPanel } from "./scan_progress.js";
import { scansPanel } from "./scans.js";
import { showConnection, statusPanel } from "./status.js";
import { throughputPanel } from "./throughput.js";
import { showHeld } from "./token.js";

const profile_every_ms = 2000;

appearance();
showHeld();
const panels = [
  statusPanel(), alarmsPanel(), commandsPanel(), scanPanel(), throughputPanel(), accountPanel(), pipelinePanel(), previewPanel(),
];
const loadProfile = profilePanel();
const loadConfiguration = configurationPanel();
const loadModels = modelsPanel();
const showRei = reiPanel();
let running: RunningScan | null = null;
const scans = scansPanel(() => showRei(reiPoints(scans.records(), running)));

/** A document that could not be had leaves its card as it was; the next occasion tries again. */
function quietly(...loads: Promise<void>[]): void {
  for (const load of loads) load.catch((error: unknown) => console.warn(String(error)));
}

let configuration: string | null = null;
let profiled = 0;
let profiledFor = "";

function follow(status: Status): void {
  const before = JSON.stringify(running?.anomaly ?? null);
  running = status.scan ?? null;
  if (JSON.stringify(running?.anomaly ?? null) !== before) showRei(reiPoints(scans.records(), running));
  const now = status.configuration_sha256 ?? "";
  if (configuration !== null && configuration !== now) quietly(loadConfiguration(), loadModels());
  configuration = now;
  const progress = `${running?.scan_id} ${running?.finished} ${status.scans_finished}`;
  if (progress !== profiledFor && Date.now() - profiled >= profile_every_ms) {
    profiled = Date.now();
    profiledFor = progress;
    quietly(loadProfile());
  }
}

listen({
  status(status) {
    for (const show of panels) show(status);
    follow(status);
  },
  scan(record) {
    scans.add(record);
    // Configurations change hands between scans.
    quietly(loadConfiguration());
  },
  connected() {
    showConnection(null, false);
    quietly(scans.load(), loadConfiguration(), loadModels());
  },
  lost(lastNews) {
    showConnection(lastNews, true);
  },
});
