// The scan that runs: how far it is, how long it still takes, what was dropped.
import type { RunningScan, Status } from "./contract.js";
import { Facts, html, part, setText } from "./dom.js";
import { bytes, clock, count, dash, duration, fixed, isNumber, percent, share, words } from "./format.js";
import { decisionWords, reiWords } from "./rei_chart.js";

/** Frames that were dropped are among the finished ones: they are through. */
export function secondsLeft(scan: RunningScan, framesPerSecond: unknown): number | null {
  if (!isNumber(scan.expected) || scan.expected <= 0 || !isNumber(scan.finished)) return null;
  if (!isNumber(framesPerSecond) || framesPerSecond <= 0) return null;
  return Math.max(0, scan.expected - scan.finished) / framesPerSecond;
}

/** "memory budget 1 284 · decode error 1", or nothing. */
export function droppedInWords(scan: RunningScan): string {
  const reasons = Object.entries(scan.dropped ?? {}).filter(([, n]) => n > 0);
  return reasons.map(([reason, n]) => `${words(reason)} ${count(n)}`).join(" · ");
}

function showScan(facts: Facts, details: Facts, scan: RunningScan, framesPerSecond: unknown): void {
  const announced = isNumber(scan.expected) && scan.expected > 0;
  facts.set("expected", announced ? count(scan.expected) : "not announced");
  facts.set("received", count(scan.received));
  facts.set("finished", count(scan.finished));
  facts.set("dropped", count(scan.dropped_total), (scan.dropped_total ?? 0) > 0 ? "bad" : "");
  facts.set("duplicate", count(scan.duplicate));
  facts.set("peaks", count(scan.peaks));
  facts.set("omega", isNumber(scan.omega_deg) ? `${fixed(scan.omega_deg, 2)} deg` : dash);
  facts.set("volume", bytes(scan.bytes_received));
  facts.set("begun", clock(scan.begun));
  facts.set("elapsed", duration(scan.elapsed_s));
  facts.set("left", scan.phase === "running" ? duration(secondsLeft(scan, framesPerSecond)) : dash);
  details.keep([isNumber(scan.anomaly?.rei) ? "rare event indicator" : "", droppedInWords(scan) ? "dropped because" : ""]);
  if (isNumber(scan.anomaly?.rei)) {
    const said = `${reiWords(scan.anomaly)}, ${decisionWords(scan.anomaly)}`;
    details.set("rare event indicator", said, scan.anomaly?.decision === "changed" ? "bad" : "");
  }
  if (droppedInWords(scan)) details.set("dropped because", droppedInWords(scan), "bad");
}

function setBar(element: HTMLElement, part_done: number | null): void {
  element.style.setProperty("width", `${((part_done ?? 0) * 100).toFixed(2)}%`);
}

export function scanPanel(): (status: Status) => void {
  const facts = new Facts(part("scan-facts"));
  const details = new Facts(part("scan-details"));
  const received = part("bar-received");
  const finished = part("bar-finished");
  return (status) => {
    const scan = status.scan;
    part("scan-none").hidden = Boolean(scan);
    part("scan-now").hidden = !scan;
    part("scan-progress").hidden = !scan;
    if (scan) {
      const done = share(scan.finished, scan.expected);
      setText(part("scan-id"), scan.scan_id);
      setText(part("scan-phase"), scan.phase ?? "");
      setText(part("scan-percent"), done === null ? dash : percent(done));
      setBar(received, share(scan.received, scan.expected));
      setBar(finished, done);
      const bar = part("bar");
      bar.classList.toggle("open-ended", done === null);
      if (done === null) bar.removeAttribute("aria-valuenow");
      else bar.setAttribute("aria-valuenow", Math.floor(done * 100).toString());
      bar.setAttribute("aria-valuetext", `${count(scan.finished)} of ${scan.expected ? count(scan.expected) : "an unknown number of"} frames finished`);
      showScan(facts, details, scan, status.rates?.frames_per_second);
    }
    const before = (status.finishing ?? []).map((other) =>
      html("li", {}, `${other.scan_id}: ${count(other.finished)} of ${count(other.received)} frames, being written`));
    part("finishing").hidden = before.length === 0;
    part("finishing-list").replaceChildren(...before);
  };
}
