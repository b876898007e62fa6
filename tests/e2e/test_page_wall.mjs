// test_page_wall.mjs - the wall, the visitors' wall and the operator's page in a real browser.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { options, Screen } from "./screen.mjs";
import { rules, until } from "./stack.mjs";

const sites = `sites = (
  { site = "s-0"; kind = "institution"; district = "510104"; name = "福寿院"; lat = 30.60; lon = 104.10; },
  { site = "s-1"; kind = "institution"; district = "510181"; name = "青城院"; lat = 31.00; lon = 103.60; },
  { site = "s-2"; kind = "institution"; district = "510182"; name = "从未接入"; lat = 31.10; lon = 103.90; },
  { site = "st-0"; kind = "station.health"; district = "510182"; name = "桂花站点"; } );
`;
const square = (code, lon, lat, side) => ({
  type: "Feature",
  properties: { code },
  geometry: { type: "Polygon", coordinates: [[[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]]] },
});
const screen = new Screen();
const { stack } = screen;
let page;
const label = () => page.locator("#wall canvas").first().getAttribute("aria-label");

before(async () => {
  await screen.begin(sites + rules);
  page = screen.page;
  if (!page) return;
  await screen.speak("en");
  screen.expected = /404/; // what nobody registered of a site
  stack.publish("care/v1/s-0/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
  stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 81 });
  await until("both alarms", async () => (await stack.alarms()).length === 2);
  await screen.open();
});
after(() => screen.end());

test("the wall has every district and site, and what waits", options, async () => {
  await page.locator("#detail").waitFor(); // the queue has settled
  await page.getByRole("link", { name: "City" }).click();
  await page.locator("#wall .waiting li", { hasText: "福寿院" }).waitFor();
  await until("all sites", async () => /4 sites, open alarms high 2/.test(await label()));
  assert.match(await page.locator("#districts tr", { hasText: "Jinjiang" }).innerText(), /1\s+1/);
  await page.locator("#spark svg[aria-label*='dashed: 10']").waitFor();
  await page.getByText("A schematic").waitFor();
});

test("what never spoke is unknown, and not counted as silent", options, async () => {
  await until("nothing is silent", async () => /silent 0, unknown 2/.test(await label()));
  const cell = (name) => page.locator("#districts tr", { hasText: "Pengzhou" }).locator(`td[data-title=${name}]`);
  assert.equal(await cell("unknown").innerText(), "2");
  assert.equal(await page.locator("#districts th", { hasText: "silent" }).count(), 1);
  assert.equal(await cell("silent").innerText(), "");
});

test("institutions and stations are counted apart, and only those that are heard as online", options, async () => {
  await page.locator("#institutions", { hasText: "2/3 online" }).waitFor();
  await page.locator("#stations", { hasText: "0/1 online" }).waitFor();
});

test("the day's alarms and services are there, and follow what happens", options, async () => {
  await page.locator("#came", { hasText: /High 2.*Medium 0.*closed 0/ }).waitFor();
  assert.equal(await page.locator("#served").count(), 0, "no service is planned for today");
  const now = Date.now();
  const say = (id, type, more) => stack.publish("care/v1/s-0/gw/event", { id, ts: now - 2000, type, visit: "v-1", worker: "w-1", ...more });
  say("e-1", "visit.planned", { service: "bath", recipient: "r-1", start: now - 2000, end: now - 1000 });
  await page.locator("#served", { hasText: "0/1 done" }).waitFor();
  say("e-2", "visit.checkin", { method: "nfc" });
  say("e-3", "visit.checkout", { method: "nfc", ts: now - 1000 });
  await page.locator("#served", { hasText: "1/1 done · late 0 · missed 0" }).waitFor();
  const alarm = await (await stack.post("/api/v1/alarms", { site: "s-1", kind: "telephone", priority: "low", text: "电话" })).json();
  await page.locator("#came", { hasText: /Low 1.*closed 0/ }).waitFor();
  for (const [order, body] of [["ack", {}], ["close", { cause: "handled" }]]) {
    const answer = await stack.post(`/api/v1/alarms/${alarm.id}/${order}`, body);
    assert.equal(answer.status, 200, await answer.text());
  }
  await page.locator("#came", { hasText: /High 2.*Low 1.*closed 1/ }).waitFor();
});

test("a key means what has the focus, before it means a place", options, async () => {
  const load = page.locator("#wall summary").first();
  await load.focus();
  await page.keyboard.press("Enter");
  await page.locator("#wall details[open]").first().waitFor();
  assert.match(page.url(), /#\/wall/);
  await page.keyboard.press("Enter");
  await page.locator("main").focus();
  await page.keyboard.press("Enter");
  await page.locator("#site").waitFor();
  await screen.open("/wall");
});

test("all of it fits on every wall", options, async () => {
  for (const [width, height] of [[1920, 1080], [3840, 2160], [3840, 1080], [390, 844]]) {
    await page.setViewportSize({ width, height });
    for (const hash of ["/wall", "/visitor"]) {
      await screen.open(hash);
      await page.locator("#served").waitFor();
      await page.locator("#districts").waitFor();
      const over = await page.locator(".today").evaluate((box) => Math.max(box.scrollWidth - box.clientWidth, box.getBoundingClientRect().bottom - innerHeight));
      assert.ok(over <= 0, `${hash} at ${width} x ${height}: ${over} px too much`);
      if (hash === "/wall" && width > 3 * height) await page.locator("#wall #detail canvas").waitFor();
      const outside = await page.locator("#wall #detail").evaluateAll((all) => all.filter((one) => [...one.querySelectorAll("canvas")].some((plot) => plot.getBoundingClientRect().top < one.getBoundingClientRect().top)).length);
      assert.equal(outside, 0, "its trend stands in the alarm beside the queue");
      await screen.shot(`${hash.slice(1)}-${width}x${height}`);
    }
  }
  await page.setViewportSize({ width: 1366, height: 768 });
  await screen.open("/wall");
});

test("digits go down to a district and to its worst site, Escape back", options, async () => {
  // It is drawn before it listens.
  await until("the district is chosen", async () => {
    await page.keyboard.press("1");
    return (await page.locator("#districts tr.selected", { hasText: "Jinjiang" }).count()) === 1;
  });
  assert.match(page.url(), /district=510104/);
  await until("only what waits there", async () => (await page.locator("#wall .waiting li").count()) === 1);
  await page.keyboard.press("Escape");
  await until("the city", async () => !/district/.test(page.url()));
  // At once, before anything is drawn: Enter is of the district, not of the city's worst site.
  await page.evaluate(() => {
    for (const key of ["2", "Enter"]) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  });
  await until("its site", () => /#\/site\/s-1/.test(page.url()));
  await page.goBack();
  await page.locator("#wall").waitFor();
  await page.keyboard.press("q");
  await until("the queue of the district", () => /#\/alarms\?district=510181/.test(page.url()));
});

test("a click on a mark opens its site, beside it the district", options, async () => {
  await screen.open("/wall");
  const canvas = page.locator("#wall canvas").first();
  await canvas.waitFor();
  const box = await canvas.boundingBox();
  // Six columns of tiles by five rows fill the view; Dujiangyan is the first of them.
  const side = Math.min((box.width - 8) / 596, (box.height - 8) / 496) * 100;
  const [left, top] = [(box.width - 5.96 * side) / 2, (box.height - 4.96 * side) / 2];
  await canvas.click({ position: { x: left + 0.7 * side, y: top + 0.9 * side } });
  await page.locator("#districts tr.selected", { hasText: "Dujiangyan" }).waitFor();
});

test("visitors see numbers, and no name, link or button", options, async () => {
  await screen.open("/visitor");
  await page.locator("#visitor #districts tr", { hasText: "Jinjiang" }).waitFor();
  assert.equal(await page.locator("a, button").filter({ visible: true }).count(), 0);
  assert.doesNotMatch(await page.locator("body").innerText(), /福寿院|s-0|bed-1|oxygen/);
  assert.equal(await page.locator("#visitor canvas").getAttribute("title"), null);
  await page.setViewportSize({ width: 390, height: 844 });
  const over = () => page.locator("#visitor .wide").evaluate((box) => box.scrollWidth - box.clientWidth);
  await until("every column is in view on a telephone", async () => (await over()) <= 0);
  await page.setViewportSize({ width: 1366, height: 768 });
});

test("the operator's page says what is well and what is not", options, async () => {
  await screen.open("/health");
  const health = page.locator("#health");
  assert.match(await health.locator(".part", { hasText: "data" }).first().innerText(), /well/);
  await health.getByText("No channel: nobody is told but by this page.").waitFor();
  assert.match(await health.locator(".part", { hasText: "Free on its disk" }).innerText(), /Free on its disk\s+[1-9][\d.,]* \wiB of [1-9]/);
  assert.match(await health.locator(".part", { hasText: "carewatch" }).first().innerText(), /Processor, of a core\s+[\d.]+ %\s+Memory\s+[1-9][\d.]* MiB/);
  await health.getByText("None: every part is well.").waitFor();
  await stack.stop("mosquitto");
  await health.getByText("Not ready: no broker is connected.").waitFor();
  assert.doesNotMatch(await health.innerText(), /every part is well\.|Not ready: .*no-broker/);
  await stack.broker();
  await health.getByText("None: every part is well.").waitFor();
});

test("nothing of them is inaccessible", options, () => screen.accessible(["/wall", "/visitor", "/health"]));

test("the operator's outline takes the schematic's place, with its number and an inset", options, async () => {
  const outline = { type: "FeatureCollection", features: [square("510104", 104.05, 30.55, 0.1), square("510181", 103.4, 30.8, 0.5)] };
  const file = join(stack.dir, "outline.geojson");
  writeFileSync(file, JSON.stringify(outline));
  screen.expected = /404|503|ERR_CONNECTION_RE(FUSED|SET)|ERR_INCOMPLETE/;
  await stack.stop("carewatch");
  await stack.daemon(`${sites}${rules}\nmap: { outline = "${file}"; approval = "审图号：川S(2026)00001号"; };\n`);
  await screen.open("/wall");
  await page.reload();
  await page.getByText("审图号：川S(2026)00001号").waitFor();
  await page.locator("#wall .inset canvas").waitFor();
  await until("all sites", async () => /4 sites, open alarms high 2/.test(await label()));
  await screen.shot("wall-outline");
});

test("the public's map has the same districts, with their number", options, async () => {
  await page.goto(`${stack.url()}/public`);
  await page.locator(".map .district").nth(1).waitFor({ state: "attached" });
  await page.getByText("审图号：川S(2026)00001号").waitFor();
  assert.equal(await page.locator(".map text").count(), 3, "they are far enough apart to be named");
  assert.deepEqual(await screen.axe(page, "public with an outline"), []);
  await screen.shot("public-outline");
});

test("no request went to another host, nothing was blocked", options, () => screen.calm());
