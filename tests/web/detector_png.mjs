// A made-up detector frame as an 8-bit PNG: powder rings, spots, noise; circles around the spots where they are asked for.
import { deflateSync } from "node:zlib";

function crc32(buffer) {
  let crc = ~0;
  for (const byte of buffer) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function chunk(type, body) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const out = Buffer.alloc(named.length + 8);
  out.writeUInt32BE(body.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), named.length + 4);
  return out;
}

function png(size, rgb) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(size * (3 * size + 1));
  for (let row = 0; row < size; ++row) rgb.copy(rows, row * (3 * size + 1) + 1, row * 3 * size, (row + 1) * 3 * size);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 1 })), chunk("IEND", Buffer.alloc(0))]);
}

const made = new Map();

/** The same seed gives the same frame. */
export function detectorPng(size, seed, circles) {
  const name = `${size} ${seed} ${circles}`;
  if (!made.has(name)) made.set(name, draw(size, seed, circles));
  return made.get(name);
}

function draw(size, seed, circles) {
  let state = seed * 2654435761 + 12345;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const grey = new Float32Array(size * size);
  const centre = size / 2;
  for (let row = 0; row < size; ++row) {
    for (let col = 0; col < size; ++col) {
      const radius = Math.hypot(row - centre, col - centre) / size;
      grey[row * size + col] = 16 + 14 * random() + 60 * Math.exp(-radius * 9);
    }
  }
  const rings = [0.16, 0.185, 0.262, 0.307, 0.32, 0.37, 0.403, 0.414];
  const spots = Array.from({ length: 90 }, () => {
    const radius = rings[Math.floor(random() * rings.length)] * size * 1.12;
    const angle = random() * 2 * Math.PI;
    return { row: centre + radius * Math.sin(angle), col: centre + radius * Math.cos(angle), height: 90 + 160 * random() };
  });
  for (const { row, col, height } of spots) {
    for (let r = Math.floor(row) - 5; r <= row + 6; ++r) {
      for (let c = Math.floor(col) - 5; c <= col + 6; ++c) {
        if (r < 0 || c < 0 || r >= size || c >= size) continue;
        grey[r * size + c] += height * Math.exp(-((r - row) ** 2 + (c - col) ** 2) / 3);
      }
    }
  }
  const rgb = Buffer.alloc(3 * size * size);
  grey.forEach((value, i) => rgb.fill(Math.min(255, value), 3 * i, 3 * i + 3));
  if (circles) {
    for (const { row, col } of spots) {
      for (let step = 0; step < 64; ++step) {
        const r = Math.round(row + 9 * Math.sin((step * Math.PI) / 32));
        const c = Math.round(col + 9 * Math.cos((step * Math.PI) / 32));
        if (r >= 0 && c >= 0 && r < size && c < size) rgb.set([255, 176, 46], 3 * (r * size + c));
      }
    }
  }
  return { image: png(size, rgb), n_peaks: spots.length };
}
