// test_page_frame.mjs - what every page has: the sound, help, one stream for all, the bar when data stops, and who may see what.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { options, Screen } from "./screen.mjs";
import { carewatch, rules, until } from "./stack.mjs";

const screen = new Screen();
const { stack } = screen;
let page;

before(async () => {
  await screen.begin(rules);
  page = screen.page;
  if (!page) return;
  await screen.speak("en");
  stack.publish("care/v1/s-0/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
  stack.publish("care/v1/s-1/bed-2/event", { id: "x1", ts: Date.now(), type: "call.pressed", bed: "3-12" });
  await until("both alarms", async () => (await stack.alarms()).length === 2);
  await screen.open();
});
after(() => screen.end());

test("the sound is off until a gesture, on after it, and pauses by M", options, async () => {
  const fresh = await screen.newPage();
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

test("a high alarm that comes is said at once, no other is", options, async () => {
  const said = page.locator("#announce[aria-live=assertive]");
  assert.equal(await said.innerText(), "", "what was there before is read in the list");
  const raise = (priority, text) => stack.post("/api/v1/alarms", { site: "s-0", bed: "b-9", priority, text: { zh: text, en: text } });
  await raise("low", "A door");
  await page.locator("#alarms tbody tr", { hasText: "A door" }).waitFor();
  assert.equal(await said.innerText(), "");
  await raise("high", "A fire");
  await until("it is said", async () => /^High · A fire · s-0 · b-9/.test(await said.innerText()));
});

test("the time is in view, of the daemon's clock, with the whole moment behind it", options, async () => {
  const clock = page.locator("header .clock");
  assert.match(await clock.innerText(), /^\d\d:\d\d:\d\d$/);
  const off = Date.parse(await clock.getAttribute("title")) - Date.parse((await stack.get("/api/v1/status")).now);
  assert.ok(Math.abs(off) < 30000, `${off} ms`);
});

test("help opens by ? and closes by Escape", options, async () => {
  await page.keyboard.press("?");
  await page.locator("#help[open]").waitFor();
  await page.keyboard.press("Escape");
  await until("it is closed", async () => (await page.locator("#help[open]").count()) === 0);
});

test("all pages share one stream", options, async () => {
  const others = await Promise.all([1, 2, 3].map(() => screen.newPage()));
  for (const other of others) await other.goto(stack.url());
  for (const other of others) await other.locator("#connection.live").waitFor();
  assert.equal((await stack.get("/api/v1/status")).sse_clients, 1);
  for (const other of others) await other.close();
  await page.locator("#connection.live").waitFor();
});

test("no request went to another host, nothing was blocked", options, () => screen.calm());
test("when the daemon dies the page says that it is old", options, async () => {
  await screen.open("/alarms");
  await page.locator("#alarms tbody tr", { hasText: "Help call" }).waitFor();
  await stack.stop("carewatch", "SIGKILL");
  await page.locator("#stale").waitFor({ timeout: 6000 });
  assert.equal(await page.locator("#stale [role=alert]").innerText(), "No data comes", "said once, without its age");
  await page.keyboard.press("a");
  await page.locator("[role=alert]", { hasText: "the daemon does not answer" }).waitFor();
  await screen.shot("stale");
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
