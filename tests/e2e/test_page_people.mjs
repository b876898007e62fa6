// test_page_people.mjs - an institution, a resident, a device in a real browser: beds, trends
// with limits, gaps and alarms, the early warning score, and no name without being asked for.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { news2 } from "../../daemon/web/src/pages/news2.js";
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

test("an institution shows its beds floor by floor, with what is wrong in them", options, async () => {
  await screen.open("/site/inst-1");
  await page.locator("#beds h3", { hasText: "A · 3" }).waitFor();
  const bed = (name) => page.locator("#beds li", { has: page.locator("b", { hasText: name }) });
  assert.match(await bed("1-01").innerText(), /已住 · 高级报警/);
  assert.equal(await bed("1-01").locator(".glyph.high").count(), 1);
  assert.match(await bed("1-07").innerText(), /外出/);
  assert.match(await bed("1-05").innerText(), /失联/);
  assert.match(await bed("3-05").innerText(), /空闲/);
  assert.match(await bed("3-08").innerText(), /停用/);
  // The call names a resident: it is shown on that resident's bed.
  assert.equal(await bed("2-03").locator(".glyph.high").count(), 1);
  // An exercise is none of a place's alarms.
  const highs = () => page.locator("#site .figures.large").innerText().then((text) => /高 (\d+)/.exec(text)[1]);
  const before = await highs();
  const drill = (text, isDrill) => stack.post("/api/v1/alarms", { site: "inst-1", bed: "3-05", priority: "high", text: { zh: text, en: text }, drill: isDrill });
  assert.equal((await drill("演习", true)).status, 201);
  assert.equal((await drill("真的", false)).status, 201);
  await until("the real one is counted", async () => Number(await highs()) === Number(before) + 1);
  const said = await page.locator("#site").innerText();
  assert.ok(said.includes("真的") && !said.includes("演习"));
  for (const [order, body] of [["ack", {}], ["close", { cause: "false-alarm", note: "-" }]]) {
    const real = (await stack.alarms()).find((alarm) => alarm.text?.zh === "真的");
    const answer = await stack.post(`/api/v1/alarms/${real.id}/${order}`, body, { "If-Match": `"${real.rev}"` });
    assert.equal(answer.status, 200, await answer.text());
  }
  await until("and no more", async () => (await highs()) === before);
});

test("its head says who is on duty against what is needed, occupancy as of when, price, grade and what has expired", options, async () => {
  const text = await page.locator("#site").innerText();
  for (const part of [/护理员 3 \/ 4 ! 不足 截至/, /护士 1 截至/, /夜间巡查 0\/2/, /19\/24/, /截至/, /¥ 2,680.00 \/ 月/, /食品 至 2026-10-01 已过期/, /莲桂南路/]) assert.match(text, part);
  const rostered = (await stack.get("/api/v1/sites/inst-1/devices?limit=1000")).items.filter((device) => device.rostered);
  const online = rostered.filter((device) => device.connection === "online");
  assert.ok(online.length > 0 && online.length < rostered.length);
  await page.getByText(`设备在线 ${online.length}/${rostered.length}`).waitFor();
});

test("a letter opens what is behind it, and the address says so", options, async () => {
  for (const [key, tab, row] of [
    ["v", "devices", "#devices tbody tr"],
    ["r", "residents", "#residents tbody tr"],
    ["i", "oversight", "#inspections tbody tr"],
    ["g", "lists", "#lists tbody tr"],
    ["h", "history", ".trail li"],
  ]) {
    await page.keyboard.press(key);
    await page.locator(row).first().waitFor();
    assert.match(page.url(), new RegExp(`tab=${tab}`));
  }
  assert.match(await page.locator(".trail").innerText(), /268000/);
  await page.keyboard.press("i");
  assert.match(await page.locator("#inspections tbody tr", { hasText: "i-2" }).innerText(), /待整改[^]*剩 \d 天[^]*GB 38600/);
  assert.match(await page.locator("#evaluations tbody tr").innerText(), /4/);
});

test("a resident is a pseudonym, with score, trends and alarms", options, async () => {
  await screen.open("/resident/r-1?site=inst-1");
  await page.locator("#news2 tbody tr").nth(3).waitFor();
  assert.match(await page.locator("#news2 h3").innerText(), /NEWS2 3 单项 3 分 缺 收缩压/);
  // Of a band that is heard now, a pressure of three days ago gives no points.
  stack.publish("care/v1/inst-1/band-1-01/telemetry", { ts: Date.now() - 3 * 86400e3, sys: 85 });
  await page.locator("#news2 tbody tr", { hasText: /收缩压\s*85 mmHg\s*—\s*! 3 d/ }).waitFor();
  assert.match(await page.locator("#news2 h3").innerText(), /NEWS2 3 单项 3 分 缺 收缩压/);
  assert.match(await page.locator("#own tbody tr", { hasText: "band-1-01" }).innerText(), /收缩压 85 mmHg \(3 d 前\)/);
  await page.locator("#trends .trend canvas").nth(2).waitFor();
  await page.locator("#happened tbody tr", { hasText: "血氧过低" }).waitFor();
  assert.equal((await stack.get("/api/v1/audit")).items.some((line) => /name/.test(JSON.stringify(line))), false);
  screen.expected = /404/;
  await page.locator("#show-name").click();
  await page.getByText("没有登记姓名").waitFor();
  screen.expected = null;
  const answer = await fetch(`${stack.url()}/api/v1/residents/r-2/name?site=inst-1`, {
    method: "PUT", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: "张桂芳", phone: "+86 138", allergies: "青霉素", contacts: [{ name: "张敏", relation: "女儿", phone: "+86 139" }] }),
  });
  assert.ok(answer.ok, await answer.text());
  await screen.open("/resident/r-2?site=inst-1");
  await page.locator("#show-name").click();
  await until("the name is shown", async () => /张桂芳[^]*\+86 138[^]*过敏\s*青霉素[^]*女儿 张敏 \+86 139/.test(await page.locator("main").innerText()));
  assert.ok((await stack.get("/api/v1/audit")).items.some((line) => /name/.test(JSON.stringify(line))));
  await screen.open("/device/mat-1-01?site=inst-1");
  await page.locator(".trend figcaption", { hasText: /在床: 是 · 否/ }).waitFor();
  await screen.open("/resident/r-1?site=inst-1");
});

test("a supervisor sets a limit of a resident's own and takes it back", options, async () => {
  const form = page.locator("#set-limit");
  await form.locator("summary").click();
  await form.locator('[name="metric"]').selectOption("spo2");
  await form.locator('[name="low"]').fill("87.5");
  await form.locator('[name="note"]').fill("李医生：慢阻肺");
  await form.locator("button").click();
  const row = page.locator("#limits tbody tr", { hasText: "李医生：慢阻肺" });
  await row.filter({ hasText: "87.5" }).waitFor();
  const limits = async () => (await stack.get("/api/v1/residents/r-1/limits?site=inst-1")).items;
  assert.deepEqual((await limits()).map((one) => [one.metric, one.low]), [["spo2", 87.5]]);
  await row.locator("button").click();
  await row.waitFor({ state: "detached" });
  assert.deepEqual(await limits(), []);
});

test("space opens a form where it also holds a trend", options, async () => {
  const form = page.locator("#set-limit");
  await form.locator("summary").waitFor();
  const wasOpen = await form.evaluate((one) => one.open);
  await form.locator("summary").focus();
  await page.keyboard.press("Space");
  await until("it is the other way round", async () => (await form.evaluate((one) => one.open)) !== wasOpen);
  assert.equal(/end=/.test(page.url()), false);
  await page.keyboard.press("Space");
  await until("it is as before", async () => (await form.evaluate((one) => one.open)) === wasOpen);
});

test("once consent is withdrawn an alarm says so in the value's place", options, async () => {
  const alarm = (await stack.alarms("all")).find(({ resident, rule }) => resident === "r-1" && rule === "spo2-low");
  await screen.open(`/alarms?state=open&id=${alarm.id}`);
  await page.locator("#detail .trend canvas").waitFor();
  assert.match(await page.locator("#detail").innerText(), /限值 90/);
  const consent = async (vitals) => {
    const path = `${stack.url()}/api/v1/residents/r-1?site=inst-1`;
    const answer = await fetch(path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ consent: { vitals } }) });
    assert.ok(answer.ok, await answer.text());
  };
  const device = await screen.newPage();
  await screen.open("/device/band-1-01?site=inst-1&span=3600", device);
  const drawn = device.locator('#trends [role="img"][aria-label^="血氧"]');
  await drawn.waitFor();
  const loads = [];
  for (const open of [page, device]) open.on("load", () => loads.push(open.url()));
  screen.expected = /403/; // what is read again is withheld by now
  await consent(false);
  await page.locator("#detail", { hasText: "数值不再显示：对“生命体征”的同意已撤回" }).waitFor();
  assert.doesNotMatch(await page.locator("#detail").innerText(), /限值/);
  assert.equal(await page.locator("#detail .trend").count(), 0);
  await drawn.waitFor({ state: "detached" });
  assert.deepEqual(loads, [], "both pages took it as they were");
  await device.close();
  await consent(true);
  await page.locator("#detail", { hasText: "限值 90" }).waitFor();
  screen.expected = null;
});

test("a device's trend has limit, gap and alarm, in words too", options, async () => {
  await screen.open("/device/band-1-01?site=inst-1");
  const chart = page.locator('#trends [role="img"][aria-label^="血氧"]');
  await chart.waitFor();
  await page.locator('[aria-label*="1 条报警"]').waitFor();
  const label = await chart.getAttribute("aria-label");
  for (const part of [/最低 85，最高 96/, /限值 90/, /1 条报警/, /断开处没有数据/]) assert.match(label, part);
});

test("keys move the window, and it stands in the address", options, async () => {
  await page.keyboard.press("+");
  await page.waitForURL(/span=1800/);
  await page.keyboard.press("ArrowLeft");
  await page.waitForURL(/end=\d+/);
  await page.locator("#live[aria-pressed=false]").waitFor(); // the address is a moment ahead
  await page.keyboard.press("r");
  await page.waitForURL((url) => !/end=/.test(url.hash));
  await page.locator("#live[aria-pressed=true]").waitFor();
  await page.keyboard.press(" ");
  await page.waitForURL(/end=\d+/);
  await page.keyboard.press("]");
  await page.waitForURL(/span=3600/);
});

test("the score is that of the chart, and what is too old gives no points", () => {
  const at = 1e12;
  const measured = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, at }]));
  for (const [values, total, red, scale] of [
    [{ resp: 12, spo2: 96, sys: 111, hr: 51, temp: 36.1 }, 0, false],
    [{ resp: 20, spo2: 96, sys: 219, hr: 90, temp: 38.0 }, 0, false],
    [{ resp: 8, spo2: 91, sys: 90, hr: 40, temp: 35.0 }, 15, true],
    [{ resp: 9, spo2: 95, sys: 110, hr: 50, temp: 36.0 }, 5, false],
    [{ resp: 24, spo2: 93, sys: 100, hr: 130, temp: 39.1 }, 10, false],
    [{ resp: 25, spo2: 92, sys: 220, hr: 131, temp: 39.0 }, 12, true],
    [{ on_o2: true, spo2: 97, consciousness: "V" }, 5, true],
    [{ spo2: 93 }, 0, false, 2],
    [{ spo2: 93, on_o2: true }, 3, false, 2],
    [{ spo2: 97, on_o2: true }, 5, true, 2],
    [{ spo2: 83 }, 3, true, 2],
  ]) {
    const score = news2(measured(values), at, scale);
    assert.deepEqual([score.total, score.red], [total, red], JSON.stringify(values));
  }
  const old = news2({ hr: { value: 140, at: at - 3600001 } }, at);
  assert.equal(old.total, 0);
  assert.ok(old.missing.includes("hr") && old.parts[0].old);
});

test("nothing of them is inaccessible", options, () =>
  screen.accessible([
    "/site/inst-1", "/site/inst-1?tab=devices", "/site/inst-1?tab=residents", "/site/inst-1?tab=oversight", "/site/inst-1?tab=lists",
    "/site/inst-1?tab=history", "/resident/r-1?site=inst-1", "/device/band-1-01?site=inst-1",
  ]));
test("no request went to another host, nothing was blocked", options, () => screen.calm());
