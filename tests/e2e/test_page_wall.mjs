// test_page_wall.mjs - the wall and the operator's page in a real browser.
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
  await screen.speak("en");
  stack.publish("care/v1/s-0/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
  stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 81 });
  await until("both alarms", async () => (await stack.alarms()).length === 2);
  await screen.open();
});
after(() => screen.end());

test("the wall has a mark for every site, and what waits", options, async () => {
  await page.getByRole("link", { name: "City" }).click();
  const mark = page.locator("#wall canvas").first();
  await until("both sites", async () => /2 sites, open alarms high 2/.test(await mark.getAttribute("aria-label")));
  await page.locator("#wall aside li", { hasText: "s-0" }).waitFor();
  await mark.click({ position: { x: 10, y: 10 } });
  await page.locator("#site").waitFor();
});

test("the operator's page says what is well and what is not", options, async () => {
  await page.getByRole("link", { name: "System" }).click();
  const health = page.locator("#health");
  assert.match(await health.locator(".part", { hasText: "data" }).first().innerText(), /well/);
  await health.getByText("No channel: nobody is told but by this page.").waitFor();
  await health.locator(".part", { hasText: "Journal" }).first().waitFor();
});

test("nothing of them is inaccessible", options, () => screen.accessible(["/wall", "/health"]));
test("no request went to another host, nothing was blocked", options, () => screen.calm());
