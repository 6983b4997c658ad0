// Alarms, worst first: what happened, since when, and what to do. New ones are read out at once.
import { command, inWords } from "./api.js";
import type { Alarm, Status } from "./contract.js";
import { html, part, setText } from "./dom.js";
import { clock, count, duration, secondsBetween } from "./format.js";
import { tell } from "./notices.js";

const severity_words = { alarm: "Alarm", warning: "Warning" };

function worstFirst(alarms: Alarm[]): Alarm[] {
  const rank = (alarm: Alarm) => (alarm.severity === "alarm" ? 0 : 1);
  return [...alarms].sort((a, b) => rank(a) - rank(b) || (b.since ?? "").localeCompare(a.since ?? ""));
}

function item(alarm: Alarm, now: Status["now"]): HTMLElement {
  const severity = alarm.severity === "alarm" ? "alarm" : "warning";
  const clear = html("button", { type: "button", class: "small", "aria-label": `clear ${alarm.text}` }, "clear");
  clear.addEventListener("click", async () => {
    try {
      if (await command(`/api/v1/alarms/${encodeURIComponent(alarm.id)}/clear`)) tell(`Cleared: ${alarm.text}`);
    } catch (error) {
      tell(`Not cleared: ${inWords(error)}`, "bad");
    }
  });
  const age = secondsBetween(alarm.since, now);
  const times = (alarm.count ?? 1) > 1 ? ` · ${count(alarm.count)} times` : "";
  return html(
    "li", { class: severity },
    html("span", { class: "sign", "aria-hidden": "true" }, severity === "alarm" ? "✕" : "!"),
    html("div", { class: "what" },
      html("p", { class: "text" }, html("strong", {}, `${severity_words[severity]}: `), alarm.text),
      alarm.hint ? html("p", { class: "hint" }, html("strong", {}, "What to do: "), alarm.hint) : null,
      html("p", { class: "since" }, `since ${clock(alarm.since)}`, html("span", { class: "age" }, age === null ? "" : ` (${duration(age)})`), times)),
    clear,
  );
}

export function alarmsPanel(): (status: Status) => void {
  let drawn = "";
  let known = new Set<string>();
  return (status) => {
    const alarms = worstFirst(status.alarms ?? []);
    part("alarms").hidden = alarms.length === 0;
    setText(part("alarms-count"), alarms.length > 0 ? `${alarms.length}` : "");
    // Drawn anew only where something changed: buttons keep their focus.
    const look = JSON.stringify(alarms);
    const list = part("alarm-list");
    if (look !== drawn) {
      drawn = look;
      const focus = document.activeElement?.closest("li");
      const place = focus && list.contains(focus) ? [...list.children].indexOf(focus) : -1;
      list.replaceChildren(...alarms.map((alarm) => item(alarm, status.now)));
      if (place >= 0) list.children[Math.min(place, list.children.length - 1)]?.querySelector("button")?.focus();
    } else {
      alarms.forEach((alarm, i) => {
        const age = list.children[i]?.querySelector(".age");
        const seconds = secondsBetween(alarm.since, status.now);
        if (age && seconds !== null) setText(age, ` (${duration(seconds)})`);
      });
    }
    const fresh = alarms.filter((alarm) => !known.has(`${alarm.id} ${alarm.severity}`));
    known = new Set(alarms.map((alarm) => `${alarm.id} ${alarm.severity}`));
    if (fresh.length > 0) {
      setText(part("announce-alarm"), fresh.map((alarm) => `${severity_words[alarm.severity] ?? "Warning"}: ${alarm.text}. ${alarm.hint ?? ""}`).join(" "));
    } else if (alarms.length === 0 && part("announce-alarm").textContent) {
      setText(part("announce-alarm"), "");
    }
  };
}
