// The head of the page: state, health and readiness in words, and what a reader of the screen hears when they change.
import type { Health, Maybe, State, Status } from "./contract.js";
import { part, setText } from "./dom.js";
import { clock, dash, duration } from "./format.js";

const state_words: Record<State, string> = {
  starting: "Starting", idle: "Idle", armed: "Armed", running: "Running", draining: "Draining", fault: "Fault",
};
const state_meaning: Record<State, string> = {
  starting: "sockets are being opened", idle: "no scan", armed: "a scan was announced, no frame yet",
  running: "frames come", draining: "finishing what has arrived", fault: "stopped by an error",
};
const health_words: Record<Health, string> = { ok: "Healthy", warning: "Warning", alarm: "Alarm" };
const health_sign: Record<Health, string> = { ok: "✓", warning: "!", alarm: "✕" };

export function stateInWords(state: Maybe<State>): string {
  return (state && state_words[state]) || (state ?? "Unknown");
}

/** Health as the alarms have it, where the server does not say. */
export function healthOf(status: Status): Health {
  if (status.health && status.health in health_words) return status.health;
  const alarms = status.alarms ?? [];
  if (alarms.some((alarm) => alarm.severity === "alarm")) return "alarm";
  return alarms.length > 0 ? "warning" : "ok";
}

export function statusPanel(): (status: Status) => void {
  let announced = "";
  return (status) => {
    const state = status.state ?? null;
    const health = healthOf(status);
    const readiness = status.ready === true ? "Ready for the next scan" : status.ready === false ? "Takes no scan" : dash;
    part("state").dataset.state = state ?? "unknown";
    setText(part("state-words"), stateInWords(state));
    setText(part("state-meaning"), (state && state_meaning[state]) || "");
    part("health").dataset.health = health;
    setText(part("health-words"), health_words[health]);
    setText(part("health-sign"), health_sign[health]);
    part("ready").dataset.ready = String(status.ready ?? "unknown");
    setText(part("ready-words"), readiness);
    setText(part("pipeline-name"), status.pipeline || dash);
    setText(part("version"), status.version ? `version ${status.version}` : "");
    setText(part("uptime"), `up ${duration(status.uptime_s)}, since ${clock(status.started)}`);
    document.title = `${stateInWords(state)} · ${status.pipeline || "braggd"}`;
    const words = `${stateInWords(state)}. ${health_words[health]}. ${readiness}.`;
    if (words !== announced) {
      announced = words;
      setText(part("announce-state"), words);
    }
  };
}

/** The banner of a lost connection; everything that was known is greyed by style.css meanwhile. */
export function showConnection(lastNews: Date | null, lost: boolean): void {
  document.body.classList.toggle("lost", lost);
  part("lost").hidden = !lost;
  if (!lost) return;
  const since = lastNews ? `The last news came at ${clock(lastNews.toISOString())}; what is shown is from then.` : "Nothing was heard yet.";
  setText(part("lost-words"), `${since} Trying again by itself.`);
}
