// The page against a daemon at work. By environment:
//   BRAGGD_URL            where it serves, "http://127.0.0.1:8430/"
//   BRAGGD_TOKEN          the operator's token
//   BRAGGD_SEND           a command of the shell that sends one scan to it, of ten seconds or so (`braggd send … --rate …`);
//                         it is also run with `--faults drop=3` after it
//   BRAGGD_PIPELINE_FILE  the pipeline's file: a mistake is written into it, and taken out again
//   BRAGGD_WEB_MODULES, BRAGGD_WEB_SCREENSHOTS as for the test of the page
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, open, says, shoot, skipWithoutBrowser } from "./browser.mjs";
import * as look from "./page_inspection.mjs";

skipWithoutBrowser();
const { BRAGGD_URL: url, BRAGGD_TOKEN: token, BRAGGD_SEND: send, BRAGGD_PIPELINE_FILE: file } = process.env;
for (const [name, value] of Object.entries({ BRAGGD_URL: url, BRAGGD_TOKEN: token, BRAGGD_SEND: send, BRAGGD_PIPELINE_FILE: file })) {
  assert.ok(value, `${name} is not set`);
}
let browser;
let page;

before(async () => {
  browser = await launch();
  page = await open(browser, url, { expected: [/status of 40[1349]/, /status of 422/] });
  page.setDefaultTimeout(20000);
  await page.evaluate((value) => sessionStorage.setItem("braggd.token", value), token);
});
after(() => browser.close());

/** Sends a scan; resolves with the exit status of the sender. */
function sendScan(more = "") {
  const sender = spawn("sh", ["-c", `${send} ${more}`], { stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve) => sender.on("exit", resolve));
}

/** Waits until `wanted` holds. */
async function until(what, wanted, seconds = 30) {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await page.waitForTimeout(100)) if (await wanted()) return;
  throw new assert.AssertionError({ message: `${what} did not come within ${seconds} s` });
}

const rows = () => page.locator("#scans-rows tr").count();
async function received() {
  const fact = page.locator("#scan-facts div", { hasText: /^received/ }).locator("dd");
  if ((await fact.count()) === 0 || !(await fact.isVisible())) return 0;
  return Number((await fact.textContent()).replace(/\D/g, ""));
}

test("The server lets nobody in by another way", async () => {
  const page_answer = await fetch(url);
  assert.match(page_answer.headers.get("content-security-policy") ?? "", /default-src 'self'/);
  const command = (headers) => fetch(new URL("/api/v1/stop", url), { method: "POST", headers });
  assert.equal((await command({})).status, 401);
  assert.equal((await command({ Authorization: "Bearer not-it" })).status, 403);
  assert.equal((await command({ Authorization: `Bearer ${token}`, Origin: "http://elsewhere.example" })).status, 403);
});

test("It waits for a scan", async () => {
  await says(page, "#state-words", /^Idle$/);
  await says(page, "#ready-words", /^Ready for the next scan$/);
  await says(page, "#configuration-digest code", /^[0-9a-f]{12}$/);
  await shoot(page, "live-idle");
});

test("A scan is seen while it runs, and when it has ended", async () => {
  const before_it = await rows();
  const sent = sendScan();
  await until("a running scan", async () => (await page.locator("#state-words").textContent()) === "Running");
  await until("a first frame", async () => (await received()) > 0);
  const first = await received();
  await until("more frames", async () => (await received()) > first);
  await until("a rate", async () => Number((await page.locator("#rate-frames").textContent()).replace(/[^\d.]/g, "")) > 0);
  await says(page, "#preview-caption", /frame \d.*\d+ peaks/);
  assert.ok((await page.locator("#pipeline-graph .step").count()) >= 2);
  assert.ok((await page.locator("#pipeline-graph .step.sink").count()) >= 1);
  await shoot(page, "live-running");
  await until("the scan in the table", async () => (await rows()) > before_it, 120);
  assert.equal(await sent, 0);
  await says(page, "#scans-rows tr:first-child .status", /complete/);
  await says(page, "#state-words", /^Idle$/);
  await until("the peaks of each frame", async () =>
    /on average, at most/.test((await page.locator("#chart-profile svg").getAttribute("aria-label")) ?? ""),
  );
  const link = await page.locator("#scans-rows tr:first-child a").getAttribute("href");
  const record = await (await fetch(new URL(link, url))).json();
  assert.equal(record.exit_status, "complete");
  assert.equal(record.ledger.expected, record.ledger.written + record.ledger.missing + record.ledger.dropped_total);
  await shoot(page, "live-ended");
});

test("Frames that never came raise an alarm, which can be cleared", async () => {
  await sendScan("--faults drop=3");
  await says(page, "#announce-alarm", /frames/);
  const alarm = page.locator("#alarm-list li", { hasText: /had not arrived/ });
  await alarm.waitFor();
  assert.match(await alarm.textContent(), /What to do: .*since \d\d:\d\d:\d\d/);
  await says(page, "#health-words", /^(Warning|Alarm)$/);
  await says(page, "#scans-rows tr:first-child .status", /incomplete/);
  assert.deepEqual(await page.evaluate(look.poorContrast), []);
  await shoot(page, "live-alarm");
  await alarm.getByRole("button").click();
  await alarm.waitFor({ state: "detached" });
  await says(page, "#health-words", /^Healthy$/);
});

test("A mistake in the file is refused with its line, and the daemon goes on", async () => {
  const text = readFileSync(file, "utf8").replace(/\n*$/, "\n");
  const line = text.split("\n").length;
  const digest = await page.locator("#configuration-digest code").getAttribute("title");
  try {
    writeFileSync(file, `${text}no_such_key: 1\n`);
    await page.locator("#configuration-reload").click();
    await says(page, "#configuration-verdict", /Not reloaded/);
    await says(page, "#configuration-problem-rows", new RegExp(`line ${line}.*no_such_key`));
    await says(page, "#configuration-history", /rejected/);
    await shoot(page, "live-rejected");
  } finally {
    writeFileSync(file, text);
  }
  assert.equal(await page.locator("#configuration-digest code").getAttribute("title"), digest);
  await page.locator("#configuration-reload").click();
  await says(page, "#configuration-verdict", /^(Reloaded|In order)/);
  await page.locator("#configuration-validate").click();
  await says(page, "#configuration-verdict", /^Valid\./);
  const alarm = page.locator("#alarm-list li", { hasText: /no_such_key/ });
  await until("the alarm's end", async () => (await alarm.count()) === 0);
});

test("Stop takes no scan, start takes the next", async () => {
  await page.locator("#command-stop").click();
  await says(page, "#ready-words", /^Takes no scan$/);
  await page.locator("#command-start").click();
  await says(page, "#ready-words", /^Ready/);
});

test("The screen on the wall fits", async () => {
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.locator("#wall").click();
  assert.deepEqual(await page.evaluate(look.badLabels), []);
  await shoot(page, "live-wall", false);
});

test("Nothing went wrong in the page meanwhile", () => {
  assert.deepEqual(page.faults, []);
});
