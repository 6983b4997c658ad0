// The rare event indicator over the scans: values with errors, the baseline's band, and what was decided.
import { areaFor, axisFromZero, drawAxes, scaleOf, ticksBetween, type Axis, type Scale } from "./axes.js";
import { Drawing, emptyDrawing, type Canvas } from "./charts.js";
import type { Anomaly, Maybe, RunningScan, ScanRecord } from "./contract.js";
import { part, svg } from "./dom.js";
import { dash, fixed, isNumber } from "./format.js";

export interface ReiPoint {
  scanId: string;
  anomaly: Anomaly;
  /** The scan has not ended: its value still moves. */
  open: boolean;
}

/** Oldest first; the scan that runs comes last. */
export function reiPoints(newestFirst: ScanRecord[], running: Maybe<RunningScan>): ReiPoint[] {
  const points: ReiPoint[] = [];
  for (const record of [...newestFirst].reverse()) {
    if (record.anomaly) points.push({ scanId: record.scan_id, anomaly: record.anomaly, open: false });
  }
  if (running?.anomaly) points.push({ scanId: running.scan_id, anomaly: running.anomaly, open: true });
  return points;
}

/** "0.113 ± 0.004" */
export function reiWords(anomaly: Maybe<Anomaly>): string {
  if (!isNumber(anomaly?.rei)) return dash;
  return isNumber(anomaly.rei_error) ? `${fixed(anomaly.rei, 3)} ± ${fixed(anomaly.rei_error, 3)}` : fixed(anomaly.rei, 3);
}

export function decisionWords(anomaly: Maybe<Anomaly>): string {
  if (!anomaly?.decision) return dash;
  if (anomaly.decision !== "changed") return anomaly.decision;
  return isNumber(anomaly.changed_frame) ? `changed since frame ${anomaly.changed_frame}` : "changed";
}

function error(anomaly: Anomaly): number {
  return isNumber(anomaly.rei_error) ? anomaly.rei_error : 0;
}

/** The baseline may change between scans, with the model: one piece of band a scan, joined where it is the same. */
function band(points: ReiPoint[], scale: Scale, y: Axis): SVGElement[] {
  const out: SVGElement[] = [];
  for (let first = 0; first < points.length; ) {
    const { baseline_low: low, baseline_high: high, baseline_rei: mean, model } = points[first]!.anomaly;
    let last = first;
    for (; last + 1 < points.length; ++last) {
      const next = points[last + 1]!.anomaly;
      if (next.baseline_low !== low || next.baseline_high !== high || next.model !== model) break;
    }
    const [from, to] = [scale.x(first + 0.5), scale.x(last + 1.5)];
    if (isNumber(low) && isNumber(high)) {
      const top = scale.y(Math.min(y.high, high));
      const height = scale.y(Math.max(y.low, low)) - top;
      out.push(svg("rect", { class: "band", x: from, y: top, width: to - from, height: Math.max(0, height) }));
    }
    if (isNumber(mean)) {
      out.push(svg("line", { class: "baseline", x1: from, x2: to, y1: scale.y(mean), y2: scale.y(mean) }));
    }
    first = last + 1;
  }
  return out;
}

/** Circle, rhomb or triangle: shape says what colour says. */
export function decisionMark(decision: Maybe<string>, x: number, y: number, r: number, open: boolean): SVGElement {
  const look = `mark ${decision ?? "unknown"}${open ? " open" : ""}`;
  if (decision === "changed") {
    return svg("path", { class: look, d: `M${x} ${y - 1.3 * r}L${x + 1.2 * r} ${y + r}H${x - 1.2 * r}Z` });
  }
  if (decision === "undecided") {
    return svg("path", { class: look, d: `M${x} ${y - 1.3 * r}L${x + 1.3 * r} ${y}L${x} ${y + 1.3 * r}L${x - 1.3 * r} ${y}Z` });
  }
  return svg("circle", { class: look, cx: x, cy: y, r });
}

function pointMarks(point: ReiPoint, x: number, scale: Scale, em: number): SVGElement {
  const { anomaly } = point;
  const rei = anomaly.rei as number;
  const y = scale.y(rei);
  const group = svg("g", {});
  group.append(svg("title", {}, `${point.scanId}: REI ${fixed(rei, 4)} ± ${fixed(error(anomaly), 4)}, ${decisionWords(anomaly)}`));
  const [high, low] = [scale.y(rei + error(anomaly)), scale.y(Math.max(0, rei - error(anomaly)))];
  const cap = em * 0.3;
  group.append(svg("path", { class: "error", d: `M${x - cap} ${high}h${2 * cap}M${x - cap} ${low}h${2 * cap}M${x} ${high}V${low}` }));
  group.append(decisionMark(anomaly.decision, x, y, em * 0.42, point.open));
  return group;
}

function draw(points: ReiPoint[], canvas: Canvas): SVGElement[] {
  const { em } = canvas;
  const shown = points.slice(-Math.max(12, Math.floor(canvas.width / (em * 1.2))));
  const before = points.length - shown.length;
  const values = shown.flatMap(({ anomaly }) =>
    [isNumber(anomaly.rei) ? anomaly.rei + error(anomaly) : null, anomaly.baseline_high].filter(isNumber));
  const y = axisFromZero("rare event indicator", 1.12 * Math.max(0, ...values), 4);
  const end = Math.max(shown.length, 4) + 0.5;
  const x: Axis = {
    title: "scan of this session", low: 0.5, high: end,
    ticks: ticksBetween(0.5 + before, end + before, 8, true).map((tick) => ({ ...tick, at: tick.at - before })),
  };
  const area = areaFor(canvas.width, canvas.height, em, x, y);
  const scale = scaleOf(area, x, y);
  const known = shown.map((point, i) => ({ point, i })).filter(({ point }) => isNumber(point.anomaly.rei));
  if (known.length === 0) return emptyDrawing(area, canvas, x, y, "no scan has a rare event indicator");
  const out: SVGElement[] = [drawAxes(area, em, x, y), ...band(shown, scale, y)];
  let path = "";
  let joined: Maybe<string> = undefined;
  for (const { point, i } of known) {
    const same = path !== "" && joined === point.anomaly.model;
    path += `${same ? "L" : "M"}${scale.x(i + 1).toFixed(1)} ${scale.y(point.anomaly.rei as number).toFixed(1)}`;
    joined = point.anomaly.model;
  }
  out.push(svg("path", { class: "line rei", d: path }));
  let labelledTo = -Infinity;
  for (const { point, i } of known) {
    const place = scale.x(i + 1);
    out.push(pointMarks(point, place, scale, em));
    const { decision, changed_frame, rei } = point.anomaly;
    if (decision !== "changed" || !isNumber(changed_frame)) continue;
    const words = `since ${changed_frame}`;
    const half = em * 0.34 * words.length;
    const middle = Math.min(Math.max(place, area.left + half), canvas.width - half);
    if (middle - half < labelledTo) continue;
    const above = scale.y((rei as number) + error(point.anomaly)) - em * 0.6;
    out.push(svg("text", { class: "since", x: middle, y: Math.max(em * 1.9, above), "text-anchor": "middle" }, words));
    labelledTo = middle + half;
  }
  return out;
}

function describe(points: ReiPoint[]): string {
  const last = points.at(-1);
  if (!last) return "Rare event indicator: no scan has one";
  return (
    `Rare event indicator over ${points.length} scans; the last, ${last.scanId}: ${fixed(last.anomaly.rei, 3)} ` +
    `plus or minus ${fixed(last.anomaly.rei_error, 3)}, ${decisionWords(last.anomaly)}`
  );
}

export function reiPanel(): (points: ReiPoint[]) => void {
  const drawing = new Drawing<ReiPoint[]>(part("chart-rei"), draw, describe);
  for (const decision of ["normal", "undecided", "changed"]) {
    const mark = svg("svg", { class: "legend-mark", viewBox: "-8 -8 16 16", "aria-hidden": "true" });
    mark.append(decisionMark(decision, 0, 0, 5, false));
    part("rei-legend").append(mark, `${decision}`);
  }
  const sample = svg("svg", { class: "legend-mark wide", viewBox: "-12 -8 24 16", "aria-hidden": "true" });
  sample.append(
    svg("rect", { class: "band", x: -12, y: -6, width: 24, height: 12 }),
    svg("line", { class: "baseline", x1: -12, x2: 12, y1: 0, y2: 0 }),
  );
  part("rei-legend").append(sample, "baseline");
  return (points) => drawing.show(points);
}
