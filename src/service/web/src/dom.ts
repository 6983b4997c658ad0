// Elements from names, attributes and children. Text only ever becomes text nodes: names of scans come from outside.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined>;

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** The element of index.html with this id; the page cannot do without it. */
export function part<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element as E;
}

/** Writes only what is new, so that readers of the screen and selections are left in peace. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A description list of facts whose values are written again and again: `facts.set("received", "700")`. */
export class Facts {
  private readonly values = new Map<string, HTMLElement>();

  constructor(private readonly list: HTMLElement) {}

  set(name: string, value: string, tone: "" | "bad" = "", unit = ""): void {
    let element = this.values.get(name);
    if (!element) {
      element = html("dd", { class: "value" });
      this.list.append(html("div", {}, html("dt", {}, name, unit && html("span", { class: "unit" }, ` ${unit}`)), element));
      this.values.set(name, element);
    }
    setText(element, value);
    element.classList.toggle("bad", tone === "bad");
  }

  /** Takes away the facts that are not among `names`. */
  keep(names: string[]): void {
    for (const [name, element] of this.values) {
      if (names.includes(name)) continue;
      element.parentElement?.remove();
      this.values.delete(name);
    }
  }
}

/** A button that copies `text`, or selects `shown` where the browser gives no clipboard. */
export function copyButton(text: string, what: string, shown: HTMLElement): HTMLButtonElement {
  const button = html("button", { type: "button", class: "quiet small", "aria-label": `copy ${what}` }, "copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
      setTimeout(() => (button.textContent = "copy"), 1500);
    } catch {
      getSelection()?.selectAllChildren(shown);
    }
  });
  return button;
}
