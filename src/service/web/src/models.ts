// Networks in the model store, and which of each name is active.
import { command, get, inWords } from "./api.js";
import type { Model } from "./contract.js";
import { html, part } from "./dom.js";
import { dash, day } from "./format.js";
import { confirmed, tell } from "./notices.js";

/** "steel@0123456789ab…" to what tells models apart in a table. */
function shortId(id: string): string {
  return id.length > 24 ? `${id.slice(0, 23)}…` : id;
}

function row(model: Model, promote: (model: Model) => void): HTMLElement {
  const name = model.name || model.model_id;
  const button = html("button", { type: "button", class: "small", "aria-label": `promote ${name}, ${model.model_id}` }, "promote");
  button.addEventListener("click", () => promote(model));
  const active = model.state === "active";
  return html(
    "tr", {},
    html("th", { scope: "row" }, name),
    html("td", {}, html("code", { title: model.model_id }, shortId(model.model_id))),
    html("td", {}, model.task || dash),
    html("td", {}, html("span", { class: active ? "active-model" : "" }, active ? "● active" : model.state || dash)),
    html("td", { class: "time" }, day(model.created)),
    html("td", {}, active ? null : button),
  );
}

export function modelsPanel(): () => Promise<void> {
  const load = async () => {
    const models = (await get<{ models: Model[] | null }>("/api/v1/models")).models ?? [];
    part("models-none").hidden = models.length > 0;
    part("models-table").hidden = models.length === 0;
    part("models-rows").replaceChildren(...models.map((model) => row(model, (chosen) => void promote(chosen))));
  };
  const promote = async (model: Model) => {
    const words = [
      `${model.name || "The model"} ${model.model_id} becomes the active one of its name; the active one before it is retired.`,
      "It is used where a pipeline names it, from the next scan on.",
    ];
    if (!(await confirmed("Promote this model?", words, "Promote"))) return;
    try {
      if (!(await command(`/api/v1/models/${encodeURIComponent(model.model_id)}/promote`))) return;
      tell(`${model.name || model.model_id} is active.`);
      await load();
    } catch (error) {
      tell(`Not promoted: ${inWords(error)}`, "bad");
    }
  };
  return load;
}
