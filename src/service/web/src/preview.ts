// The last sampled frame. Fetched, not linked: its caption comes in the answer's headers.
import type { Status } from "./contract.js";
import { part, setText } from "./dom.js";
import { count, fixed } from "./format.js";

const at_most_every_ms = 1000;

function heading(response: Response): string {
  const number = (name: string): number | null => {
    const text = response.headers.get(name);
    return text === null || text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text);
  };
  const scan = response.headers.get("X-Braggd-Scan");
  const omega = number("X-Braggd-Omega-Deg");
  return [
    scan ? decoded(scan) : null,
    `frame ${count(number("X-Braggd-Frame"))}`,
    omega === null ? null : `ω ${fixed(omega, 2)} deg`,
    `${count(number("X-Braggd-Peaks"))} peaks`,
  ].filter(Boolean).join(" · ");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function previewPanel(): (status: Status) => void {
  const canvas = part<HTMLCanvasElement>("preview");
  const peaks = part<HTMLInputElement>("preview-peaks");
  let shownFor = "";
  let busy = false;
  let fetched = 0;
  let waiting: string | null = null;

  const note = (words: string) => {
    part("preview-none").hidden = words === "";
    canvas.hidden = words !== "";
    setText(part("preview-none"), words);
  };
  const fetchFrame = async (wanted: string) => {
    busy = true;
    fetched = Date.now();
    try {
      const response = await fetch(`/api/v1/preview.png?size=1024&peaks=${peaks.checked ? 1 : 0}`, { cache: "no-store" });
      if (response.status === 404) {
        note("No frame yet");
        setText(part("preview-caption"), "");
      } else if (response.ok) {
        // Not through an object URL: the page's policy admits images of the server alone.
        const image = await createImageBitmap(await response.blob());
        canvas.width = image.width;
        canvas.height = image.height;
        canvas.getContext("2d")?.drawImage(image, 0, 0);
        image.close();
        note("");
        const caption = heading(response);
        setText(part("preview-caption"), caption);
        canvas.setAttribute("aria-label", `Detector frame, logarithmic: ${caption}`);
      }
      shownFor = wanted;
    } catch {
      // The banner tells of a lost connection; the frame before stays, greyed.
    } finally {
      busy = false;
    }
  };
  const want = (wanted: string) => {
    waiting = wanted;
    if (busy || document.hidden || wanted === shownFor) return;
    const due = fetched + at_most_every_ms - Date.now();
    if (due <= 0) void fetchFrame(wanted);
  };
  peaks.addEventListener("change", () => {
    if (waiting !== null) void fetchFrame(waiting);
  });
  return (status) => {
    const scan = status.scan ?? status.finishing?.[0];
    // Before the first frame of all there is nothing to ask for.
    if (scan ? (scan.received ?? 0) > 0 : (status.scans_finished ?? 0) > 0) {
      want(scan ? `${scan.scan_id} ${scan.received} ${scan.finished}` : `after ${status.scans_finished}`);
    }
  };
}
