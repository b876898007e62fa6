// test_page_places.mjs - places and their services in a real browser; names from outside are text.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { options, Screen } from "./screen.mjs";
import { rules, until } from "./stack.mjs";

const screen = new Screen();
const { stack } = screen;
let page;

before(async () => {
  await screen.begin(rules);
  page = screen.page;
  if (!page) return;
  stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 97 });
  await until("the site", async () => (await stack.get("/api/v1/sites")).items.length === 1);
  await screen.open();
});
after(() => screen.end());

test("the site is listed with its state, in English too", options, async () => {
  await page.locator("header .figures").waitFor(); // they move what stands beside them
  await page.locator("#language").click();
  await page.locator("nav summary", { hasText: "Places" }).click();
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
  await page.keyboard.press("s");
  await site.locator(".visits tbody tr", { hasText: "bath" }).waitFor({ timeout: 15000 });
});

test("a mean of ratings stands with its number and how they are spread", options, async () => {
  await fetch(`${stack.url()}/api/v1/sites/dept`, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ kind: "department" }) });
  const start = Date.now() - 7200e3;
  for (const [visit, score] of [["v-8", 4], ["v-9", 5]]) {
    stack.publish("care/v1/s-1/desk/event", { id: `p-${visit}`, ts: start, type: "visit.planned", visit, service: "bath", recipient: "r-1", worker: "w-1", start, end: start + 3600e3 });
    stack.publish("care/v1/dept/desk/event", { id: `f-${visit}`, ts: Date.now(), type: "visit.feedback", site: "s-1", visit, score });
  }
  await until("both are counted", async () => (await stack.get("/api/v1/sites/s-1/ratings")).n === 2);
  await screen.open("/sites");
  await screen.open("/site/s-1");
  const ratings = page.locator("#ratings", { hasText: "★ 4.5 (n=2)" });
  await ratings.waitFor();
  assert.match(await ratings.locator("svg").getAttribute("aria-label"), /3: 0, 4: 1, 5: 1$/);
  await screen.shot("site-ratings");
});

test("nothing of them is inaccessible", options, () => screen.accessible(["/sites", "/site/s-1", "/visits"]));
test("no request went to another host, nothing was blocked", options, () => screen.calm());
