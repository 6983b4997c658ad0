// What became of a command, in a line that goes by itself.
import { html, part } from "./dom.js";

const shown_ms = 8000;

export function tell(words: string, tone: "good" | "bad" = "good"): void {
  const line = html("p", { class: `notice ${tone}` }, words);
  const place = part("notices");
  place.append(line);
  while (place.children.length > 3) place.firstElementChild?.remove();
  setTimeout(() => line.remove(), tone === "bad" ? 2 * shown_ms : shown_ms);
}

/** Asks for a yes; the button that does nothing has the focus at first. */
export function confirmed(title: string, words: string[], yes: string, danger = false): Promise<boolean> {
  return new Promise((resolve) => {
    let said = false;
    const no = html("button", { type: "button", autofocus: true }, "Do nothing");
    const go = html("button", { type: "button", class: danger ? "danger" : "primary" }, yes);
    const dialog = html(
      "dialog", { "aria-labelledby": "confirm-title", "aria-describedby": "confirm-words" },
      html("h2", { id: "confirm-title" }, title),
      html("div", { id: "confirm-words" }, ...words.map((line) => html("p", {}, line))),
      html("div", { class: "buttons" }, no, go),
    );
    no.addEventListener("click", () => dialog.close());
    go.addEventListener("click", () => {
      said = true;
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(said);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
