// screen.mjs - a browser before the real daemon: what every test of the pages begins with.
//
// Whatever a page does that it must not is remembered in `wrong` and asserted by calm(): a
// request to another host, an error, a report of the content policy, a dialog.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { have, Stack, until } from "./stack.mjs";

const ready = have("mosquitto") && have("chromium");
export const options = { skip: ready ? false : "mosquitto or chromium is not installed" };
const axeSource = () => readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = join(process.env.CAREWATCH_BUILD ?? "build", "screenshots");
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--font-render-hinting=none",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export class Screen {
  stack = new Stack();
  wrong = [];
  expected = null; // of what the console says, the errors that a test provokes
  meanwhile = null; // what happens while a held request is under way, before it goes out; "lost": it does not

  // The daemon runs with `conf`; `settings` go by -p.
  async begin(conf, settings, context) {
    if (!ready) return this;
    await this.stack.broker();
    await this.stack.daemon(conf, settings);
    this.browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
    this.context = await this.newContext(context);
    this.page = await this.newPage();
    return this;
  }
  async end() {
    await this.browser?.close();
    await this.stack.end();
  }
  newContext(more = {}) {
    // What a service worker keeps would be another test's.
    return this.browser.newContext({ viewport: { width: 1366, height: 768 }, serviceWorkers: "block", ...more });
  }
  async newPage(context = this.context) {
    const page = await context.newPage();
    page.setDefaultTimeout(60000); // time is no verdict: a machine may have other things to do
    page.on("request", (request) => {
      if (!request.url().startsWith(this.stack.url()) && !request.url().startsWith("data:")) this.wrong.push(request.url());
    });
    page.on("pageerror", (error) => this.wrong.push(String(error)));
    page.on("dialog", (dialog) => (this.wrong.push(`a dialog: ${dialog.message()}`), dialog.dismiss()));
    page.on("console", (message) => {
      const text = `${message.text()} ${message.location().url}`;
      if (message.type() === "error" && !this.expected?.test(text)) this.wrong.push(text);
    });
    return page;
  }
  // Holds requests from the page's next document on. To be asked for before that is opened: a
  // browser that is told to in the middle may let the next request through unseen.
  async hold(pattern, page = this.page) {
    await page?.route(pattern, async (route) => {
      const lost = (await this.meanwhile?.(route.request())) === "lost";
      await (lost ? route.abort() : route.continue());
    });
  }
  // "en" or "zh" from the next page on.
  async speak(language) {
    await this.context?.addInitScript((name) => localStorage.setItem("language", name), language);
  }
  open(hash = "/", page = this.page) {
    return page.goto(`${this.stack.url()}/#${hash}`);
  }
  // The build's folder of pictures is there to be looked at.
  async shot(name, page = this.page) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}.png`) });
  }
  calm() {
    assert.deepEqual(this.wrong, []);
  }

  // No finding of axe, and nothing wider than the window, at a telephone's width and at a desk's.
  async accessible(hashes, page = this.page) {
    const before = page.viewportSize();
    for (const hash of hashes) {
      for (const size of [{ width: 390, height: 800 }, { width: 1366, height: 768 }]) {
        await page.setViewportSize(size);
        await this.open(hash, page);
        await until(`${hash} is there`, async () => (await page.locator("main").innerText()).length > 20);
        assert.deepEqual(await this.axe(page, hash), []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${hash} at ${size.width} is ${wide} px too wide`);
        await this.shot(`${hash.replace(/^\//, "").replace(/[^\w]+/g, "-") || "first"}-${size.width}`, page);
      }
    }
    await page.setViewportSize(before);
  }
  async axe(page = this.page, what = "") {
    // Half a megabyte of it: read once for each document, another address of the page is none.
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource());
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const found = await page.evaluate((runOnly) => axe.run({ runOnly, resultTypes: ["violations"] }), tags);
    return found.violations.map((v) => `${what}: ${v.id}: ${v.nodes[0].html}`);
  }
}
