// Frames and bytes a second: now, and over the last minutes.
import { axisFromZero, type Axis } from "./axes.js";
import { Drawing, drawLine, probeLine, type Line } from "./charts.js";
import type { Maybe, Status } from "./contract.js";
import { part, setText } from "./dom.js";
import { duration, fixed, gigabytes, isNumber, rate } from "./format.js";

function timeAxis(title: string, seconds: number): Axis {
  const span = Math.max(60, Math.ceil(seconds / 60) * 60);
  const ticks = [];
  for (let minute = -span / 60; minute <= 0; ++minute) {
    ticks.push({ at: minute * 60, text: minute === 0 ? "now" : `−${-minute}` });
  }
  return { title, low: -span, high: 0, ticks };
}

function line(title: string, xTitle: string, tone: string, values: Maybe<number>[], interval_s: number): Line {
  const most = Math.max(0, ...values.filter(isNumber));
  return {
    x: timeAxis(xTitle, values.length * interval_s),
    y: axisFromZero(title, most, 3),
    points: values.map((y, i) => ({ x: (i - values.length + 1) * interval_s, y })),
    at: (x) => `${duration(-x)} ago`,
    empty: "nothing measured yet",
    tone,
  };
}

function describe(chart: Line): string {
  const known = chart.points.map((point) => point.y).filter(isNumber);
  if (known.length === 0) return `${chart.y.title}: nothing measured yet`;
  return `${chart.y.title} over the last ${Math.round(-chart.x.low / 60)} minutes, at most ${fixed(Math.max(...known), 1)}`;
}

export function throughputPanel(): (status: Status) => void {
  const frames = new Drawing<Line>(part("chart-frames"), drawLine, describe, probeLine);
  const bytes = new Drawing<Line>(part("chart-bytes"), drawLine, describe, probeLine);
  return (status) => {
    setText(part("rate-frames"), rate(status.rates?.frames_per_second));
    setText(part("rate-bytes"), gigabytes(status.rates?.bytes_per_second));
    setText(part("rate-peaks"), rate(status.rates?.peaks_per_second));
    const interval_s = isNumber(status.history?.interval_s) ? status.history.interval_s : 1;
    frames.show(line("frames/s", "", "frames", status.history?.frames_per_second ?? [], interval_s));
    const values = status.history?.bytes_per_second ?? [];
    bytes.show(line("GB/s", "minutes", "bytes", values.map((value) => (isNumber(value) ? value / 1e9 : null)), interval_s));
  };
}
