// test_page_orders.mjs - everything a dispatcher does to an alarm, by keyboard and by mouse, and
// two seats that do it at once.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { options, Screen } from "./screen.mjs";
import { carewatch, until } from "./stack.mjs";

const conf = `
sites = ( { site = "s-1"; kind = "institution"; name = "福寿院"; }, { site = "h-1"; kind = "home"; } );
rules = (
  { name = "spo2-low"; metric = "spo2"; detector = "threshold"; below = 90.0; clear = 92.0;
    priority = "medium"; category = "physiological";
    text = { zh = "血氧过低"; en = "Low oxygen saturation"; };
    action = { zh = "请立即查看老人"; en = "See the resident now"; }; },
  { name = "help-call"; detector = "event"; raise = [ "call.pressed" ];
    clear = [ "call.answered", "call.cancelled" ]; priority = "high"; category = "safety";
    pages_late = true; text = { zh = "呼叫"; en = "Help call"; }; } );
`;
const screen = new Screen();
const { stack } = screen;
let page, other; // two seats

let n = 0;
const call = (more = {}, site = "s-1") =>
  stack.publish(`care/v1/${site}/desk/event`, { id: `c-${++n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n}`, ...more });
const low = (bed) => stack.publish(`care/v1/s-1/${bed}/telemetry`, { ts: Date.now(), spo2: 85 });
const row = (text, at = page) => at.locator("#alarms tbody tr", { hasText: text });
const detail = (at = page) => at.locator("#detail");
const keys = async (...all) => {
  for (const key of all) await page.keyboard.press(key);
};
// The detail of another alarm may name this one, too; keys act upon what is shown alone.
const isShown = () => {
  const id = new URLSearchParams(location.hash.split("?")[1]).get("id");
  return id !== null && document.querySelector("#detail")?.dataset.id === id;
};
const choose = async (text, at = page) => {
  await row(text, at).click();
  await until(`${text} is shown`, () => at.evaluate(isShown));
  await detail(at).filter({ hasText: text }).waitFor();
};
const is = (bed, wanted) =>
  until(`${bed} is ${JSON.stringify(wanted)}`, async () => {
    const alarm = (await stack.alarms("all")).find((one) => one.bed === bed || one.device === bed);
    return alarm && Object.entries(wanted).every(([key, value]) => alarm[key] === value);
  });

async function seat(role, label) {
  const args = ["token", "add", "--role", role, "--label", label, "--store", join(stack.dir, "carewatch.db")];
  const token = execFileSync(carewatch, args).toString().match(/\S{20,}/)[0];
  const headers = { Authorization: `Bearer ${token}` };
  await until("the token is known", async () => (await fetch(`${stack.url()}/api/v1/status`, { headers })).ok);
  return token;
}
async function signIn(at, token) {
  await at.goto(stack.url());
  await at.locator("#token").fill(token);
  await at.keyboard.press("Enter");
  await at.locator("#connection.live").waitFor();
}

before(async () => {
  await screen.begin(conf, { "http.auth": "token" });
  page = screen.page;
  if (!page) return;
  const admin = await seat("supervisor", "seat1");
  const session = await fetch(`${stack.url()}/api/v1/residents/r-1/name?site=h-1`, {
    method: "PUT", headers: { "Content-Type": "application/json", Authorization: `Bearer ${admin}` },
    body: JSON.stringify({ name: "张桂芳", phone: "028-1234", address: "锦江区春熙路 1 号", allergies: "青霉素", contacts: [{ relation: "女儿", name: "李梅", phone: "13800000000" }] }),
  });
  assert.ok(session.ok, `${session.status}`);
  stack.headers = { Authorization: `Bearer ${admin}` };
  stack.get = async (path) => {
    const answer = await fetch(stack.url() + path, { headers: stack.headers });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  };
  screen.expected = /401|403|409|412|ERR_FAILED.*history/;
  await screen.hold(/\/(ack|history)$/);
  await signIn(page, admin);
  await page.locator("#connection.live").waitFor();
});
after(() => screen.end());

test("two keys from an alarm to acknowledged, four more to closed", options, async () => {
  call();
  await row("b-1").waitFor();
  await detail().filter({ hasText: "b-1" }).waitFor();
  let pressed = 0;
  const press = async (key) => (pressed++, page.keyboard.press(key));
  await press("j"); // stays where it is: the only one
  await press("a");
  await is("b-1", { state: "acked", acked_by: "seat1" });
  assert.equal(pressed, 2);
  await detail().filter({ hasText: "已确认" }).waitFor();
  await press("c");
  await page.locator("dialog.order[open]").waitFor();
  await press("1");
  await press("Enter");
  await is("b-1", { state: "closed", cause: "handled", closed_by: "seat1" });
  assert.ok(pressed <= 6, `${pressed} keys`);
});

test("an acknowledgement is taken back by U within five seconds, and not after", options, async () => {
  call();
  await row("b-2").waitFor();
  await choose("b-2");
  await keys("a");
  await page.locator("#undo").waitFor();
  await keys("u");
  await is("b-2", { state: "unack" });
  await until("the offer is gone", async () => (await page.locator("#undo").count()) === 0);
  await detail().filter({ hasText: "重新等待确认" }).waitFor();
});

test("U pressed while the acknowledgement is under way means that one, and no earlier", options, async () => {
  call();
  await row("b-3").waitFor();
  await choose("b-2");
  await keys("a");
  await is("b-2", { state: "acked" });
  await page.locator("#undo").waitFor(); // of b-2
  await choose("b-3");
  const changesOf = async (bed) => {
    const { id } = (await stack.alarms("all")).find((one) => one.bed === bed);
    return (await stack.get(`/api/v1/alarms/${id}/history`)).items.map((step) => step.change);
  };
  let go;
  const held = new Promise((done) => (go = done));
  screen.meanwhile = () => held;
  await keys("a", "u");
  go();
  await until("it was acknowledged and taken back", async () => (await changesOf("b-3")).slice(-2).join() === "acked,unacked");
  screen.meanwhile = null;
  await is("b-2", { state: "acked" });
  assert.equal(await page.locator("#undo").count(), 0);
});

test("assign, on the scene, escalate, note, hand over: by keys", options, async () => {
  await choose("b-2");
  await keys("d");
  const box = page.locator("dialog.order[open]");
  await box.waitFor();
  await page.keyboard.type("wang");
  await keys("Enter");
  await is("b-2", { state: "acked", owner: "wang" });
  await detail().filter({ hasText: "已派 wang" }).waitFor();
  await keys("v");
  await detail().filter({ hasText: /\d 到场/ }).waitFor();
  await keys("e");
  await is("b-2", { escalation: 1 });
  await row("已升级 1 次").waitFor();
  await keys("n");
  await box.waitFor();
  await page.keyboard.type("已联系家属");
  await keys("Control+Enter");
  await detail().filter({ hasText: "备注 · seat1 · 已联系家属" }).waitFor();
  await keys("h");
  await box.waitFor();
  await keys("1", "Tab");
  await page.keyboard.type("no7");
  await keys("Enter");
  await detail().filter({ hasText: "已移交 120" }).waitFor();
  await screen.shot("desk-orders");
});

test("a shelf needs a reason, is listed apart and ends by the same key", options, async () => {
  low("bed-9");
  await row("bed-9").waitFor();
  await choose("bed-9");
  await keys("s");
  const box = page.locator("dialog.order[open]");
  await box.waitFor();
  await keys("Enter"); // without a reason: the dialog stays
  assert.equal(await box.count(), 1);
  await box.locator("input[name=note]").fill("正在洗澡");
  await keys("Enter");
  await is("bed-9", { state: "shelved", shelved_by: "seat1" });
  await until("not among the live ones", async () => (await row("bed-9").count()) === 0);
  await page.locator("#state").selectOption("aside");
  await row("bed-9").waitFor();
  assert.match(page.url(), /state=aside/);
  await choose("bed-9");
  await keys("s");
  await is("bed-9", { state: "unack" });
  await page.locator("#state").selectOption("open");
  await row("bed-9").waitFor();
});

test("the same by mouse", options, async () => {
  await choose("bed-9");
  const button = (name) => detail().getByRole("button", { name });
  await button("确认").click();
  await is("bed-9", { state: "acked" });
  await button("派人").click();
  const box = page.locator("dialog.order[open]");
  await box.locator("datalist option").first().waitFor({ state: "attached" });
  assert.deepEqual(await box.locator("datalist option").evaluateAll((all) => all.map((one) => one.value)), ["wang"]);
  await box.locator("input[name=assignee]").fill("zhao");
  await box.getByRole("button", { name: "派人" }).click();
  await is("bed-9", { owner: "zhao" });
  await button("到场").click();
  await detail().filter({ hasText: /\d 到场/ }).waitFor();
  await button("升级").click();
  await is("bed-9", { escalation: 1 });
  await button("关闭报警").click();
  await box.getByText("误报").click();
  await screen.shot("desk-close");
  assert.deepEqual(await screen.axe(page, "close"), []);
  await box.getByRole("button", { name: "关闭报警" }).click();
  await is("bed-9", { state: "closed", cause: "false_alarm" });
});

test("what is not allowed is not offered, and a dialog is left by Escape", options, async () => {
  await choose("b-2");
  assert.equal(await detail().getByRole("button", { name: "搁置" }).count(), 0, "a call is never shelved");
  await keys("n");
  await page.locator("dialog.order[open]").waitFor();
  await keys("Escape");
  await until("it is closed", async () => (await page.locator("dialog.order[open]").count()) === 0);
});

test("chosen ones are acknowledged together, and no others", options, async () => {
  for (let i = 0; i < 2; i++) call();
  await row("b-5").waitFor();
  await choose("b-3");
  await keys("x");
  await choose("b-4");
  await keys("x");
  await page.getByText("已选 2 条").waitFor();
  await keys("a");
  await is("b-3", { state: "acked" });
  await is("b-4", { state: "acked" });
  await is("b-5", { state: "unack" });
  await page.getByText("已确认 2 条").waitFor();
  await keys("u");
  await is("b-3", { state: "unack" });
  await is("b-4", { state: "unack" });
});

test("a button means its own alarm, and what a filter hides is not acted upon", options, async () => {
  for (const bed of ["b-chosen", "b-own"]) call({ bed });
  await row("b-own").waitFor();
  await choose("b-chosen");
  await keys("x");
  await page.getByText("已选 1 条").waitFor();
  await choose("b-own");
  await detail().getByRole("button", { name: "确认" }).click();
  await is("b-own", { state: "acked" });
  await is("b-chosen", { state: "unack" });
  await page.getByText("已选 1 条").waitFor();
  await page.locator("#q").fill("B-own und");
  assert.equal(await page.locator("#q").inputValue(), "B-own und", "as it was typed");
  await page.locator("#q").fill("B-own");
  await until("one row", async () => (await page.locator("#alarms tbody tr").count()) === 1);
  await until("nothing is chosen", async () => (await page.getByText("已选 1 条").count()) === 0);
  await page.locator("#q").fill("");
  await page.getByText("已选 1 条").waitFor();
  await page.locator(".chosen button", { hasText: "取消选择" }).click();
});

test("what is typed in a dialog is not lost when the alarm has changed meanwhile", options, async () => {
  const box = page.locator("dialog.order[open]");
  await choose("b-own");
  await keys("c");
  await box.waitFor();
  await box.locator("input[name=note]").fill("已扶起");
  await keys("Shift+Tab", "1");
  call({ bed: "b-own" });
  await is("b-own", { count: 2 });
  await keys("Enter");
  await box.locator("[role=alert]", { hasText: /情况已变，现在是“[^”]+”。 仍要执行，请再按一次/ }).waitFor();
  assert.equal(await box.locator("input[name=note]").inputValue(), "已扶起");
  const { id } = (await stack.alarms()).find((one) => one.bed === "b-own");
  const seat3 = { Authorization: `Bearer ${await seat("dispatcher", "seat3")}`, "Content-Type": "application/json" };
  const noted = await fetch(`${stack.url()}/api/v1/alarms/${id}/note`, { method: "POST", headers: seat3, body: JSON.stringify({ note: "在路上" }) });
  assert.ok(noted.ok, await noted.text());
  await keys("Enter");
  await box.locator("[role=alert]", { hasText: /seat3 已先处理[^]*再按一次/ }).waitFor();
  await keys("Enter");
  await is("b-own", { state: "closed", cause: "handled" });
  await until("the dialog is gone", async () => (await box.count()) === 0);
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY", "the focus is somewhere");
});

test("who assigns before the own acknowledgement has come is not told that somebody was first", options, async () => {
  await choose("b-chosen");
  let go;
  const held = new Promise((done) => (go = done));
  screen.meanwhile = () => held;
  await keys("a", "d");
  await page.locator("dialog.order[open]").waitFor();
  await page.keyboard.type("li");
  go();
  await is("b-chosen", { state: "acked" });
  screen.meanwhile = null;
  await keys("Enter");
  await is("b-chosen", { owner: "li" });
  await until("the dialog is gone", async () => (await page.locator("dialog.order[open]").count()) === 0);
  assert.equal(await page.locator("[role=alert].bar").count(), 0);
});

test("a link to an alarm that is not there says so", options, async () => {
  screen.expected = /401|403|404|409|412|ERR_FAILED.*history/;
  await page.evaluate(() => (location.hash = "#/alarms?id=no-such-alarm"));
  await detail().filter({ hasText: "没有找到，或您无权查看" }).waitFor();
});

test("two seats at once: the second is told who was first, and sees it as it is", options, async () => {
  const context = await screen.newContext();
  other = await screen.newPage(context);
  await signIn(other, await seat("dispatcher", "seat2"));
  await choose("b-5");
  await choose("b-5", other);
  // Seat 1 has not heard yet that seat 2 acts: its command is under way meanwhile.
  screen.meanwhile = async () => {
    await other.keyboard.press("a");
    await is("b-5", { state: "acked", acked_by: "seat2" });
  };
  await keys("a");
  await page.locator("[role=alert]", { hasText: "seat2 已先处理，现在是“已确认”" }).waitFor();
  await detail().filter({ hasText: "seat2 已确认" }).waitFor();
  screen.meanwhile = null;
  assert.equal(await detail(other).getByRole("button", { name: "搁置" }).count(), 0, "a dispatcher does not shelve");
});

test("what the daemon alone changed meanwhile does not lose a seat's word", options, async () => {
  const again = () => stack.publish("care/v1/s-1/desk/event", { id: `again-${++n}`, ts: Date.now(), type: "call.pressed", bed: "b-4" });
  await choose("b-4");
  let came = false;
  screen.meanwhile = async () => {
    came ||= again();
    await is("b-4", { count: 2 });
  };
  await keys("a");
  await is("b-4", { state: "acked", acked_by: "seat1", count: 2 });
  screen.meanwhile = null;
  assert.equal(await page.locator("[role=alert].bar").count(), 0);
});

test("who changed it cannot be read: the order is not sent over anybody's head", options, async () => {
  call({ bed: "b-unread" });
  await choose("b-unread");
  await choose("b-unread", other);
  screen.meanwhile = async (request) => {
    if (request.url().endsWith("/history")) return "lost";
    await other.keyboard.press("a");
    await is("b-unread", { state: "acked", acked_by: "seat2" });
    await other.keyboard.press("u");
    await is("b-unread", { state: "unack" });
    return "";
  };
  await keys("a");
  await page.locator("[role=alert]", { hasText: "已先处理，现在是“未确认”" }).waitFor();
  screen.meanwhile = null;
  await is("b-unread", { state: "unack", rev: 3 });
});

test("a call from a home shows whom to call to the seat that took it on, and the audit says so", options, async () => {
  call({ bed: undefined, resident: "r-1" }, "h-1");
  await row("h-1", other).waitFor();
  await row("h-1", other).click();
  await detail(other).getByText("确认后可查看").waitFor();
  await other.keyboard.press("a");
  const card = detail(other).locator(".person");
  await card.waitFor();
  const text = await card.innerText();
  assert.match(text, /张桂芳[^]*锦江区春熙路 1 号[^]*过敏 青霉素[^]*女儿 李梅/);
  assert.equal(await card.getByRole("link", { name: /13800000000/ }).getAttribute("href"), "tel:13800000000");
  await screen.shot("desk-home-call", other);
  const audit = await stack.get("/api/v1/audit?limit=50");
  assert.ok(audit.items.some((line) => JSON.stringify(line).includes("seat2") && JSON.stringify(line).includes("/person")));
});

test("on a telephone: the queue, one alarm, acknowledge", options, async () => {
  await other.setViewportSize({ width: 390, height: 800 });
  await other.goto(`${stack.url()}/#/alarms`);
  await row("b-3", other).click();
  await detail(other).getByRole("button", { name: "确认" }).click();
  await is("b-3", { state: "acked", acked_by: "seat2" });
  assert.equal(await other.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  await screen.shot("desk-phone", other);
});

test("drills stand apart", options, async () => {
  const answer = await fetch(`${stack.url()}/api/v1/alarms`, {
    method: "POST", headers: { "Content-Type": "application/json", ...stack.headers },
    body: JSON.stringify({ site: "s-1", bed: "b-drill", priority: "high", drill: true, text: { zh: "消防演练", en: "Fire drill" } }),
  });
  assert.equal(answer.status, 201, await answer.text());
  await page.locator("#state option", { hasText: "演练 1" }).waitFor({ state: "attached" });
  const high = (await stack.alarms()).filter((alarm) => alarm.priority === "high" && !alarm.drill).length;
  const head = page.locator("header .count.high");
  await until(`the head counts ${high}, as the queue does`, async () => new RegExp(`^\\s*高 ${high}(\\s|$)`).test(await head.innerText()));
  assert.equal(await row("消防演练").count(), 0);
  await page.locator("#state").selectOption("drill");
  await row("消防演练").waitFor();
});

test("nothing went wrong meanwhile", options, () => screen.calm());
