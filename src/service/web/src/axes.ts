// Scales, ticks and axes of the drawings. All places are in CSS pixels of the drawing.
import { svg } from "./dom.js";
import { fixed } from "./format.js";

export interface Tick {
  at: number;
  text: string;
}

export interface Axis {
  title: string;
  low: number;
  high: number;
  ticks: Tick[];
}

export interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The step of 1, 2 or 5 times a power of ten that makes at most about `n` ticks. */
export function tickStep(range: number, n: number): number {
  const raw = range / Math.max(1, n);
  const power = 10 ** Math.floor(Math.log10(raw));
  for (const factor of [1, 2, 5]) if (raw <= factor * power * (1 + 1e-9)) return factor * power;
  return 10 * power;
}

function decimalsOf(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

export function tickText(value: number, step: number): string {
  return fixed(Math.abs(value) < step * 1e-9 ? 0 : value, decimalsOf(step));
}

/** Ticks inside [low, high]; `whole` where only integers make sense (frames, scans). */
export function ticksBetween(low: number, high: number, n: number, whole = false): Tick[] {
  if (!(high > low)) return [];
  const step = whole ? Math.max(1, tickStep(high - low, n)) : tickStep(high - low, n);
  const ticks: Tick[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) {
    ticks.push({ at: i * step, text: tickText(i * step, step) });
  }
  return ticks;
}

/** An axis from zero to a round number not below `most`; `whole` where only integers make sense. */
export function axisFromZero(title: string, most: number, n: number, whole = false): Axis {
  const top = most > 0 ? most : 1;
  const step = whole ? Math.max(1, tickStep(top, n)) : tickStep(top, n);
  const high = Math.ceil(top / step - 1e-9) * step;
  return { title, low: 0, high, ticks: ticksBetween(0, high, n, whole) };
}

export interface Scale {
  x(value: number): number;
  y(value: number): number;
}

export function scaleOf(area: Area, x: Axis, y: Axis): Scale {
  return {
    x: (value) => area.left + ((value - x.low) / (x.high - x.low)) * (area.right - area.left),
    y: (value) => area.bottom - ((value - y.low) / (y.high - y.low)) * (area.bottom - area.top),
  };
}

/** Room for labels of `em` pixels: the widest y label decides how far to the right the drawing begins. */
export function areaFor(width: number, height: number, em: number, x: Axis, y: Axis): Area {
  const widest = Math.max(4, ...y.ticks.map((tick) => tick.text.length));
  return {
    left: Math.round(em * (0.9 + 0.64 * widest)),
    right: width - Math.round(em * 1.2),
    top: Math.round(em * 1.9),
    bottom: height - Math.round(em * (x.title ? 3.1 : 1.95)),
  };
}

/** Grid, tick labels and titles: y's above its axis, x's below its right end. */
export function drawAxes(area: Area, em: number, x: Axis, y: Axis): SVGGElement {
  const scale = scaleOf(area, x, y);
  const group = svg("g", { class: "axes" });
  for (const tick of y.ticks) {
    const place = scale.y(tick.at);
    group.append(
      svg("line", { class: "grid", x1: area.left, x2: area.right, y1: place, y2: place }),
      svg("text", { class: "tick", x: area.left - em * 0.45, y: place + em * 0.34, "text-anchor": "end" }, tick.text),
    );
  }
  for (const tick of x.ticks) {
    const place = scale.x(tick.at);
    group.append(
      svg("line", { class: "axis", x1: place, x2: place, y1: area.bottom, y2: area.bottom + em * 0.4 }),
      svg("text", { class: "tick", x: place, y: area.bottom + em * 1.6, "text-anchor": "middle" }, tick.text),
    );
  }
  group.append(
    svg("line", { class: "axis", x1: area.left, x2: area.right, y1: area.bottom, y2: area.bottom }),
    svg("text", { class: "title", x: em * 0.2, y: em * 1.0 }, y.title),
    svg("text", { class: "title", x: area.right, y: area.bottom + em * 2.8, "text-anchor": "end" }, x.title),
  );
  return group;
}
