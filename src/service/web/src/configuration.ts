// The pipeline's file: which one runs, what ran before, and a place to try a change before it is written.
import { command, get, inWords, question, Refusal } from "./api.js";
import type { Configuration, ConfigurationProblem } from "./contract.js";
import { copyButton, html, part, setText } from "./dom.js";
import { clock, dash, isNumber, shortDigest } from "./format.js";
import { confirmed } from "./notices.js";

function toLine(text: HTMLTextAreaElement, line: number): void {
  const lines = text.value.split("\n");
  const begin = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  text.focus();
  text.setSelectionRange(begin, begin + (lines[line - 1]?.length ?? 0));
  text.scrollTop = Math.max(0, (line - 3) * parseFloat(getComputedStyle(text).lineHeight));
}

function problemRow(problem: ConfigurationProblem, text: HTMLTextAreaElement): HTMLElement {
  const { line } = problem;
  const jump = html("button", { type: "button", class: "quiet small" }, `line ${line}`);
  if (isNumber(line)) jump.addEventListener("click", () => toLine(text, line));
  return html(
    "tr", {},
    html("td", { class: "number" }, isNumber(line) && line > 0 ? jump : dash),
    html("td", {}, html("code", {}, problem.key || dash)),
    html("td", { class: "verbatim" }, problem.text),
  );
}

export function configurationPanel(): () => Promise<void> {
  const text = part<HTMLTextAreaElement>("configuration-text");
  const gutter = part("configuration-lines");
  const verdict = part("configuration-verdict");
  const follow = () => gutter.style.setProperty("top", `${-text.scrollTop}px`);
  const numberLines = () => {
    const n = text.value.split("\n").length;
    setText(gutter, Array.from({ length: n }, (_, i) => `${i + 1}`).join("\n"));
    follow();
  };
  text.addEventListener("input", numberLines);
  text.addEventListener("scroll", follow);

  const show = (words: string, good: boolean, problems: ConfigurationProblem[] = []) => {
    verdict.className = `verdict ${good ? "good" : "bad"}`;
    setText(verdict, words);
    part("configuration-problems").hidden = problems.length === 0;
    part("configuration-problem-rows").replaceChildren(...problems.map((problem) => problemRow(problem, text)));
  };
  const refused = (what: string, error: unknown) => {
    const problems = error instanceof Refusal ? (error.problem.problems ?? []) : [];
    const many = problems.length === 0 ? "" : `. ${problems.length === 1 ? "One problem" : `${problems.length} problems`}:`;
    show(`${what}: ${inWords(error).replace(/[.:]$/, "")}${many}`, false, problems);
  };
  const load = async (): Promise<Configuration> => {
    const now = await get<Configuration>("/api/v1/pipeline");
    setText(part("configuration-file"), now.file || dash);
    const digest = html("code", { title: now.configuration_sha256 }, shortDigest(now.configuration_sha256));
    part("configuration-digest").replaceChildren(digest, " ");
    if (now.configuration_sha256) {
      part("configuration-digest").append(copyButton(now.configuration_sha256, "the digest", digest));
    }
    part("configuration-pending").hidden = !now.pending_sha256;
    setText(part("configuration-pending-digest"), shortDigest(now.pending_sha256));
    if (text.dataset.loaded === undefined || text.value === text.dataset.loaded) {
      text.value = now.text ?? "";
      text.dataset.loaded = text.value;
      numberLines();
    }
    part("configuration-history").replaceChildren(...(now.history ?? []).map((entry) =>
      html("tr", {},
        html("td", { class: "time" }, clock(entry.since)),
        html("td", {}, html("code", { title: entry.sha256 }, shortDigest(entry.sha256))),
        html("td", {}, entry.outcome || dash, entry.detail ? html("div", { class: "reason" }, entry.detail) : null))));
    return now;
  };
  part("configuration-validate").addEventListener("click", async () => {
    try {
      await question("/api/v1/pipeline/validate", text.value);
      show("Valid. Nothing was changed: write it to the file, then reload.", true);
    } catch (error) {
      refused("Not valid", error);
    }
  });
  const change = async (path: string, unchanged: string, failed: string) => {
    try {
      if (!(await command(path))) return;
      const { pending_sha256 } = await load();
      show(pending_sha256 ? `In order: ${shortDigest(pending_sha256)} is used from the next scan on.` : unchanged, true);
    } catch (error) {
      refused(failed, error);
      await load().catch(() => undefined);
    }
  };
  part("configuration-reload").addEventListener("click", () =>
    void change("/api/v1/pipeline/reload", "Reloaded. No other configuration waits: the file is in force.", "Not reloaded, the one before goes on"));
  part("configuration-rollback").addEventListener("click", async () => {
    const words = ["The configuration before this one is used from the next scan on.", "The file itself stays as it is."];
    if (await confirmed("Roll back the configuration?", words, "Roll back")) {
      await change("/api/v1/pipeline/rollback", "Rolled back.", "Not rolled back");
    }
  });
  return async () => void (await load());
}
