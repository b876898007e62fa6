// test_page_oversight.mjs - supervision in a real browser: cases and who says what about them,
// two persons for a list, grades line by line, and a checklist that works without a network.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { configuration, fill } from "./page_world.mjs";
import { options, Screen } from "./screen.mjs";
import { carewatch, until } from "./stack.mjs";

const screen = new Screen();
const { stack } = screen;
let page;
const one = (kind, id) => stack.get(`/api/v1/${kind}/${id}`);

before(async () => {
  await screen.begin(configuration, {}, { serviceWorkers: "allow" });
  page = screen.page;
  if (page) await fill(stack);
});
after(() => screen.end());

test("inspections are listed, the overdue said so, and lie on a calendar", options, async () => {
  await screen.open("/oversight");
  const row = page.locator("#inspections tbody tr", { hasText: "i-3" });
  // The names of places come a moment later than the list.
  await until("it is listed", async () => /安康护理院[^]*待整改[^]*! 逾期 \d 天[^]*疏散通道堵塞/.test(await row.innerText()));
  await screen.open("/oversight?as=calendar");
  await page.locator("#calendar a", { hasText: "福寿养老院" }).first().waitFor();
});

test("an alarm about an organisation names it, and leads to its ledger", options, async () => {
  await screen.open("/alarms?all=1"); // ten alarms came with the world: a flood would hide this one
  const row = page.locator("#alarms tbody tr", { hasText: "邻里社会工作服务中心" }).first();
  await row.waitFor();
  const place = page.locator("#detail a", { hasText: "邻里社会工作服务中心" });
  await until("it is shown", async () => (await row.click(), (await place.count()) > 0));
  assert.equal(await place.getAttribute("href"), "#/org/org-3");
});

test("a finding is recorded, rectified as a claim, and passed by the department", options, async () => {
  await screen.open("/inspection/i-1");
  await page.locator("#step-finding summary").click();
  await page.locator("#step-finding [name=text]").fill("灭火器过期");
  await page.locator("#step-finding [name=clause]").fill("GB 50140 5.4");
  await page.locator("#step-finding [name=evidence]").fill("photo 1\nphoto 2");
  await page.locator("#step-finding button").click();
  await until("it is found", async () => (await one("inspections", "i-1")).state === "found");
  assert.deepEqual((await one("inspections", "i-1")).evidence, ["photo 1", "photo 2"]);
  await page.locator("#step-rectified summary").click({ timeout: 30000 });
  await page.locator("#step-rectified [name=evidence]").fill("photo 3");
  await page.locator("#step-rectified button").click();
  await until("it is claimed", async () => (await one("inspections", "i-1")).state === "rectified");
  await page.getByText("须由部门复查").first().waitFor({ timeout: 30000 });
  await page.locator("#step-passed summary").click();
  await page.locator("#step-passed [name=evidence]").fill("seen");
  await page.locator("#step-passed button").click();
  await until("it is passed", async () => (await one("inspections", "i-1")).state === "passed");
  await page.locator(".trail li", { hasText: "复查合格" }).first().waitFor({ timeout: 30000 });
});

test("a grade is explained line by line, with evidence and version", options, async () => {
  await screen.open("/evaluation/org-2.gbt37276");
  await page.locator("#lines tbody tr").nth(3).waitFor();
  const text = await page.locator("#evaluation").innerText();
  for (const part of [/规则版本\s+GB\/T 37276-2018/, /minutes 4/, /\(n=2\)/, /公布等级 3 与按分计算的 2 不一致/, /340 \/ 600\s+达到 300/]) assert.match(text, part);
});
test("a complaint is closed by the department, a duty gets its result", options, async () => {
  await screen.open("/oversight?tab=complaints");
  await page.locator("#close-c-1 summary").click();
  await page.locator("#close-c-1 [name=result]").fill("已道歉");
  await page.locator("#close-c-1 [name=satisfied]").selectOption("yes");
  await page.locator("#close-c-1 button").click();
  await until("it is closed", async () => (await one("complaints", "c-1")).satisfied === true);
  await screen.open("/oversight?tab=duties");
  await page.locator("#duties tbody tr", { hasText: "年度工作报告" }).first().waitFor();
});

test("what is over comes last and is not late, and a filter of another tab hides nothing", options, async () => {
  await screen.open("/oversight?tab=duties&state=rectified");
  const failed = page.locator("#duties tbody tr", { hasText: "安康护理有限公司" }).filter({ hasText: "不合格" });
  await failed.waitFor();
  assert.doesNotMatch(await failed.innerText(), /逾期|剩/);
  await screen.open("/oversight?tab=inspections");
  const rows = page.locator("#inspections tbody tr");
  await rows.filter({ hasText: "i-4" }).waitFor();
  const states = await rows.evaluateAll((all) => all.map((one) => /合格|归档/.test(one.querySelector(".tag").innerText) && !/不合格/.test(one.querySelector(".tag").innerText)));
  assert.deepEqual(states, [...states].sort((a, b) => a - b));
});

test("a word that is sent twice is said once, also when its answer was lost", options, async () => {
  await screen.open("/oversight?tab=complaints");
  const form = page.locator("#complain");
  await form.locator("summary").click();
  const count = async () => (await stack.get("/api/v1/complaints?limit=1000")).items.filter((row) => row.about === "st-1").length;
  await form.locator("[name=about]").fill("st-1");
  await form.locator("button").evaluate((button) => (button.click(), button.click()));
  await form.locator("[role=status]", { hasText: "已接受" }).waitFor();
  assert.equal(await count(), 1);
  let lost = 0;
  screen.expected = /ERR_FAILED/;
  await page.goto("about:blank");
  await page.route(/complaints\/.*\/filed$/, async (route) => {
    if (lost++ > 0) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await screen.open("/oversight?tab=complaints");
  await form.locator("summary").click();
  await form.locator("[name=about]").fill("st-1");
  await form.locator("button").click();
  await form.locator("[role=status]", { hasText: "服务没有应答" }).waitFor();
  await form.locator("button").click();
  await form.locator("[role=status]", { hasText: "已接受" }).waitFor();
  assert.equal(await count(), 2);
  await page.unroute(/complaints\/.*\/filed$/);
  screen.expected = null;
});

test("whom a round concerns is drawn by lot, with the proof of the draw", options, async () => {
  await screen.open("/oversight?tab=campaigns");
  await page.locator("#campaign summary").click();
  await page.locator("#campaign [name=title]").fill("冬季安全");
  await page.locator("#campaign [name=count]").fill("1");
  await page.locator("#campaign [name=pool]").fill("a-1\na-2\na-3");
  await page.locator("#campaign button").click();
  const row = page.locator("#campaigns tbody tr", { hasText: "冬季安全" });
  await row.waitFor({ timeout: 30000 });
  await row.locator("summary", { hasText: "随机抽取" }).click();
  await row.getByRole("button", { name: "提交" }).first().click();
  await row.getByText(/个候选 · 种子/).waitFor({ timeout: 30000 });
});

test("an organisation has its ledger on one page", options, async () => {
  await screen.open("/org/org-1");
  await page.locator("#org-inspections tbody tr").first().waitFor();
  const text = await page.locator("#org").innerText();
  for (const part of [/福寿养老服务中心/, /信息公开/, /红榜/, /社区助餐/]) assert.match(text, part);
});

test("nothing of them is inaccessible", options, () =>
  screen.accessible([
    "/oversight", "/oversight?as=calendar", "/oversight?tab=campaigns", "/oversight?tab=evaluations", "/oversight?tab=duties", "/oversight?tab=credit", "/oversight?tab=complaints",
    "/inspection/i-2", "/evaluation/org-2.gbt37276", "/org/org-1", "/inspect", "/inspect?of=i-3",
  ]));

// ---- the inspector's phone ----

test("the checklist works without a network and sends when it is back", options, async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  await screen.context.grantPermissions(["geolocation"]);
  await screen.context.setGeolocation({ latitude: 30.64, longitude: 104.0402, accuracy: 10 });
  await screen.open("/inspect?of=i-3");
  await page.locator("#checklist fieldset").nth(5).waitFor();
  await until("the program is kept", () =>
    page.evaluate(async () => (await caches.keys()).length > 0 && Boolean(navigator.serviceWorker?.controller)));
  screen.expected = /ERR_INTERNET_DISCONNECTED|Failed to load resource|Failed to fetch/;
  await screen.context.setOffline(true);
  await page.reload();
  await page.locator("#offline").waitFor();
  await page.locator("#place button").click();
  await page.locator("#place", { hasText: /距机构 \d+ 米/ }).waitFor();
  const items = page.locator("#checklist fieldset");
  const n = await items.count();
  // What no list has foreseen comes last, and may be left out.
  assert.match(await items.nth(n - 1).innerText(), /清单以外的问题/);
  for (let i = 0; i < n - 1; i++) await items.nth(i).getByLabel(i === 1 ? "不合格" : "合格", { exact: true }).check();
  await items.nth(1).locator("textarea").fill("两具灭火器过期");
  await items.nth(1).locator("select").selectOption("critical");
  await items.nth(1).locator("input[type=date]").fill("2031-05-06");
  const picture = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 3000;
    canvas.getContext("2d").fillRect(10, 10, 2000, 1000);
    return canvas.toDataURL("image/png").split(",")[1];
  });
  await items.nth(1).locator("input[type=file]").setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from(picture, "base64") });
  await items.nth(1).locator(".tag", { hasText: "KB" }).waitFor();
  await items.nth(1).locator("input[type=file]").setInputFiles({ name: "a.txt", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await items.nth(1).locator(".notice").waitFor();
  await screen.shot("inspect-offline", page);
  await page.locator("#checklist .primary").click();
  await page.locator("#waiting li", { hasText: "i-3" }).waitFor();
  assert.equal((await one("inspections", "i-3")).text, "疏散通道堵塞");
  await page.reload(); // what waits outlives the page
  await page.locator("#waiting li", { hasText: "i-3" }).waitFor();
  await screen.context.setOffline(false);
  await until("it has come", async () => (await one("inspections", "i-3")).text === "两具灭火器过期");
  const { evidence, severity, due } = await one("inspections", "i-3");
  assert.deepEqual([severity, new Date(due).toLocaleDateString("sv")], ["critical", "2031-05-06"]);
  assert.match(evidence[0], /^on site \d+ m ±10 m 2/);
  assert.match(evidence[1], /^photo sha256:[0-9a-f]{64}$/);
  const photo = await fetch(`${stack.url()}/api/v1/attachments/${evidence[1].slice("photo sha256:".length)}`);
  assert.deepEqual([photo.status, photo.headers.get("content-type")], [200, "image/jpeg"]);
  await page.locator("#waiting").waitFor({ state: "detached" });
  await screen.open("/inspection/i-3");
  await page.locator("#inspection .pairs", { hasText: /到场：距机构 \d+ 米（±10 米）[^]*照片 [0-9a-f]{12}…/ }).waitFor();
  screen.expected = null;
});

test("who comes too late is told why, and decides", options, async () => {
  screen.expected = /409|400|404|ERR_INTERNET_DISCONNECTED|Failed to load resource|Failed to fetch/;
  await page.evaluate(
    () =>
      new Promise((done) => {
        const request = indexedDB.open("carewatch-inspector", 1);
        request.onsuccess = () => {
          const transaction = request.result.transaction("words", "readwrite");
          transaction.objectStore("words").put({ key: "k1", id: "i-none", step: "passed", at: Date.now(), body: { evidence: ["x"] } });
          transaction.oncomplete = () => done();
        };
      }),
  );
  await screen.open("/inspect");
  await page.reload();
  await page.locator("#waiting .notice", { hasText: "系统未接受" }).waitFor();
  await page.getByRole("button", { name: "放弃" }).click();
  await page.locator("#waiting").waitFor({ state: "detached" });
  screen.expected = null;
});

const planned = (id, state) =>
  stack.post(`/api/v1/inspections/${id}/planned`, { org: "org-1", site: "inst-1", domain: "safety", inspectors: ["a-1", "a-2"] })
    .then(() => state && stack.post(`/api/v1/inspections/${id}/finding`, { text: "x", clause: "c", severity: "minor", evidence: ["e"] }))
    .then(() => state && stack.post(`/api/v1/inspections/${id}/rectified`, { evidence: ["e"] }))
    .then(() => until(`${id} is there`, async () => (await one("inspections", id)).state === (state ?? "planned")));
const tick = async (items, label) => {
  for (let i = 0; i < (await items.count()) - 1; i++) await items.nth(i).getByLabel(label, { exact: true }).check();
};

test("a place and a photo that come late leave what was said meanwhile", options, async () => {
  await planned("i-slow");
  await page.goto("about:blank");
  await screen.open("/inspect?of=i-slow");
  const items = page.locator("#checklist fieldset");
  await items.nth(5).waitFor();
  await page.evaluate(() => {
    const [shrink, late] = [createImageBitmap, {}];
    navigator.geolocation.getCurrentPosition = (found) => (late.place = () => found({ coords: { latitude: 30.66, longitude: 104.08, accuracy: 7 } }));
    globalThis.createImageBitmap = async (file) => (await new Promise((go) => (late.photo = go)), shrink(file));
    globalThis.late = late;
  });
  await page.locator("#place button").click();
  await items.nth(1).getByLabel("不合格", { exact: true }).check();
  const png = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(1, 1, 9, 9);
    return canvas.toDataURL("image/png").split(",")[1];
  });
  await items.nth(1).locator("input[type=file]").setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from(png, "base64") });
  await until("the photo is under way", () => page.evaluate(() => Boolean(globalThis.late.photo)));
  await tick(items, "合格");
  await items.nth(1).getByLabel("不合格", { exact: true }).check();
  await items.nth(1).locator("textarea").fill("压力不足");
  assert.ok(await page.locator("#checklist .primary").isDisabled(), "not without its photo");
  await page.evaluate(() => (globalThis.late.place(), globalThis.late.photo()));
  await page.locator("#place", { hasText: "距机构 0 米" }).waitFor();
  await items.nth(1).locator(".tag", { hasText: "KB" }).waitFor();
  assert.equal(await items.nth(1).locator("textarea").inputValue(), "压力不足");
  await page.reload(); // so it is kept
  await items.nth(1).locator(".tag", { hasText: "KB" }).waitFor();
  assert.equal(await page.locator("#checklist input[value=ok]:checked").count(), (await items.count()) - 2);
  await page.locator("#checklist .primary").evaluate((button) => (button.click(), button.click()));
  await until("it has come", async () => (await one("inspections", "i-slow")).text === "压力不足");
  const { items: all } = await stack.get("/api/v1/inspections/i-slow/history");
  assert.equal(all.filter(({ what }) => what === "inspection.finding").length, 1, "said once");
  assert.match((await one("inspections", "i-slow")).evidence.join(), /^on site 0 m ±7 m [^,]*,photo sha256:/);
});

test("what was said to be put right and is not has failed", options, async () => {
  await planned("i-again", "rectified");
  await page.goto("about:blank");
  await screen.open("/inspect?of=i-again");
  const items = page.locator("#checklist fieldset");
  await items.nth(5).waitFor();
  await tick(items, "合格");
  await items.nth(0).getByLabel("不合格", { exact: true }).check();
  await items.nth(0).locator("textarea").fill("还没有修好");
  await page.locator("#checklist .primary").click();
  await until("it failed", async () => (await one("inspections", "i-again")).state === "failed");
});

test("what one inspector said is not sent as another's word", options, async () => {
  await page.evaluate(
    () =>
      new Promise((done) => {
        const request = indexedDB.open("carewatch-inspector", 1);
        request.onsuccess = () => {
          const transaction = request.result.transaction("words", "readwrite");
          transaction.objectStore("words").put({ key: "k2", id: "i-slow", step: "passed", at: Date.now(), by: "anna", body: { evidence: ["seen"] } });
          transaction.oncomplete = () => done();
        };
      }),
  );
  await screen.open("/inspect");
  await page.reload();
  await page.locator("#waiting .notice", { hasText: "anna 填写" }).waitFor();
  assert.equal((await one("inspections", "i-slow")).state, "found");
  await page.getByRole("button", { name: "以我的名义发送" }).click();
  await until("it is sent", async () => (await one("inspections", "i-slow")).state === "passed");
});

test("where the network takes everything and gives nothing the program opens all the same", options, async () => {
  screen.expected = /./;
  await stack.stop("carewatch");
  const sockets = new Set();
  const dead = createServer((socket) => sockets.add(socket.on("error", () => {})));
  await new Promise((done) => dead.listen(stack.httpPort, "127.0.0.1", done));
  await page.goto("about:blank");
  await screen.open("/inspect");
  await page.locator("#inspect").waitFor();
  await page.goto("about:blank");
  await new Promise((done) => (dead.close(done), sockets.forEach((socket) => socket.destroy())));
  await stack.daemon(null);
  screen.expected = null;
});

test("nobody puts an organisation on a list alone", options, async () => {
  const token = (label) =>
    execFileSync(carewatch, ["token", "add", "--role", "supervisor", "--label", label, "--store", join(stack.dir, "carewatch.db")]).toString().match(/\S{20,}/)[0];
  screen.expected = /401|409|ERR_CONNECTION_RE(FUSED|SET)|ERR_INCOMPLETE/;
  await stack.stop("carewatch");
  const [first, second] = [token("anna"), token("ben")];
  await stack.daemon(null, { "http.auth": "token" });
  const as = async (secret) => {
    const other = await screen.newPage(await screen.newContext());
    await screen.open("/oversight?tab=credit", other);
    await other.locator("#token").fill(secret);
    await other.keyboard.press("Enter");
    await other.locator("#credit").waitFor();
    return other;
  };
  const anna = await as(first);
  await anna.locator("#propose summary").click();
  await anna.locator("#propose [name=org]").fill("org-3");
  await anna.locator("#propose [name=list]").selectOption("abnormal");
  await anna.locator("#propose [name=evidence]").fill("letter 17");
  await anna.locator("#propose button").click();
  const row = (of) => of.locator("#credit tbody tr", { hasText: "邻里社会工作服务中心" });
  await row(anna).waitFor({ timeout: 30000 });
  assert.match(await row(anna).innerText(), /已提出[^]*等另一人批准[^]*letter 17[^]*anna/);
  await row(anna).locator("summary", { hasText: "批准" }).click();
  await row(anna).getByRole("button", { name: "提交" }).first().click();
  await row(anna).getByText(/未接受，情况已变/).waitFor();
  const ben = await as(second);
  await row(ben).locator("summary", { hasText: "批准" }).click();
  await row(ben).getByRole("button", { name: "提交" }).first().click();
  await row(ben).getByText("等组织答复").waitFor({ timeout: 30000 });
  assert.equal((await (await fetch(`${stack.url()}/public/v1/credit`)).json()).items.some((item) => item.org === "org-3"), false);
  screen.expected = null;
});

test("a list that is longer than one answer is counted whole", options, async () => {
  screen.expected = /401|ERR_CONNECTION_RE(FUSED|SET)|ERR_INCOMPLETE/;
  await stack.stop("carewatch");
  await stack.daemon(null, { "http.auth": "none" });
  const many = Array.from({ length: 210 }, (_, i) => `many-${i}`);
  const answer = await stack.post("/api/v1/import/organisations", { rows: many.map((org) => ({ org, name: org })) });
  assert.equal(answer.status, 200);
  const event = (org) => JSON.stringify({ id: `of-${org}`, type: "credit.listed", org, list: "red", evidence: "decision 13" });
  await stack.publishLines("care/v1/dept/desk/event", many.map(event));
  await until("they are listed", async () => (await stack.get("/api/v1/credit?list=red&limit=1000")).items.length === 211);
  await screen.open("/oversight?tab=credit");
  await page.reload(); // it was signed out
  await page.locator(".figures span", { hasText: /^红[^0-9]* 211$/ }).waitFor();
  screen.expected = null;
});

test("no request went to another host, nothing was blocked", options, () => screen.calm());
