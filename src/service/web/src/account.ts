// The queue of the whole graph, and the account of every frame over all scans.
import type { Status } from "./contract.js";
import { Facts, part, setText } from "./dom.js";
import { bytes, count, percent, share, words } from "./format.js";

const bad_when_positive = new Set(["missing", "dropped", "unreadable"]);
const ledger_order = ["expected", "received", "written", "missing", "dropped", "duplicate", "stale", "early", "unreadable"];

export function accountPanel(): (status: Status) => void {
  const total = new Facts(part("ledger-total"));
  const strays = new Facts(part("strays"));
  return (status) => {
    const used = share(status.budget?.used_bytes, status.budget?.capacity_bytes);
    const level = part("queue-level");
    level.style.setProperty("width", `${((used ?? 0) * 100).toFixed(2)}%`);
    level.dataset.level = used === null ? "" : used > 0.9 ? "full" : used > 0.6 ? "high" : "low";
    part("queue-bar").setAttribute("aria-valuenow", Math.round((used ?? 0) * 100).toString());
    setText(part("queue-percent"), percent(used));
    setText(part("queue-words"), `${bytes(status.budget?.used_bytes)} of ${bytes(status.budget?.capacity_bytes)}`);
    const note = used !== null && used > 0.9 ? "nearly spent: the source waits, or frames are dropped" : "";
    setText(part("queue-note"), note);
    setText(part("scans-finished"), count(status.scans_finished));
    const ledger = status.ledger_total ?? {};
    for (const name of ledger_order) {
      const value = ledger[name];
      total.set(words(name), count(value), bad_when_positive.has(name) && (value ?? 0) > 0 ? "bad" : "");
    }
    part("strays-part").hidden = !status.strays;
    for (const [name, value] of Object.entries(status.strays ?? {})) strays.set(words(name), count(value));
  };
}
