// test_page.mjs - the page in a real browser: an alarm comes, is acknowledged, silence shows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { carewatch, have, rules, Stack, until } from "./stack.mjs";

const ready = have("mosquitto") && have("chromium");
const options = { skip: ready ? false : "mosquitto or chromium is not installed" };
const stack = new Stack();
let browser, context, page;
const foreign = [];

before(async () => {
  if (!ready) return;
  await stack.broker();
  await stack.daemon(rules);
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
  page = await context.newPage();
  page.on("request", (request) => {
    if (!request.url().startsWith(stack.url())) foreign.push(request.url());
  });
  page.on("pageerror", (error) => foreign.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !foreign.expected?.test(message.text())) foreign.push(message.text());
  });
  await page.goto(stack.url());
});
after(async () => {
  await browser?.close();
  await stack.end();
});

test("an empty page says so and is live", options, async () => {
  await page.locator("#connection.live").waitFor();
  await page.getByText("没有未关闭的报警。").waitFor();
});

test("an alarm appears by itself, in Chinese", options, async () => {
  stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 85 });
  const row = page.locator("#alarms tbody tr");
  await row.waitFor();
  assert.match(await row.innerText(), /血氧过低/);
  assert.match(await row.innerText(), /未确认/);
});

test("its detail shows the evidence, the steps and who was told", options, async () => {
  const detail = page.locator("#detail");
  await detail.locator(".trend canvas").waitFor();
  assert.match(await detail.locator("[role=img]").getAttribute("aria-label"), /血氧.*85/);
  await detail.locator(".timeline li", { hasText: "触发" }).waitFor();
  await detail.getByText("没有通知任何人。").waitFor();
  assert.match(await detail.innerText(), /限值 90/);
});

test("the key A acknowledges it, and the API agrees", options, async () => {
  if (process.env.CAREWATCH_SHOTS) await page.screenshot({ path: `${process.env.CAREWATCH_SHOTS}/alarm.png` });
  await page.keyboard.press("a");
  await page.locator("#alarms tbody tr", { hasText: "已确认" }).waitFor();
  await until("the alarm is acknowledged", async () => (await stack.alarms())[0].state === "acked");
});

test("a value in order clears it and the row goes", options, async () => {
  stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 97 });
  await page.getByText("没有未关闭的报警。").waitFor();
});

test("the site is listed with its state, in English too", options, async () => {
  await page.locator("#language").click();
  await page.getByRole("link", { name: "Sites" }).click();
  await page.locator("#sites tbody tr", { hasText: "s-1" }).waitFor();
});

test("names from outside are text, never markup", options, async () => {
  const name = "<img src=x onerror=alert(1)>";
  const answer = await fetch(`${stack.url()}/api/v1/sites/s-1`, {
    method: "PUT", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind: "institution", name }),
  });
  assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
  stack.publish("care/v1/s-1/bed-2/event", { id: "x1", ts: Date.now(), type: "call.pressed", bed: "3-12" });
  await page.locator("#sites tbody tr", { hasText: name }).waitFor();
  await page.getByRole("link", { name: "Alarms" }).click();
  await page.locator("#alarms tbody tr", { hasText: "Help call" }).waitFor();
  assert.equal(await page.locator("main img").count(), 0);
});

test("an alarm of no metric has no trend", options, async () => {
  await page.locator("#detail", { hasText: "Help call" }).waitFor();
  assert.equal(await page.locator("#detail .trend").count(), 0);
});

test("an alarm that comes in is not taken for the selected one", options, async () => {
  const chosen = await page.locator("#detail").getAttribute("data-id");
  stack.publish("care/v1/s-0/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
  await page.locator("#alarms tbody tr", { hasText: "s-0" }).waitFor();
  assert.equal(await page.locator("#detail").getAttribute("data-id"), chosen);
  await page.keyboard.press("j");
  await page.locator("#detail", { hasText: "Low oxygen" }).waitFor();
  await page.keyboard.press("k");
  await page.locator("#detail", { hasText: "Help call" }).waitFor();
});

test("keys that outrun the screen acknowledge nothing unseen", options, async () => {
  await page.evaluate(() => {
    for (const key of ["j", "a"]) dispatchEvent(new KeyboardEvent("keydown", { key }));
  });
  await page.locator("#detail", { hasText: "Low oxygen" }).waitFor();
  assert.deepEqual((await stack.alarms()).map((alarm) => alarm.state), ["unack", "unack"]);
  await page.keyboard.press("k");
  await page.locator("#detail", { hasText: "Help call" }).waitFor();
});

test("filters are in the address, and say what they hide", options, async () => {
  await page.keyboard.press("/");
  await page.keyboard.type("s-0");
  await until("one row", async () => (await page.locator("#alarms tbody tr").count()) === 1);
  assert.match(page.url(), /q=s-0/);
  await page.locator("#hidden", { hasText: "hides 1" }).waitFor();
  await page.reload();
  await until("one row", async () => (await page.locator("#alarms tbody tr").count()) === 1);
  await page.locator("#hidden button").click();
  await until("both rows", async () => (await page.locator("#alarms tbody tr").count()) === 2);
});

test("the sound is off until a gesture, on after it, and pauses by M", options, async () => {
  const fresh = await context.newPage();
  await fresh.goto(stack.url());
  await fresh.locator("#sound", { hasText: "Sound is off" }).waitFor();
  await fresh.close();
  const sound = page.locator("#sound");
  await page.keyboard.press("k");
  await sound.filter({ hasText: "Sound on" }).waitFor();
  await page.keyboard.press("m");
  await sound.filter({ hasText: /Muted 01:5/ }).waitFor();
  await page.keyboard.press("m");
  await sound.filter({ hasText: "Sound on" }).waitFor();
});

test("who comes second is told who was first", options, async () => {
  const id = await page.locator("#detail").getAttribute("data-id");
  await page.route("**/ack", async (route) => {
    await stack.post(`/api/v1/alarms/${id}/ack`); // somebody else, a moment before
    await route.continue();
  });
  foreign.expected = /409|412/;
  await page.locator("#detail", { hasText: "not acked" }).waitFor();
  await page.keyboard.press("a");
  await page.locator("[role=alert]", { hasText: "local was first: it is acked now." }).waitFor();
  await page.locator("#detail", { hasText: "acknowledged by local" }).waitFor();
  await page.unroute("**/ack");
});

test("help opens by ? and closes by Escape", options, async () => {
  await page.keyboard.press("?");
  await page.locator("#help[open]").waitFor();
  await page.keyboard.press("Escape");
  await until("it is closed", async () => (await page.locator("#help[open]").count()) === 0);
});

test("a site's page has its alarms, devices and visits", options, async () => {
  stack.publish("care/v1/s-1/desk/event", {
    id: "v1", ts: Date.now(), type: "visit.planned", visit: "v-1", service: "bath", recipient: "r-1", worker: "w-1",
    start: new Date(Date.now() + 3600e3).toISOString(), end: new Date(Date.now() + 7200e3).toISOString(),
  });
  await page.locator("#detail a").first().click();
  const site = page.locator("#site");
  await site.locator("#devices tbody tr", { hasText: "bed-1" }).waitFor();
  assert.match(await site.locator("#devices tbody tr", { hasText: "bed-1" }).innerText(), /online[^]*Oxygen saturation 97 %/);
  await site.getByRole("link", { name: "Help call" }).waitFor();
  await site.locator(".visits tbody tr", { hasText: "bath" }).waitFor({ timeout: 15000 });
});

test("the operator's page says what is well and what is not", options, async () => {
  await page.getByRole("link", { name: "System" }).click();
  const health = page.locator("#health");
  assert.match(await health.locator(".part", { hasText: "data" }).first().innerText(), /well/);
  await health.getByText("No channel: nobody is told but by this page.").waitFor();
  await health.locator(".part", { hasText: "Journal" }).first().waitFor();
});

test("the wall has a mark for every site, and what waits", options, async () => {
  await page.getByRole("link", { name: "City" }).click();
  const mark = page.locator("#wall canvas").first();
  await until("both sites", async () => /2 sites, open alarms high 2/.test(await mark.getAttribute("aria-label")));
  await page.locator("#wall aside li", { hasText: "Low oxygen" }).waitFor();
  await mark.click({ position: { x: 10, y: 10 } });
  await page.locator("#site").waitFor();
});

test("nothing is inaccessible by axe's rules, wide or narrow", options, async () => {
  const require = createRequire(import.meta.url);
  const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  for (const part of ["alarms", "visits", "sites", "wall", "health", "site/s-1"]) {
    for (const size of [{ width: 390, height: 800 }, { width: 1366, height: 768 }]) {
      await page.setViewportSize(size);
      await page.goto(`${stack.url()}/#/${part}`);
      await until(`${part} is there`, async () => (await page.locator("main").innerText()).length > 20);
      await page.evaluate(axe);
      const found = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag22aa"] }));
      assert.deepEqual(found.violations.map((v) => `${part}: ${v.id}: ${v.nodes[0].html}`), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${part} at ${size.width} is ${wide} px too wide`);
      if (process.env.CAREWATCH_SHOTS) {
        const name = `${part.split("/")[0]}-${size.width}.png`;
        await page.screenshot({ path: `${process.env.CAREWATCH_SHOTS}/${name}` });
      }
    }
  }
});

test("on a telephone one taps an alarm, sees it alone, and goes back", options, async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(`${stack.url()}/#/alarms`);
  const rows = page.locator("#alarms tbody tr");
  await rows.nth(1).click();
  await page.locator("#detail").waitFor();
  assert.equal(await rows.first().isVisible(), false);
  if (process.env.CAREWATCH_SHOTS) await page.screenshot({ path: `${process.env.CAREWATCH_SHOTS}/detail-390.png` });
  await page.getByRole("button", { name: "Back" }).click();
  await rows.first().waitFor();
  await page.setViewportSize({ width: 1366, height: 768 });
});

test("all pages share one stream", options, async () => {
  const others = await Promise.all([1, 2, 3].map(() => context.newPage()));
  for (const other of others) await other.goto(stack.url());
  for (const other of others) await other.locator("#connection.live").waitFor();
  assert.equal((await stack.get("/api/v1/status")).sse_clients, 1);
  for (const other of others) await other.close();
  await page.locator("#connection.live").waitFor();
});

test("no request went to another host, nothing was blocked", options, async () => {
  assert.deepEqual([...foreign], []);
});

test("when the daemon dies the page says that it is old", options, async () => {
  await page.goto(`${stack.url()}/#/alarms`);
  await page.locator("#alarms tbody tr", { hasText: "Help call" }).waitFor();
  await stack.stop("carewatch", "SIGKILL");
  await page.locator("#stale").waitFor({ timeout: 6000 });
  if (process.env.CAREWATCH_SHOTS) await page.screenshot({ path: `${process.env.CAREWATCH_SHOTS}/stale.png` });
  await stack.daemon(null);
  await page.locator("#connection.live").waitFor({ timeout: 15000 });
  await page.locator("#alarms tbody tr", { hasText: "Help call" }).waitFor();
});

test("with sign-in: a token opens the page, and what it may not do is not offered", options, async () => {
  await stack.stop("carewatch");
  const token = execFileSync(carewatch, ["token", "add", "--role", "viewer", "--store", join(stack.dir, "carewatch.db")])
    .toString()
    .match(/\S{20,}/)[0];
  await stack.daemon(null, { "http.auth": "token" });
  await page.locator("#token").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("not valid or has expired").waitFor();
  await page.locator("#token").fill(token);
  await page.keyboard.press("Enter");
  await page.locator("#connection.live").waitFor();
  await page.locator("#alarms tbody tr", { hasText: "Low oxygen" }).waitFor();
  await page.locator("#alarms tbody tr", { hasText: "Low oxygen" }).click();
  await page.locator("#detail", { hasText: "not acked" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Acknowledge" }).count(), 0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.locator("#token").waitFor();
});
