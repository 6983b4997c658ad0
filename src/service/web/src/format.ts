// Numbers as words. Whatever is no number becomes a dash: nothing here throws.
import type { Maybe } from "./contract.js";

export const dash = "–";
const thin = "\u202f";

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** 1234567 -> "1 234 567", with narrow spaces. */
export function count(value: Maybe<number>): string {
  if (!isNumber(value)) return dash;
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, thin);
}

export function fixed(value: Maybe<number>, decimals: number): string {
  if (!isNumber(value)) return dash;
  return value.toFixed(decimals).replace("-", "−");
}

/** Frames a second: decimals below a hundred, none above. */
export function rate(value: Maybe<number>, decimals = 1): string {
  if (!isNumber(value)) return dash;
  return Math.abs(value) < 99.95 ? fixed(value, decimals) : count(value);
}

export function gigabytes(bytes: Maybe<number>, decimals = 2): string {
  return isNumber(bytes) ? fixed(bytes / 1e9, decimals) : dash;
}

/** Bytes with the unit that leaves one to three digits before the point. */
export function bytes(value: Maybe<number>): string {
  if (!isNumber(value)) return dash;
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let scaled = value;
  let unit = 0;
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    ++unit;
  }
  return `${fixed(scaled, unit === 0 || Math.abs(scaled) >= 100 ? 0 : scaled >= 10 ? 1 : 2)} ${units[unit]}`;
}

export function share(part: Maybe<number>, whole: Maybe<number>): number | null {
  if (!isNumber(part) || !isNumber(whole) || whole <= 0) return null;
  return Math.min(1, Math.max(0, part / whole));
}

export function percent(value: Maybe<number>): string {
  return isNumber(value) ? `${Math.floor(value * 100)} %` : dash;
}

/** 3723.4 -> "1 h 02 min"; below a minute whole seconds, with a decimal where `precise`. */
export function duration(seconds: Maybe<number>, precise = false): string {
  if (!isNumber(seconds) || seconds < 0) return dash;
  if (seconds < 59.5) return precise ? `${fixed(seconds, 1)} s` : `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const pad = (n: number) => n.toString().padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${pad(Math.floor(whole / 60) % 60)} min`;
  return `${Math.floor(whole / 86400)} d ${pad(Math.floor(whole / 3600) % 24)} h`;
}

function parsed(time: Maybe<string>): Date | null {
  if (typeof time !== "string") return null;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** The time of the day where the reader is; with the day where that is another. */
export function clock(time: Maybe<string>): string {
  const date = parsed(time);
  if (!date) return dash;
  const pad = (n: number) => n.toString().padStart(2, "0");
  const text = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  if (date.toDateString() === new Date().toDateString()) return text;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${text}`;
}

/** The day and the minute, for what is older than a session. */
export function day(time: Maybe<string>): string {
  const date = parsed(time);
  if (!date) return dash;
  const pad = (n: number) => n.toString().padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** Seconds from one time to another, or null. */
export function secondsBetween(from: Maybe<string>, to: Maybe<string>): number | null {
  const a = parsed(from);
  const b = parsed(to);
  return a && b ? (b.getTime() - a.getTime()) / 1000 : null;
}

export function shortDigest(digest: Maybe<string>): string {
  return typeof digest === "string" && digest ? digest.slice(0, 12) : dash;
}

export function words(key: string): string {
  return key.replaceAll("_", " ");
}
