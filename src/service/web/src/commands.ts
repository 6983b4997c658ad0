// Start, stop and abort.
import { command, inWords } from "./api.js";
import type { RunningScan, Status } from "./contract.js";
import { part } from "./dom.js";
import { count, isNumber } from "./format.js";
import { confirmed, tell } from "./notices.js";

/** What an abort costs, in numbers of now. */
export function lossInWords(scan: RunningScan | null | undefined): string[] {
  if (!scan) return ["No scan runs: nothing is lost but a scan that was announced.", "This cannot be undone."];
  const inFlight = isNumber(scan.received) && isNumber(scan.finished) ? Math.max(0, scan.received - scan.finished) : null;
  const toCome =
    isNumber(scan.expected) && scan.expected > 0 && isNumber(scan.received) ? Math.max(0, scan.expected - scan.received) : null;
  const waiting = inFlight === null ? "Frames that wait to be processed" : `The ${count(inFlight)} frames that wait to be processed`;
  const coming = toCome === null ? "those still to come" : `the ${count(toCome)} still to come`;
  return [
    `Scan ${scan.scan_id} ends at once.`,
    `${waiting} and ${coming} are discarded and counted as aborted. The scan's file is closed with what is finished (${count(scan.finished)} frames) and says aborted.`,
    "To keep what has arrived, use Stop instead. An abort cannot be undone.",
  ];
}

export function commandsPanel(): (status: Status) => void {
  let latest: Status | null = null;
  const send = async (name: string, done: string) => {
    try {
      if (await command(`/api/v1/${name}`)) tell(done);
    } catch (error) {
      tell(`Not done: ${inWords(error)}`, "bad");
    }
  };
  const [start, stop, abort] = ["start", "stop", "abort"].map((name) => part<HTMLButtonElement>(`command-${name}`));
  for (const button of [start!, stop!, abort!]) {
    button.addEventListener("click", (event) => {
      if (button.getAttribute("aria-disabled") === "true") event.stopImmediatePropagation();
    });
  }
  start!.addEventListener("click", () => void send("start", "Started: the next scan is taken."));
  stop!.addEventListener("click", () => void send("stop", "Stopping: what has arrived is finished, no new scan is taken."));
  abort!.addEventListener("click", async () => {
    if (await confirmed("Abort the scan?", lossInWords(latest?.scan), "Abort and discard", true)) {
      await send("abort", "Aborted.");
    }
  });
  const allow = (button: HTMLButtonElement, sensible: boolean) => {
    // Not `disabled`: the focus of a keyboard must not vanish while the state changes.
    button.setAttribute("aria-disabled", String(!sensible));
  };
  return (status) => {
    latest = status;
    allow(start!, status.ready !== true);
    allow(stop!, status.ready !== false || Boolean(status.scan));
    allow(abort!, Boolean(status.scan) || (status.finishing ?? []).length > 0);
  };
}
