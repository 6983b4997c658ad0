// A place for a drawing that is drawn anew when its data or its size change, and the line chart.
import { areaFor, drawAxes, scaleOf, type Area, type Axis } from "./axes.js";
import { svg } from "./dom.js";
import { isNumber, rate } from "./format.js";
import type { Maybe } from "./contract.js";

export interface Canvas {
  width: number;
  height: number;
  /** Height of the letters. */
  em: number;
}

/** One drawing in `host`; `draw` gives its contents, `describe` what a reader of the screen says of it. */
export class Drawing<Data> {
  private readonly root = svg("svg", { role: "img" });
  private data: Data | null = null;
  private pointer: number | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly draw: (data: Data, canvas: Canvas) => SVGElement[],
    private readonly describe: (data: Data) => string,
    /** What to draw over it where the pointer is, `x` pixels from the left. */
    private readonly probe?: (data: Data, canvas: Canvas, x: number) => SVGElement[],
  ) {
    host.classList.add("drawing");
    host.append(this.root);
    new ResizeObserver(() => this.paint()).observe(host);
    host.addEventListener("pointermove", (event) => this.point(event.clientX - host.getBoundingClientRect().left));
    host.addEventListener("pointerleave", () => this.point(null));
  }

  show(data: Data): void {
    this.data = data;
    this.paint();
  }

  private point(x: number | null): void {
    this.pointer = x;
    if (this.probe) this.paint();
  }

  private paint(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    const em = parseFloat(getComputedStyle(this.host).fontSize) || 12;
    // Before the page is laid out there is no room for axes and their labels.
    if (this.data === null || width < 12 * em || height < 6 * em) return;
    const words = this.describe(this.data);
    if (this.root.getAttribute("aria-label") !== words) this.root.setAttribute("aria-label", words);
    this.root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const canvas = { width, height, em };
    const probed = this.pointer === null ? [] : (this.probe?.(this.data, canvas, this.pointer) ?? []);
    this.root.replaceChildren(...this.draw(this.data, canvas), ...probed);
  }
}

export interface Line {
  x: Axis;
  y: Axis;
  points: { x: number; y: Maybe<number> }[];
  /** A place on the x axis, in words. */
  at: (x: number) => string;
  /** What to say where there are no points. */
  empty: string;
  /** Names the colour in style.css. */
  tone: string;
}

/** Axes without numbers, and words in the middle. */
export function emptyDrawing(area: Area, canvas: Canvas, x: Axis, y: Axis, words: string): SVGElement[] {
  const axes = drawAxes(area, canvas.em, { ...x, ticks: [] }, { ...y, ticks: [] });
  const middle = { x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2 };
  return [axes, svg("text", { class: "empty", ...middle, "text-anchor": "middle" }, words)];
}

/** A line over a pale area; it breaks where a value is missing. */
export function drawLine(line: Line, canvas: Canvas): SVGElement[] {
  const area = areaFor(canvas.width, canvas.height, canvas.em, line.x, line.y);
  if (!line.points.some((point) => isNumber(point.y))) return emptyDrawing(area, canvas, line.x, line.y, line.empty);
  const axes = drawAxes(area, canvas.em, line.x, line.y);
  const scale = scaleOf(area, line.x, line.y);
  let path = "";
  let fill = "";
  let run: string[] = [];
  let begin = 0;
  const close = (end: number) => {
    if (run.length === 0) return;
    path += `M${run.join("L")}`;
    if (run.length === 1) path += "h0.01";
    fill += `M${begin.toFixed(1)} ${area.bottom}L${run.join("L")}L${end.toFixed(1)} ${area.bottom}Z`;
    run = [];
  };
  let last = 0;
  for (const point of line.points) {
    if (!isNumber(point.y)) {
      close(last);
      continue;
    }
    const x = scale.x(point.x);
    const y = scale.y(Math.min(line.y.high, Math.max(line.y.low, point.y)));
    if (run.length === 0) begin = x;
    run.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
    last = x;
  }
  close(last);
  return [
    axes,
    svg("path", { class: `area ${line.tone}`, d: fill }),
    svg("path", { class: `line ${line.tone}`, d: path }),
  ];
}

/** The value nearest to the pointer, at the upper right. */
export function probeLine(line: Line, canvas: Canvas, pointer: number): SVGElement[] {
  const area = areaFor(canvas.width, canvas.height, canvas.em, line.x, line.y);
  const scale = scaleOf(area, line.x, line.y);
  let nearest: { x: number; y: number } | null = null;
  for (const { x, y } of line.points) {
    if (!isNumber(y)) continue;
    if (!nearest || Math.abs(scale.x(x) - pointer) < Math.abs(scale.x(nearest.x) - pointer)) nearest = { x, y };
  }
  if (!nearest) return [];
  const [x, y] = [scale.x(nearest.x), scale.y(nearest.y)];
  return [
    svg("line", { class: "probe", x1: x, x2: x, y1: area.top, y2: area.bottom }),
    svg("circle", { class: "probe", cx: x, cy: y, r: canvas.em * 0.25 }),
    svg("text", { class: "tick", x: area.right, y: canvas.em, "text-anchor": "end" }, `${line.at(nearest.x)}: ${rate(nearest.y, 2)}`),
  ];
}
