// test_page_service.mjs - services in a real browser: a day's visits with their proof, check
// visits, sessions that are never summed, a project with the visits behind each number.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hoursOf, lanesOf, lookOf, placeOf } from "../../daemon/web/src/service/lanes.js";
import { configuration, fill } from "./page_world.mjs";
import { options, Screen } from "./screen.mjs";
import { until } from "./stack.mjs";

const screen = new Screen();
const { stack } = screen;
let page;

before(async () => {
  await screen.begin(configuration);
  page = screen.page;
  if (page) await fill(stack);
});
after(() => screen.end());

// The day of the first visit: shortly after midnight the others lie on the day before.
const dayOf = async (visit) => {
  const { items } = await stack.get("/api/v1/visits");
  return new Date(items.find((one) => one.visit === visit).start).toLocaleDateString("sv");
};

test("visits lie planned and actual by worker, what is wrong is said in words", options, async () => {
  await screen.open(`/visits?day=${await dayOf("v-4")}`);
  const bar = (service) => page.locator(`#timeline button[aria-label^="${service}"]`);
  await bar("探访关爱").waitFor();
  assert.match(await bar("探访关爱").innerText(), /! (迟到 · )?时长不足/);
  assert.equal(await bar("探访关爱").locator(".plan").count(), 1);
  assert.equal(await bar("探访关爱").locator(".real").count(), 1);
  await screen.open(`/visits?day=${await dayOf("v-3")}`);
  await page.locator("#timeline button.missed", { hasText: "漏访" }).waitFor();
});

test("what was done stays a bar where the colours are not ours", options, async () => {
  await page.emulateMedia({ forcedColors: "active" });
  await screen.open(`/visits?day=${await dayOf("v-4")}`);
  const bar = page.locator("#timeline .visit .real").first();
  await bar.waitFor();
  // What is painted is not what getComputedStyle() says: only who keeps its own colours has any.
  const [forcedColorAdjust, backgroundColor] = await bar.evaluate((one) => [getComputedStyle(one).forcedColorAdjust, getComputedStyle(one).backgroundColor]);
  assert.equal(forcedColorAdjust, "none");
  assert.notEqual(backgroundColor, "rgba(0, 0, 0, 0)");
  await screen.shot("visits-forced-colours");
  await page.emulateMedia({ forcedColors: "none" });
});

test("what stands behind a visit opens by keyboard and is in the address", options, async () => {
  await screen.open(`/visits?day=${await dayOf("v-4")}`);
  await page.locator('#timeline button[aria-label^="探访关爱"]').focus();
  await page.keyboard.press("Enter");
  await page.locator("#visit").waitFor();
  assert.match(await page.locator("#visit").innerText(), /60 分钟[^]*9 分钟[^]*签到[^]*标签[^]*nfc[^]*! (迟到 · )?时长不足/);
  assert.match(decodeURIComponent(page.url()), /visit=st-1\/v-4/);
  await page.keyboard.press("Enter");
  await page.locator("#visit").waitFor({ state: "detached" });
});

test("a correction heals an exception, and the trail stays", options, async () => {
  const third = async () => (await stack.get("/api/v1/visits")).items.find((one) => one.visit === "v-3");
  const planned = await until("it is missed", async () => (await third()).state === "missed" && third());
  const at = Date.parse(planned.start);
  const say = (event) => stack.publish("care/v1/st-1/gw/event", { visit: "v-3", worker: "w-2", ...event });
  say({ id: "late-1", ts: at, type: "visit.checkin", method: "nfc" });
  say({ id: "late-2", ts: Date.parse(planned.end), type: "visit.checkout" });
  await until("it is healed", async () => (await third()).verified);
  await screen.open(`/visits?day=${await dayOf("v-3")}&visit=st-1/v-3`);
  const healed = /现有问题\s+(无|! 迟到)[^]*曾有、已更正\s+漏访/;
  await until("the page says so", async () => healed.test(await page.locator("#visit").innerText()));
  const way = page.locator("#way");
  assert.match(await way.innerText(), /已计划[^]*签到 nfc · 标签[^]*签退[^]*已核验/);
  // Another worker did it: the old one stays, with who said so and why.
  const old = Date.parse(planned.start) - 3600e3;
  say({ id: "late-3", ts: old, type: "visit.assigned", worker: "w-9", by: "desk-2", reason: "换班" });
  await way.locator("li", { hasText: "更正" }).filter({ hasText: "desk-2 换班" }).filter({ hasText: "w-2 → w-9" }).waitFor();
  await screen.shot("visit-way");
  await screen.open(`/visits?day=${await dayOf("v-3")}&as=list`);
  assert.equal(await page.locator(".visits s", { hasText: "漏访" }).count(), 1);
});

// From the request to the settlement: each step at its own time, in the order of time.
test("every step of a visit's way has its own moment", options, async () => {
  const minute = 60e3;
  const from = Math.floor(Date.parse((await stack.get("/api/v1/visits")).items.find((one) => one.visit === "v-9").start) / minute) * minute;
  const at = (minutes) => new Date(from + minutes * minute).toISOString();
  const steps = [
    ["st-1", "requested", -90, {}, "已申请"], ["st-1", "assessed", -80, {}, "已评估"],
    ["st-1", "planned", -75, { service: "meal", worker: "w-7", recipient: "r-20", start: at(0), end: at(20) }, "已计划"],
    ["st-1", "assigned", -70, {}, "已派单"], ["st-1", "accepted", -65, {}, "接单"],
    ["st-1", "checkin", 1, { method: "nfc" }, "签到"], ["st-1", "checkout", 19, {}, "签退"], ["st-1", "confirmed", 21, {}, "老人确认"],
    ["dept", "feedback", 25, { score: 4 }, "评价 4 / 5"], ["dept", "followup", 30, {}, "回访"], ["dept", "settled", 40, { amount_fen: 6000 }, "已结算 ¥ 60.00"],
  ];
  const twentieth = async () => (await stack.get("/api/v1/visits")).items.find((one) => one.visit === "v-20");
  for (const [site, step, minutes, more] of steps) {
    await stack.publishLines(`care/v1/${site}/gw/event`, [JSON.stringify({ id: `way-${step}`, type: `visit.${step}`, visit: "v-20", site: "st-1", ts: at(minutes), ...more })]);
    await until(`${step} is there`, async () => step.startsWith("check") || (await twentieth())?.[`${step}_at`]);
  }
  await screen.open(`/visits?day=${new Date(from).toLocaleDateString("sv")}&visit=st-1/v-20`);
  const rows = page.locator("#way li:not(:has(.tag))");
  const clock = (minutes) => new Date(from + minutes * minute).toLocaleTimeString("sv", { hour: "2-digit", minute: "2-digit" });
  const wanted = steps.map(([, , minutes, , name]) => `${clock(minutes)}:00.* ${name}`);
  // The page may have read the day a moment ago.
  await rows.filter({ hasText: steps.at(-1).at(-1) }).waitFor();
  assert.match((await rows.allInnerTexts()).join("\n"), new RegExp(wanted.join("[^]*")));
});

test("another day is never shown as that of the one before, nor when it cannot be read", options, async () => {
  const day = await dayOf("v-4");
  const next = new Date(Date.parse(`${day}T12:00:00`) + 86400000).toLocaleDateString("sv");
  let held = 0;
  await page.route(/visits\?from=/, (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get("from"));
    return new Date(from).toLocaleDateString("sv") === next ? (held++, route.abort()) : route.continue();
  });
  screen.expected = /ERR_FAILED/;
  await page.goto("about:blank");
  await screen.open(`/visits?day=${day}`);
  await page.locator("#timeline button").first().waitFor();
  await page.getByRole("button", { name: "后一天" }).click();
  await page.locator(".empty", { hasText: "服务没有应答" }).waitFor();
  assert.ok(held > 0);
  assert.equal(await page.locator("#timeline").count(), 0);
  await page.unroute(/visits\?from=/);
});

test("a table that could not be fetched says so", options, async () => {
  await page.route(/reports\/visits/, (route) => ((route.request().headers().accept ?? "").includes("csv") ? route.fulfill({ status: 503, body: "" }) : route.continue()));
  screen.expected = /503/;
  await screen.open("/reports");
  await page.locator("#csv").click();
  await page.locator("[role=alert]", { hasText: "没有成功：503" }).waitFor();
  await page.unroute(/reports\/visits/);
  screen.expected = null;
  await screen.open("/visits");
  await page.locator("#service").waitFor();
});

test("check visits by category, and who was not visited", options, async () => {
  await page.keyboard.press("t");
  await page.locator("#monthly tbody tr", { hasText: "独居" }).first().waitFor();
  assert.equal(await page.locator("#unvisited tbody tr").count(), 4);
});

test("sessions are three columns and no sum", options, async () => {
  await page.keyboard.press("s");
  const row = page.locator("#stations tbody tr", { hasText: "莲桂" });
  await row.waitFor();
  assert.match(await row.innerText(), /1 场 · 32 人次\s+1 场 · 12 人次\s+1 场 · 150 人次/);
  assert.doesNotMatch(await page.locator("#stations").innerText(), /194/);
});

test("a project has the visits behind each number", options, async () => {
  await page.keyboard.press("p");
  await page.locator("#projects a", { hasText: "居家助浴" }).click();
  await page.locator("#statement tbody tr").nth(2).waitFor();
  const text = await page.locator("#project").innerText();
  assert.match(text, /购买方\s+民政局/);
  assert.match(text, /申报\s+3\s+¥ 2,026.32/);
  assert.match(text, /核验\s+2\s+¥ 1,350.88/);
  assert.match(text, /! 超报\s+1\s+¥ 675.44/);
  assert.match(await page.locator("#statement tbody tr", { hasText: "v-4" }).innerText(), /¥ 0.00\s+不计入：(迟到 · )?时长不足/);
  assert.match(await page.locator("#statement tbody tr", { hasText: "v-1" }).innerText(), /¥ 675.44\s+计入：签到 · 签退 · 标签/);
  await page.getByRole("button", { name: /未核验/ }).click();
  await until("only that one", async () => (await page.locator("#statement tbody tr").count()) === 1);
  assert.match(page.url(), /only=no/);
});

test("on a telephone proof wraps, and a name is no column of single letters", options, async () => {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 800 });
  await screen.open(`/visits?day=${await dayOf("v-1")}&visit=st-1/v-1`);
  await page.locator("#visit .tag").nth(3).waitFor();
  const ends = await page.locator("#visit .pairs .tag").evaluateAll((tags) => tags.map((tag) => tag.getBoundingClientRect().right));
  const edge = await page.locator("#visit").evaluate((box) => box.getBoundingClientRect().right);
  assert.ok(ends.length >= 3 && ends.every((end) => end <= edge), `${ends} of ${edge}`);
  await screen.open("/project/p-1");
  const site = page.locator("#statement tbody td", { hasText: "莲桂" }).first();
  await site.waitFor();
  const { width, height } = await site.evaluate((cell) => ({ width: cell.getBoundingClientRect().width, height: cell.getBoundingClientRect().height }));
  assert.ok(width >= 64, `${width} x ${height}`);
  await page.setViewportSize(before);
});

const at = (hour, minute = 0) => new Date(2026, 10, 23, hour, minute).toISOString();
test("what overlaps goes onto a line below, who has no worker comes last", () => {
  const visits = [
    { visit: "b", worker: "w-1", start: at(9, 30), end: at(10, 30) },
    { visit: "a", worker: "w-1", start: at(9), end: at(10) },
    { visit: "c", start: at(8), end: at(9) },
    { visit: "d", worker: "w-1", start: at(10), end: at(11), checkin_at: at(10) },
  ];
  assert.deepEqual(
    lanesOf(visits, "worker").map(({ name, lines }) => [name, lines.map((line) => line.map((one) => one.visit).join(""))]),
    [["w-1", ["ad", "b"]], ["", ["c"]]],
  );
});
test("the same worker's id at two sites is two persons", () => {
  const visits = ["s-1", "s-2"].map((site) => ({ visit: site, site, worker: "w-1", start: at(9), end: at(10) }));
  assert.deepEqual(lanesOf(visits, "worker").map(({ name, site }) => `${name} ${site}`), ["w-1 s-1", "w-1 s-2"]);
  assert.equal(lanesOf(visits, "site").length, 2);
});
test("the hours shown are those in which something is", () => {
  const from = new Date(2026, 10, 23).getTime();
  const { from: a, to: b } = hoursOf([{ start: at(9, 20), end: at(10, 10), checkout_at: at(12, 5) }], from, from + 86400000);
  assert.deepEqual([new Date(a).getHours(), new Date(b).getHours()], [9, 13]);
  assert.deepEqual(placeOf(at(8), at(11), { from: a, to: b }), { left: "0%", width: "50%" });
  assert.equal(placeOf(at(7), at(8), { from: a, to: b }), null);
});
test("the worst of a visit is its look", () => {
  for (const [visit, look] of [
    [{ state: "missed", standing: ["late", "missed"] }, "missed"],
    [{ state: "cancelled", standing: ["late"] }, "cancelled"],
    [{ state: "verified", verified: true, standing: ["late"] }, "exception"],
    [{ state: "verified", verified: true }, "verified"],
    [{ state: "in_service", checkin_at: at(9) }, "actual"],
    [{ state: "planned" }, "planned"],
  ]) assert.equal(lookOf(visit), look);
});

test("nothing of them is inaccessible", options, async () =>
  screen.accessible([`/visits?day=${await dayOf("v-4")}&visit=st-1/v-4`, "/visits?tab=monthly", "/visits?tab=stations", "/visits?tab=projects", "/project/p-1"]));
test("no request went to another host, nothing was blocked", options, () => screen.calm());
