// A server that speaks the daemon's HTTP interface with made-up data, for tests of the page alone.
// As a program: fixture_server.mjs DIST [PORT] [SCENE] serves the built page for whoever works on it.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import { detectorPng } from "./detector_png.mjs";
import * as data from "./fixture_data.mjs";

export const token = "beamline";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const json = { "Content-Type": "application/json" };

export class FixtureServer {
  /** idle, running, alarm, or bare (nulls wherever they may be) */
  scene = "idle";
  /** What came by POST, in order: {path, body}. */
  posts = [];
  rejected = false;
  ready = true;
  began = Date.now() - 3000;
  models = data.models();
  cleared = new Set();
  #streams = new Set();
  #server = createServer((request, response) => this.#answer(request, response));
  #timer = null;

  constructor(dist) {
    this.dist = dist;
  }

  listen(port = 0) {
    this.#timer = setInterval(() => this.push(), 500);
    return new Promise((resolve) => this.#server.listen(port, "127.0.0.1", () => resolve((this.port = this.#server.address().port))));
  }

  get url() {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** The server goes away with all its connections; listen(port) brings it back. */
  close() {
    clearInterval(this.#timer);
    this.#server.closeAllConnections();
    this.#streams.clear();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  play(scene) {
    this.scene = scene;
    this.push();
  }

  status() {
    if (this.scene === "bare") return data.bareStatus();
    const status = data.status(this.scene, Math.min(14.4, (Date.now() - this.began) / 1000));
    status.alarms = status.alarms.filter((alarm) => !this.cleared.has(alarm.id));
    return { ...status, ready: this.ready };
  }

  push() {
    this.send("status", this.status());
  }

  send(event, document) {
    for (const stream of this.#streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(document)}\n\n`);
  }

  #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://fixture");
    if (request.method === "POST") return this.#read(request, (body) => this.#post(pathname, body, request, response));
    const reply = (document) => response.writeHead(200, json).end(JSON.stringify(document));
    switch (pathname) {
      case "/api/v1/status": return reply(this.status());
      case "/api/v1/scans": return reply({ scans: this.scene === "bare" ? null : data.scans() });
      case "/api/v1/profile": return reply(this.#profile());
      case "/api/v1/models": return reply(this.scene === "bare" ? { models: [] } : this.models);
      case "/api/v1/pipeline":
        return reply({ file: "/etc/braggd/stream.yaml", configuration_sha256: data.configuration_sha256, text: data.configuration_text, pending_sha256: null, history: data.history(this.rejected) });
      case "/api/v1/preview.png": return this.#preview(response, searchParams.get("peaks") === "1");
      case "/api/v1/events":
        response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
        this.#streams.add(response);
        response.on("close", () => this.#streams.delete(response));
        return this.push();
      default: return pathname.startsWith("/api/v1/scans/") ? this.#scan(pathname, response) : this.#file(pathname, response);
    }
  }

  #scan(pathname, response) {
    const wanted = decodeURIComponent(pathname.slice("/api/v1/scans/".length));
    const record = data.scans().find((scan) => scan.scan_id === wanted);
    if (!record) return this.#problem(response, 404, `no scan is called ${wanted}`);
    return response.writeHead(200, json).end(JSON.stringify(record));
  }

  #profile() {
    if (this.scene === "bare") return { scan_id: null, omega_known: false, points: null };
    return this.scene === "idle" ? data.profile("load_240_MPa", 1) : data.profile("load_260_MPa", (Date.now() - this.began) / 14400);
  }

  #preview(response, circles) {
    if (this.scene === "bare") return this.#problem(response, 404, "no frame was sampled yet");
    const { received = 1440 } = this.status().scan ?? {};
    const { image, n_peaks } = detectorPng(512, received % 7, circles);
    response.writeHead(200, {
      "Content-Type": "image/png", "X-Braggd-Scan": "load_260_MPa", "X-Braggd-Frame": received, "X-Braggd-Omega-Deg": (-180 + received / 4).toFixed(3), "X-Braggd-Peaks": n_peaks,
    });
    return response.end(image);
  }

  #file(pathname, response) {
    const path = join(this.dist, normalize(pathname === "/" ? "/index.html" : pathname));
    try {
      const content = readFileSync(path);
      response.writeHead(200, { "Content-Type": types[extname(path)] ?? "text/plain", "Content-Security-Policy": "default-src 'self'" });
      response.end(content);
    } catch {
      this.#problem(response, 404, `nothing is at ${pathname}`);
    }
  }

  #problem(response, status, detail, problems) {
    response.writeHead(status, { "Content-Type": "application/problem+json" });
    response.end(JSON.stringify({ type: "about:blank", title: "refused", status, detail, problems }));
  }

  #read(request, then) {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => then(body));
  }

  #post(path, body, request, response) {
    const reply = (status, document) => response.writeHead(status, json).end(JSON.stringify(document));
    if (path === "/api/v1/pipeline/validate") {
      if (!body.includes("at_leest")) return reply(200, { valid: true, problems: [] });
      return this.#problem(response, 422, "the configuration has mistakes", data.problems);
    }
    const { authorization: given, origin } = request.headers;
    if (origin && `${origin}/` !== this.url) return this.#problem(response, 403, `orders are not taken from ${origin}`);
    if (!given) return this.#problem(response, 401, "a token is needed");
    if (given !== `Bearer ${token}`) return this.#problem(response, 403, "the token is wrong");
    this.posts.push({ path, body });
    const state = () => ({ state: this.status().state, ready: this.ready });
    const model = /^\/api\/v1\/models\/(.+)\/promote$/.exec(path);
    const alarm = /^\/api\/v1\/alarms\/(.+)\/clear$/.exec(path);
    if (model) {
      const chosen = this.models.models.find((each) => each.model_id === decodeURIComponent(model[1]));
      for (const each of this.models.models) if (each.name === chosen.name && each.state === "active") each.state = "retired";
      chosen.state = "active";
      return reply(200, chosen);
    }
    if (alarm) this.cleared.add(decodeURIComponent(alarm[1]));
    if (path === "/api/v1/start" || path === "/api/v1/stop") this.ready = path.endsWith("start");
    if (path === "/api/v1/abort") this.scene = "idle";
    if (path === "/api/v1/pipeline/reload" && this.rejected) return this.#problem(response, 422, "the configuration has mistakes", data.problems);
    if (path === "/api/v1/pipeline/rollback") return this.#problem(response, 409, "there is no configuration before this one");
    reply(alarm ? 200 : 202, state());
    return this.push();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const server = new FixtureServer(process.argv[2]);
  server.scene = process.argv[4] ?? "running";
  await server.listen(Number(process.argv[3] ?? 8431));
  console.log(`${server.url} plays ${server.scene}; the token is ${token}`);
}
