// The token of the operator: asked for when it is first needed, kept until this tab is closed.
import { html, part } from "./dom.js";

const key = "braggd.token";

export function storedToken(): string | null {
  return sessionStorage.getItem(key);
}

export function forgetToken(): void {
  sessionStorage.removeItem(key);
  showHeld();
}

/** Says in the footer whether a token is held, and lets it be forgotten. */
export function showHeld(): void {
  const place = part("token-held");
  const button = part<HTMLButtonElement>("token-forget");
  const held = storedToken() !== null;
  place.textContent = held ? "This tab holds the operator's token." : "No token held: commands will ask for it.";
  button.hidden = !held;
  button.onclick = forgetToken;
}

/** Asks; null where the operator thought better of it. `why` is shown above the field. */
export function askToken(why: string): Promise<string | null> {
  return new Promise((resolve) => {
    const field = html("input", {
      type: "password", id: "token-field", autocomplete: "off", spellcheck: "false", required: true,
    });
    const cancel = html("button", { type: "button" }, "Cancel");
    const form = html(
      "form", { method: "dialog" },
      html("h2", { id: "token-title" }, "Operator’s token"),
      html("p", {}, why),
      html("label", { for: "token-field" }, "Token"),
      field,
      html("p", { class: "muted" }, "It is kept in this tab until the tab is closed."),
      html("div", { class: "buttons" }, cancel, html("button", { type: "submit", class: "primary" }, "Go on")),
    );
    const dialog = html("dialog", { "aria-labelledby": "token-title" }, form);
    let given: string | null = null;
    form.addEventListener("submit", () => {
      given = field.value.trim() || null;
      if (given) sessionStorage.setItem(key, given);
    });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      showHeld();
      resolve(given);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
