// The pipeline as it runs: a tree of steps, from the source to the sinks, each with its numbers.
import type { Status, Step } from "./contract.js";
import { html, part, setText } from "./dom.js";
import { count, fixed, isNumber, rate } from "./format.js";

interface Node {
  step: Step;
  children: Node[];
}

/** Steps by their producers. A step whose producer is unknown, or would close a ring, stands at the front. */
export function stepTree(steps: Step[]): Node[] {
  const nodes = steps.map((step): Node => ({ step, children: [] }));
  const roots: Node[] = [];
  nodes.forEach((node, i) => {
    // Producers come before their consumers, so the nearest one of that name before this step is meant.
    const before = nodes.slice(0, i).reverse();
    const producer = before.find((other) => other.step.label === node.step.producer);
    (producer ? producer.children : roots).push(node);
  });
  return roots;
}

function depth(nodes: Node[]): number {
  return Math.max(0, ...nodes.map((node) => 1 + depth(node.children)));
}

const numbers: { name: string; unit: string; of: (step: Step) => string; bad?: (step: Step) => boolean }[] = [
  { name: "rate", unit: "frames/s", of: (step) => rate(step.frames_per_second) },
  { name: "time", unit: "ms/frame", of: (step) => fixed(step.ms_per_frame, 2) },
  { name: "in", unit: "", of: (step) => count(step.in) },
  { name: "out", unit: "", of: (step) => count(step.out) },
  { name: "dropped", unit: "", of: (step) => count(step.dropped), bad: (step) => (step.dropped ?? 0) > 0 },
  { name: "waiting", unit: "", of: (step) => count(step.waiting) },
];

/** The step where most frames wait, if any do: where time goes. */
export function busiest(steps: Step[]): Step | null {
  let found: Step | null = null;
  for (const step of steps) {
    if (isNumber(step.waiting) && step.waiting >= 2 && step.waiting > (found?.waiting ?? 0)) found = step;
  }
  return found;
}

interface Card {
  values: HTMLElement[];
  note: HTMLElement;
  root: HTMLElement;
}

function card(step: Step): Card {
  const values = numbers.map(() => html("dd", { class: "value" }));
  const note = html("span", { class: "busy" });
  const parts = step.label.split(" + ");
  const label = html("h3", {}, parts[0] ?? "", ...parts.slice(1).flatMap((name) => [" ", html("span", {}, `+ ${name}`)]));
  const list = html("dl", {}, ...numbers.map((number, i) =>
    html("div", {}, html("dt", {}, number.name, number.unit && html("span", { class: "unit" }, ` ${number.unit}`)), values[i]!)));
  const kind = html("p", { class: "kind" }, step.type, parts.length > 1 ? " · one kernel" : "", " ", note);
  return { values, note, root: html("div", { class: `step ${["source", "sink"].includes(step.type) ? step.type : "stage"}` }, kind, label, list) };
}

export function pipelinePanel(): (status: Status) => void {
  let shape = "";
  let cards: Card[] = [];
  const build = (steps: Step[]) => {
    const made = new Map<Step, Card>(steps.map((step) => [step, card(step)]));
    cards = steps.map((step) => made.get(step)!);
    const branch = (nodes: Node[]): HTMLUListElement =>
      html("ul", {}, ...nodes.map((node, i) => {
        const rail = i + 1 < nodes.length && html("span", { class: "rail", "aria-hidden": "true" });
        return html("li", {}, made.get(node.step)!.root, node.children.length > 0 && branch(node.children), rail);
      }));
    const roots = stepTree(steps);
    part("pipeline-graph").style.setProperty("--depth", depth(roots).toString());
    part("pipeline-graph").replaceChildren(branch(roots));
  };
  return (status) => {
    const steps = status.steps ?? [];
    part("pipeline-none").hidden = steps.length > 0;
    const now = JSON.stringify(steps.map((step) => [step.label, step.type, step.producer]));
    if (now !== shape) {
      shape = now;
      build(steps);
    }
    const slowest = busiest(steps);
    steps.forEach((step, i) => {
      const { values, note, root } = cards[i]!;
      numbers.forEach((number, n) => {
        setText(values[n]!, number.of(step));
        values[n]!.classList.toggle("bad", number.bad?.(step) ?? false);
      });
      root.classList.toggle("busiest", step === slowest);
      setText(note, step === slowest ? "· most wait here" : "");
    });
  };
}
