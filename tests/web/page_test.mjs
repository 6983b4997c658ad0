// The page alone, in a browser, against a server of made-up data.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { launch, open, says, shoot, skipWithoutBrowser } from "./browser.mjs";
import { hostile_id, problems, scans } from "./fixture_data.mjs";
import { FixtureServer, token } from "./fixture_server.mjs";
import * as look from "./page_inspection.mjs";

skipWithoutBrowser();
let browser;
let server;
let page;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A fresh server and page for each test. */
async function show(scene, options = {}) {
  server = new FixtureServer(process.env.BRAGGD_WEB_DIST);
  server.scene = scene;
  await server.listen();
  page = await open(browser, server.url, options);
  await says(page, "#state-words", /Idle|Running|Armed/);
}

afterEach(async () => {
  await page?.close();
  await server?.close();
  const faults = page?.faults ?? [];
  page = undefined;
  assert.deepEqual(faults, []);
});

async function giveToken(value) {
  await page.locator("#token-field").fill(value);
  await page.getByRole("button", { name: "Go on" }).click();
}

const refused = [/status of 40[139]/, /status of 422/];

test("An idle daemon is said to be idle, healthy and ready", async () => {
  await show("idle");
  assert.equal(await page.title(), "Idle · stream");
  await says(page, "#health-words", /^Healthy$/);
  await says(page, "#ready-words", /^Ready for the next scan$/);
  assert.ok(await page.locator("#scan-none").isVisible());
  assert.ok(await page.locator("#alarms").isHidden());
  await says(page, "#preview-caption", /load_260_MPa · frame .* · ω .* deg · \d+ peaks/);
  await shoot(page, "idle");
});

test("A scan's numbers move while it runs", async () => {
  await show("running");
  const received = page.locator("#scan-facts div", { hasText: /^received/ }).locator("dd");
  const first = Number((await received.textContent()).replace(/\D/g, ""));
  await says(page, "#rate-frames", /^6\d\d$/);
  await says(page, "#rate-bytes", /^1\.\d\d$/);
  await says(page, "#scan-id", /^load_260_MPa$/);
  const left = page.locator("#scan-facts div", { hasText: /^left/ }).locator("dd");
  assert.match(await left.textContent(), /^\d+ s$/);
  await page.waitForTimeout(1100);
  const second = Number((await received.textContent()).replace(/\D/g, ""));
  assert.ok(second > first, `${second} after ${first}`);
  const done = Number(await page.locator("#bar").getAttribute("aria-valuenow"));
  assert.ok(done > 0 && done < 100);
  assert.match(await page.locator("#chart-profile svg").getAttribute("aria-label"), /Peaks a frame against omega \(deg\), from −180\.0 to/);
  assert.match(await page.locator("#chart-rei svg").getAttribute("aria-label"), /over 10 scans; the last, load_260_MPa: 0\.212/);
  await shoot(page, "running");
});

test("Fast numbers are not read out, a change of state is", async () => {
  await show("running");
  await says(page, "#announce-state", /^Running\. Healthy\. Ready for the next scan\.$/);
  await page.evaluate(() => {
    window.spoken = 0;
    const live = document.querySelectorAll("[role=status], [role=alert], [aria-live]");
    for (const region of live) new MutationObserver(() => ++window.spoken).observe(region, { childList: true, subtree: true, characterData: true });
  });
  await page.waitForTimeout(1500);
  assert.equal(await page.evaluate(() => window.spoken), 0);
  server.play("idle");
  await says(page, "#announce-state", /^Idle\./);
});

test("Alarms are announced with what to do, worst first, and can be cleared", async () => {
  await show("running", { expected: refused });
  server.play("alarm");
  await says(page, "#announce-alarm", /Alarm: 84 frames were dropped.*raise engine\.memory.*Warning: 3 GB are left/);
  await says(page, "#health-words", /^Alarm$/);
  const items = page.locator("#alarm-list li");
  await items.nth(1).waitFor();
  assert.equal(await items.count(), 2);
  assert.match(await items.first().textContent(), /Alarm: 84 frames were dropped.*What to do: .*since .*7 times/);
  await says(page, "#queue-note", /nearly spent/);
  await shoot(page, "alarm");
  await items.nth(1).getByRole("button").click();
  await giveToken(token);
  await says(page, "#notices", /Cleared: 3 GB/);
  await items.nth(1).waitFor({ state: "detached" });  // with the state's next news
  assert.equal(await items.count(), 1);
  assert.deepEqual(server.posts.map((post) => post.path), ["/api/v1/alarms/disk_low/clear"]);
});

test("Every axis has a title and ticks, and no label overlaps or is cut", async () => {
  await show("running");
  await page.locator("#chart-profile .line").waitFor({ state: "attached" });
  for (const width of [400, 1000, 1440, 3840]) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForTimeout(300);
    const titles = { frames: [/frames\/s/], bytes: [/GB\/s/, /minutes/], profile: [/peaks a frame/, /omega \(deg\)/], rei: [/rare event indicator/, /scan/] };
    for (const [name, wanted] of Object.entries(titles)) {
      const texts = await page.locator(`#chart-${name} .title`).allTextContents();
      for (const title of wanted) assert.ok(texts.some((text) => title.test(text)), `${name}: ${title} in ${texts}`);
      assert.ok((await page.locator(`#chart-${name} .tick`).count()) >= 6, name);
    }
    assert.deepEqual(await page.evaluate(look.badLabels), [], `at ${width} px`);
    assert.deepEqual(await page.evaluate(look.clipped), [], `at ${width} px`);
    assert.ok((await page.evaluate(look.overflow)) <= 0, `the page is wider than ${width} px`);
    if (width === 400) await shoot(page, "phone");
    if (width === 3840) await shoot(page, "4k", false);
  }
});

test("The keyboard reaches everything, and the focus is seen", async () => {
  await show("alarm");
  await page.locator("#scans-rows tr").first().waitFor();
  await page.locator("#models-rows tr").first().waitFor();
  const wanted = await page.evaluate(look.focusables);
  for (const name of ["command-start", "command-stop", "command-abort", "wall", "theme", "preview-peaks", "configuration-reload"]) assert.ok(wanted.includes(name), name);
  const reached = new Set();
  for (let i = 0; i < 2 * wanted.length; ++i) {
    await page.keyboard.press("Tab");
    const { name, visible, body } = await page.evaluate(look.focused);
    if (body) break;
    reached.add(name);
    assert.ok(visible, `the focus on ${name} is not seen`);
  }
  assert.deepEqual(wanted.filter((name) => !reached.has(name)), []);
});

test("Text has a contrast of 4.5 at least, light and dark, and each part a name", async () => {
  await show("alarm");
  await page.locator("#scans-rows tr").first().waitFor();
  for (const dark of [false, true]) {
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
    assert.deepEqual(await page.evaluate(look.poorContrast), [], dark ? "dark" : "light");
    if (dark) await shoot(page, "dark");
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll("section, [role=img], [role=region], [role=progressbar], button, input, textarea")]
        .filter((each) => each.checkVisibility())
        .filter((each) => !(each.getAttribute("aria-label") || document.getElementById(each.getAttribute("aria-labelledby")) || each.labels?.length || each.textContent.trim()))
        .map((each) => each.outerHTML.slice(0, 80)));
    assert.deepEqual(nameless, []);
    assert.equal(await page.locator("h1").count(), 1);
  }
});

test("Commands ask for the token, again where it is wrong, and keep it in the tab", async () => {
  await show("running", { expected: refused });
  await page.locator("#command-start").click({ force: true });
  assert.equal(await page.locator("dialog").count(), 0, "a start makes no sense while the daemon is ready");
  await page.locator("#command-stop").click();
  await giveToken("guess");
  await says(page, "dialog", /The server refused: the token is wrong/);
  await giveToken(token);
  await says(page, "#notices", /Stopping/);
  await says(page, "#ready-words", /^Takes no scan$/);
  assert.equal(await page.evaluate(() => sessionStorage.getItem("braggd.token")), token);
  await page.locator("#command-start").click();
  await says(page, "#ready-words", /^Ready/);
  assert.deepEqual(server.posts.map((post) => post.path), ["/api/v1/stop", "/api/v1/start"]);
  await page.locator("#token-forget").click();
  assert.equal(await page.evaluate(() => sessionStorage.getItem("braggd.token")), null);
});

test("An abort says what is lost, and is sent only after a yes", async () => {
  await show("running");
  await page.evaluate((value) => sessionStorage.setItem("braggd.token", value), token);
  await page.locator("#command-abort").click();
  const words = await says(page, "dialog", /discarded/);
  assert.match(words, /Scan load_260_MPa ends at once/);
  assert.match(words, /The 23 frames that wait .* and the .* still to come are discarded/);
  await page.keyboard.press("Enter");
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.locator("#command-abort").click();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.deepEqual(server.posts, []);
  await page.locator("#command-abort").click();
  await page.getByRole("button", { name: "Abort and discard" }).click();
  await says(page, "#state-words", /^Idle$/);
  assert.deepEqual(server.posts.map((post) => post.path), ["/api/v1/abort"]);
});

test("A configuration is checked, and the server's problems are shown word for word with their lines", async () => {
  await show("idle", { expected: refused });
  await page.evaluate((value) => sessionStorage.setItem("braggd.token", value), token);
  const text = page.locator("#configuration-text");
  await says(page, "#configuration-lines", /\n12\n13/);
  await page.locator("#configuration-validate").click();
  await says(page, "#configuration-verdict", /^Valid\./);
  await text.fill((await text.inputValue()).replace("at_least", "at_leest"));
  await page.locator("#configuration-validate").click();
  await says(page, "#configuration-verdict", /Not valid: the configuration has mistakes\. 2 problems:/);
  const rows = page.locator("#configuration-problem-rows tr");
  for (const [i, problem] of problems.entries()) {
    assert.deepEqual(await rows.nth(i).locator("td").allTextContents(), [`line ${problem.line}`, problem.key, problem.text]);
  }
  await rows.first().getByRole("button").click();
  assert.match(await text.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), /^ {2}- \{type: threshold, at_leest: 6\}$/);
  server.rejected = true;
  await page.locator("#configuration-reload").click();
  await says(page, "#configuration-verdict", /Not reloaded/);
  await says(page, "#configuration-history", /rejected.*2 problems/);
  await shoot(page, "rejected");
  await page.locator("#configuration-rollback").click();
  await page.getByRole("button", { name: "Roll back", exact: true }).click();
  await says(page, "#configuration-verdict", /there is no configuration before this one/);
  server.rejected = false;
  await page.locator("#configuration-reload").click();
  await says(page, "#configuration-verdict", /^Reloaded/);
});

test("A model is promoted", async () => {
  await show("idle");
  await page.evaluate((value) => sessionStorage.setItem("braggd.token", value), token);
  const row = page.locator("#models-rows tr", { hasText: "steel@a90c1f22b7de" });
  assert.match(await row.textContent(), /candidate/);
  await row.getByRole("button").click();
  await page.getByRole("button", { name: "Promote", exact: true }).click();
  await says(page, "#notices", /steel is active/);
  await row.filter({ hasText: /active/ }).waitFor();
  assert.deepEqual(server.posts.map((post) => post.path), ["/api/v1/models/steel%40a90c1f22b7de/promote"]);
  await shoot(page, "promoted");
});

test("A hostile name of a scan is text", async () => {
  await show("bare");
  server.play("idle");
  const link = page.locator("#scans-rows a", { hasText: hostile_id });
  await says(page, "#scan-none", /No scan/);
  server.send("scan", { ...scans().find((scan) => scan.scan_id === hostile_id), outputs: [hostile_id], reason: hostile_id });
  await link.waitFor();
  assert.equal(await link.getAttribute("href"), `/api/v1/scans/${encodeURIComponent(hostile_id)}`);
  assert.equal(await page.locator("img").count(), 0);
  assert.notEqual(await page.title(), "taken over");
});

test("A scan that ends comes first in the table, once", async () => {
  await show("running");
  await page.locator("#scans-rows tr").first().waitFor();
  const before_it = await page.locator("#scans-rows tr").count();
  const record = { ...scans()[0], scan_id: "load_260_MPa", begun: "2026-11-26T03:00:00.123Z" };
  server.send("scan", record);
  server.send("scan", record);
  await says(page, "#scans-rows tr th", /^load_260_MPa$/);
  assert.equal(await page.locator("#scans-rows tr").count(), before_it + 1);
});

test("Numbers that do not exist are dashes", async () => {
  await show("bare");
  await page.waitForTimeout(700);
  const text = await page.locator("body").innerText();
  assert.doesNotMatch(text, /NaN|undefined|null|Infinity/);
  const drawn = await page.evaluate(() => document.body.innerHTML.match(/="[^"]*(NaN|undefined|Infinity)[^"]*"/g));
  assert.equal(drawn, null);
  await shoot(page, "bare");
});

test("Silence is told with the time of the last news, and ends by itself", async () => {
  await show("running", { expected: [/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/] });
  const { port } = server;
  await server.close();
  await says(page, "#lost-words", /The last news came at \d\d:\d\d:\d\d/);
  assert.ok(await page.locator("#lost").isVisible());
  await shoot(page, "lost");
  server = new FixtureServer(process.env.BRAGGD_WEB_DIST);
  await server.listen(port);
  await says(page, "#state-words", /^Idle$/);
  assert.ok(await page.locator("#lost").isHidden());
});

test("Circles around peaks can be switched off", async () => {
  await show("running");
  await says(page, "#preview-caption", /frame/);
  const request = page.waitForRequest(/preview\.png\?size=1024&peaks=0/);
  await page.locator("#preview-peaks").click();
  await request;
});

test("The screen on the wall shows what matters and fits", async () => {
  await show("alarm", { dark: true, at: "?wall=1" });
  await says(page, "#preview-caption", /frame/);
  for (const [scene, width, height] of [["alarm", 1920, 1080], ["running", 1280, 720]]) {
    server.play(scene);
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(300);
    for (const id of ["state", "health", "rate-frames", "chart-rei", "preview"]) assert.ok(await page.locator(`#${id}`).isVisible(), id);
    for (const id of ["command-abort", "scans-table", "configuration-text"]) assert.ok(await page.locator(`#${id}`).isHidden(), id);
    assert.ok((await page.locator("#state-words").evaluate((words) => parseFloat(getComputedStyle(words).fontSize))) >= 30);
    const bottom = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    assert.ok(bottom <= 0, `${bottom} px are below the screen of ${width} x ${height}`);
    assert.deepEqual(await page.evaluate(look.badLabels), []);
    await shoot(page, scene === "alarm" ? "wall" : "wall-running", false);
  }
  await page.locator("#wall").click();
  assert.ok(await page.locator("#command-abort").isVisible());
  assert.doesNotMatch(page.url(), /wall/);
});

test("Dark and light are switched, and remembered", async () => {
  await show("idle");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.locator("#theme").click();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await ground(), dark);
});
