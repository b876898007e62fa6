// test_page_desk.mjs - the duty desk in a real browser: an alarm comes, is acknowledged, clears.
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
  await screen.hold("**/ack");
  if (page) await screen.open();
});
after(() => screen.end());

test("an empty page says so and is live", options, async () => {
  await page.locator("#connection.live").waitFor();
  await page.getByText("没有未关闭的报警。").waitFor();
  // All figures are there from the beginning: one that comes later moves the page under the pointer.
  assert.match((await page.locator("header .figures").innerText()).replace(/\s+/g, " "), /^\d+\/\d+ 在线 0 条\/10分·席 0 已超时 — 高级最久$/);
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
  await screen.shot("alarm");
  await page.keyboard.press("a");
  const row = page.locator("#alarms tbody tr", { hasText: "已确认" });
  await row.waitFor();
  assert.equal(await row.locator(".choose input").count(), 0, "there is nothing to choose it for");
  await until("the alarm is acknowledged", async () => (await stack.alarms())[0].state === "acked");
});

test("a value in order clears it and the row goes", options, async () => {
  stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 97 });
  await page.getByText("没有未关闭的报警。").waitFor();
});

test("a call comes, in English", options, async () => {
  await page.locator("#language").click();
  stack.publish("care/v1/s-1/bed-2/event", { id: "x1", ts: Date.now(), type: "call.pressed", bed: "3-12" });
  await page.locator("#alarms tbody tr", { hasText: "Help call" }).waitFor();
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

test("a filter that nothing fits any more is still named", options, async () => {
  const before = page.url();
  await page.evaluate(() => (location.hash += "&district=510107"));
  await until("it is named", async () => (await page.getByLabel("District", { exact: true }).inputValue()) === "510107");
  await page.evaluate((url) => location.replace(url), before);
  await page.locator("#alarms tbody tr").nth(1).waitFor();
});

test("a call by telephone is entered by keyboard, and stands selected", options, async () => {
  screen.expected = /400/;
  const box = page.locator("dialog.order");
  await page.locator("main").focus();
  await page.keyboard.press("t");
  await box.locator('[name="site"]').selectOption("s-1");
  await page.keyboard.press("Escape");
  await box.waitFor({ state: "detached" });
  const before = (await stack.alarms()).length;
  await page.keyboard.press("t");
  await box.locator("button", { hasText: "Send" }).click();
  assert.equal((await stack.alarms()).length, before, "without a place nothing is sent");
  await box.locator('[name="site"]').selectOption("s-1");
  await box.locator('[name="bed"]').fill("2 02");
  await page.keyboard.press("Enter");
  await box.locator("[role=status].notice", { hasText: "bed" }).waitFor();
  assert.deepEqual(await screen.axe(page, "a call by hand"), []);
  await screen.shot("by-hand");
  await box.locator('[name="bed"]').fill("2-02");
  await page.keyboard.press("Enter");
  await box.waitFor({ state: "detached" });
  await page.locator("#detail", { hasText: "2-02" }).waitFor();
  await page.locator("#alarms tr.selected", { hasText: "Help call" }).waitFor();
  const all = (await stack.alarms()).filter((alarm) => alarm.bed === "2-02");
  assert.deepEqual(all.map(({ site, kind, vital, priority }) => [site, kind, vital, priority]), [["s-1", "call", true, "high"]]);
});

test("who comes second is told who was first", options, async () => {
  const id = await page.locator("#detail").getAttribute("data-id");
  screen.meanwhile = () => stack.post(`/api/v1/alarms/${id}/ack`); // somebody else, a moment before
  screen.expected = /409|412/;
  await page.locator("#detail", { hasText: "not acked" }).waitFor();
  await page.keyboard.press("a");
  await page.locator("[role=alert]", { hasText: "local was first: it is acked now." }).waitFor();
  await page.locator("#detail", { hasText: "acknowledged by local" }).waitFor();
  screen.meanwhile = null;
});

test("on a telephone one taps an alarm, sees it alone, and goes back", options, async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  await screen.open("/alarms");
  const rows = page.locator("#alarms tbody tr");
  await rows.nth(1).click();
  await page.locator("#detail").waitFor();
  assert.equal(await rows.first().isVisible(), false);
  await screen.shot("detail-390");
  await page.getByRole("button", { name: "Back" }).click();
  await rows.first().waitFor();
  await page.setViewportSize({ width: 1366, height: 768 });
});

test("nothing of it is inaccessible", options, () => screen.accessible(["/alarms"]));
test("no request went to another host, nothing was blocked", options, () => screen.calm());
