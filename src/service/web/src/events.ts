// News from the server: an EventSource, and a watch that notices silence. The browser's own reconnection gives up after
// some errors, so a closed source is opened anew here.
import type { ScanRecord, Status } from "./contract.js";

const silence_ms = 4000;
const retry_ms = 2000;

export interface Listener {
  status(status: Status): void;
  scan(record: ScanRecord): void;
  /** The server is heard again, or (with the time of the last news) no longer. */
  connected(): void;
  lost(lastNews: Date | null): void;
}

export function listen(listener: Listener): void {
  let source: EventSource | null = null;
  let lastNews: Date | null = null;
  let opened = Date.now();
  let heard: boolean | null = null;

  const lose = () => {
    heard = false;
    listener.lost(lastNews);
  };
  const read = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  };
  const open = () => {
    source?.close();
    opened = Date.now();
    source = new EventSource("/api/v1/events");
    source.addEventListener("status", (event) => {
      const status = read((event as MessageEvent<string>).data);
      if (!status || typeof status !== "object") return;
      lastNews = new Date();
      if (heard !== true) {
        heard = true;
        listener.connected();
      }
      listener.status(status as Status);
    });
    source.addEventListener("scan", (event) => {
      const record = read((event as MessageEvent<string>).data);
      if (record && typeof record === "object") listener.scan(record as ScanRecord);
    });
    source.addEventListener("error", () => {
      if (heard !== false) lose();
    });
  };

  open();
  setInterval(() => {
    const now = Date.now();
    const quiet = now - (lastNews?.getTime() ?? opened) > silence_ms;
    if (quiet && heard !== false) lose();
    const stuck = quiet && now - opened > silence_ms;
    if (source?.readyState === EventSource.CLOSED ? now - opened > retry_ms : stuck) open();
  }, 500);
}
