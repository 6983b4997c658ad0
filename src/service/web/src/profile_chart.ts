// Peaks a frame against the angle of the sample, of the scan that runs or ran last.
import { axisFromZero, ticksBetween } from "./axes.js";
import { Drawing, drawLine, probeLine, type Line } from "./charts.js";
import type { Profile } from "./contract.js";
import { part, setText } from "./dom.js";
import { count, dash, fixed, isNumber } from "./format.js";
import { get } from "./api.js";

export function profileLine(profile: Profile): Line {
  const byAngle = profile.omega_known === true;
  const points = (profile.points ?? [])
    .map((point) => ({ x: byAngle ? point.omega_deg : point.frame, y: point.peaks }))
    .filter((point): point is { x: number; y: number } => isNumber(point.x))
    .sort((a, b) => a.x - b.x);
  const low = points[0]?.x ?? 0;
  const last = points.at(-1)?.x ?? low;
  const high = last > low ? last : low + 1;
  return {
    x: { title: byAngle ? "omega (deg)" : "frame", low, high, ticks: ticksBetween(low, high, 7, !byAngle) },
    y: axisFromZero("peaks a frame", Math.max(0, ...points.map((point) => point.y).filter(isNumber)), 4),
    points,
    at: (x) => (byAngle ? `${fixed(x, 2)} deg` : `frame ${count(x)}`),
    empty: "no frame is finished yet",
    tone: "peaks",
  };
}

function describe(line: Line): string {
  const known = line.points.map((point) => point.y).filter(isNumber);
  if (known.length === 0) return "Peaks a frame: no frame is finished yet";
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return (
    `Peaks a frame against ${line.x.title}, from ${fixed(line.x.low, 1)} to ${fixed(line.x.high, 1)}: ` +
    `${fixed(mean, 1)} on average, at most ${fixed(Math.max(...known), 1)}`
  );
}

export function profilePanel(): () => Promise<void> {
  const drawing = new Drawing<Line>(part("chart-profile"), drawLine, describe, probeLine);
  drawing.show(profileLine({ scan_id: null, omega_known: true, points: [] }));
  return async () => {
    const profile = await get<Profile>("/api/v1/profile");
    part("profile-of").hidden = !profile.scan_id;
    setText(part("profile-scan"), profile.scan_id || dash);
    drawing.show(profileLine(profile));
  };
}
