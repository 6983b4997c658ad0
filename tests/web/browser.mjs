// The system's Chromium, and pages that keep account of what must not happen.
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Ends the program with the status that ctest knows as skipped where there is no browser. */
export function skipWithoutBrowser() {
  if (existsSync(executablePath)) return;
  console.log(`SKIPPED: ${executablePath} is not there (apt-get install chromium); the page was not tried`);
  process.exit(77);
}

/** BRAGGD_WEB_MODULES is the folder in whose node_modules playwright-core lies. */
export async function launch() {
  const modules = process.env.BRAGGD_WEB_MODULES;
  assert.ok(modules, "BRAGGD_WEB_MODULES is not set");
  const { chromium } = createRequire(join(modules, "package.json"))("playwright-core");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

/**
 * A page at `url`. `faults` gathers errors of scripts, messages of error on the console but those that `expected`
 * matches, and requests to anything but `url`.
 */
export async function open(browser, url, { expected = [], width = 1440, height = 900, dark = false, at = "" } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
  page.setDefaultTimeout(8000);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (message.type() === "error" && !expected.some((pattern) => pattern.test(text))) page.faults.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) page.faults.push(`request: ${request.url()}`);
  });
  await page.goto(url + at);
  return page;
}

export async function shoot(page, name, fullPage = true) {
  const folder = process.env.BRAGGD_WEB_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
}

/** Waits until the text of `selector` matches. */
export async function says(page, selector, pattern) {
  const element = page.locator(selector).first();
  const end = Date.now() + 8000;
  let text = "";
  while (Date.now() < end) {
    text = (await element.textContent()) ?? "";
    if (pattern.test(text)) return text;
    await page.waitForTimeout(50);
  }
  throw new assert.AssertionError({ message: `${selector} says "${text}", not ${pattern}` });
}
