// The scans that have ended, newest first.
import { get, scanPath } from "./api.js";
import type { ScanRecord } from "./contract.js";
import { copyButton, html, part, setText } from "./dom.js";
import { clock, count, dash, duration, rate } from "./format.js";
import { decisionWords, reiWords } from "./rei_chart.js";

const kept = 100;
const signs: Record<string, string> = { complete: "✓", incomplete: "!", aborted: "■", failed: "✕" };

function status(record: ScanRecord): HTMLElement {
  const exit = record.exit_status ?? "unknown";
  return html(
    "td", { class: "status" },
    html("span", { class: `exit ${exit in signs ? exit : ""}` }, html("span", { "aria-hidden": "true" }, `${signs[exit] ?? "?"} `), exit),
    record.reason ? html("div", { class: "reason" }, record.reason) : null,
  );
}

function outputs(record: ScanRecord): HTMLElement {
  const cell = html("td", { class: "outputs" });
  for (const path of record.outputs ?? []) {
    const code = html("code", {}, path);
    cell.append(html("div", {}, copyButton(path, path, code), code));
  }
  if (!cell.firstChild) cell.append(dash);
  return cell;
}

function number(text: string, bad = false): HTMLElement {
  return html("td", { class: bad ? "number bad" : "number" }, text);
}

function row(record: ScanRecord): HTMLElement {
  const ledger = record.ledger ?? {};
  const lost = (ledger["missing"] ?? 0) as number;
  const dropped = (ledger["dropped_total"] ?? 0) as number;
  const decision = record.anomaly?.decision ?? "";
  return html(
    "tr", {},
    html("th", { scope: "row" }, html("a", { href: scanPath(record.scan_id) }, record.scan_id)),
    status(record),
    html("td", { class: "time" }, clock(record.begun)),
    number(duration(record.seconds, true)),
    number(count(ledger["expected"] as number)),
    number(count(ledger["written"] as number)),
    number(count(ledger["missing"] as number), lost > 0),
    number(count(ledger["dropped_total"] as number), dropped > 0),
    number(count(record.peaks)),
    number(rate(record.frames_per_second)),
    number(reiWords(record.anomaly)),
    html("td", { class: `decision ${["normal", "undecided", "changed"].includes(decision) ? decision : ""}` }, decisionWords(record.anomaly)),
    outputs(record),
  );
}

export interface ScansPanel {
  /** All that the server keeps, anew. */
  load(): Promise<void>;
  add(record: ScanRecord): void;
  /** Newest first. */
  records(): ScanRecord[];
}

export function scansPanel(changed: () => void): ScansPanel {
  let records: ScanRecord[] = [];
  const draw = () => {
    part("scans-none").hidden = records.length > 0;
    part("scans-table").hidden = records.length === 0;
    part("scans-rows").replaceChildren(...records.map(row));
    setText(part("scans-shown"), records.length >= kept ? `the last ${kept}` : "");
    changed();
  };
  return {
    async load() {
      const answer = await get<{ scans: ScanRecord[] | null }>(`/api/v1/scans?limit=${kept}`);
      records = answer.scans ?? [];
      draw();
    },
    add(record) {
      // The same scan may come twice: with the list, and as news.
      const same = (other: ScanRecord) => other.scan_id === record.scan_id && other.begun === record.begun;
      records = [record, ...records.filter((other) => !same(other))].slice(0, kept);
      draw();
    },
    records: () => records,
  };
}
