// test_page_home.mjs - a facility's own page and the reports, in a real browser: what it has to
// answer, file and claim; charts, tables and CSV of the same numbers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { configuration, fill } from "./page_world.mjs";
import { options, Screen } from "./screen.mjs";
import { carewatch, until } from "./stack.mjs";

const screen = new Screen();
const { stack } = screen;
let page;

before(async () => {
  await screen.begin(configuration);
  page = screen.page;
  if (page) await fill(stack);
});
after(() => screen.end());

// Opens a form of a row, fills it and sends it.
async function say(form, values) {
  await page.locator(`[id="${form}"] summary`).click();
  for (const [name, value] of Object.entries(values)) await page.locator(`[id="${form}"] [name=${name}]`).fill(value);
  await page.locator(`[id="${form}"] button`).click();
}

test("a facility sees what is not heard, what is open, what it has to answer", options, async () => {
  await screen.open("/home/inst-1");
  await page.locator("#own-findings tbody tr", { hasText: "夜间巡查记录不全" }).waitFor();
  await page.locator("#own-silent tbody tr").first().waitFor();
  assert.match(await page.locator("#own-data").innerText(), /\d+ \/ 28 台设备有数据/);
  assert.match(await page.locator("#own-alarms").innerText(), /血氧过低/);
  assert.match(await page.locator("#own-duties").innerText(), /信息公开[^]*2026-Q3[^]*已提交/);
  assert.match(await page.locator("#own-complaints").innerText(), /c-1/);
});

test("its own cases are there also behind hundreds of others", options, async () => {
  const event = (id, more) => JSON.stringify({ id, ts: Date.now(), org: "org-2", ...more });
  const lines = Array.from({ length: 210 }, (_, i) => event(`many-${i}`, { type: "inspection.planned", inspection: `many-${i}` }));
  lines.push(event("late-p", { type: "inspection.planned", inspection: "i-late", org: "org-1", site: "inst-1" }));
  lines.push(event("late-f", { type: "inspection.finding", inspection: "i-late", org: "org-1", site: "inst-1", clause: "x", severity: "minor", text: "窗锁松动", evidence: ["a"] }));
  await stack.publishLines("care/v1/dept/gw/event", lines);
  await until("it is found", async () => (await stack.get("/api/v1/inspections?site=inst-1")).items.some((one) => one.id === "i-late" && one.state === "found"));
  await screen.open("/home/inst-1");
  await page.locator("#own-findings tbody tr", { hasText: "窗锁松动" }).waitFor();
  assert.equal(await page.locator("#own-findings tbody tr", { hasText: "many-" }).count(), 0);
});

test("a facility sees what of its own messages was refused, and why", options, async () => {
  stack.publish("care/v1/inst-1/mat-9/telemetry", '{"hr":');
  stack.publish("care/v1/inst-1/desk/event", { id: "no-1", ts: Date.now(), type: "visit.settled", visit: "v-1", amount_fen: 1 });
  stack.publish("care/v1/inst-2/mat-1/telemetry", "{broken");
  await until("they are refused", async () => (await stack.get("/api/v1/sites/inst-1/refused")).n === 2);
  await screen.open("/home");
  await screen.open("/home/inst-1");
  const refused = page.locator("#own-refused");
  await refused.getByText("格式错误 1").waitFor();
  await refused.locator("tbody tr", { hasText: "care/v1/inst-1/desk/event" }).getByText("无权发送").waitFor();
  await refused.locator("tbody tr", { hasText: "care/v1/inst-1/mat-9/telemetry" }).waitFor();
  assert.doesNotMatch(await refused.innerText(), /inst-2/);
  await screen.shot("home-refused");
});

test("it answers a finding and says that it is put right", options, async () => {
  await say("rectified-i-2", { evidence: "photo 9" });
  await until("it is claimed", async () => (await stack.get("/api/v1/inspections/i-2")).state === "rectified");
});

test("who is on a list objects in its own words, and they stay beside it", options, async () => {
  await screen.open("/home/inst-2");
  await page.locator("#own-notices tbody tr", { hasText: "活动异常名录" }).waitFor();
  await say("objection-org-2.abnormal", { text: "年报已补交", evidence: "receipt 4" });
  const entry = async () => (await stack.get("/api/v1/credit?org=org-2")).items.find((one) => one.list === "abnormal");
  await until("it is on record", async () => (await entry()).objection === "年报已补交");
  assert.equal((await entry()).state, "listed");
  await page.locator("#own-notices td", { hasText: "年报已补交" }).waitFor();
});

test("it claims what it did, and sees at once what is too much", options, async () => {
  await screen.open("/home/st-1");
  await page.locator("#own-claims tbody tr", { hasText: "居家助浴" }).waitFor();
  await say("claim-p-1", { period: "2026-12", persons: "1", amount_fen: "675.44" });
  await until("it is claimed", async () => (await stack.get("/api/v1/projects/p-1")).claimed_amount_fen === 270176);
  await page.locator("#own-claims b", { hasText: "1,350.88" }).waitFor({ timeout: 30000 });
});

test("a report is a chart, a table and the same numbers as CSV", options, async () => {
  await screen.open("/reports");
  await page.locator("#report tbody tr", { hasText: "莲桂" }).waitFor();
  await page.locator("#chart .bars li").first().waitFor();
  assert.match(await page.locator("#report").innerText(), /— \(n=0\)/);
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#csv").click()]);
  const lines = readFileSync(await file.path(), "utf8").replace(/^\ufeff/, "").trim().split("\r\n");
  const [row] = (await stack.get("/api/v1/reports/visits")).items;
  assert.deepEqual(lines[0].split(","), Object.keys(row));
  assert.equal(lines[1].split(",")[1], String(row.planned));
  assert.match(file.suggestedFilename(), /^visits-\d{4}-\d\d-/);
});

test("every report opens, its choices stand in the address", options, async () => {
  for (const kind of ["response", "load", "monthly_visits", "sessions", "projects", "duties"]) {
    await page.locator("#kind").selectOption(kind);
    await page.waitForURL(new RegExp(`kind=${kind}`));
    await page.locator("#report tbody tr").first().waitFor();
    const heads = await page.locator("#report th").allInnerTexts();
    assert.ok(heads.every((head) => head && !/^[a-z_.]+$/.test(head)), heads.join());
  }
  await screen.open("/reports?kind=visits&by=month&m=verified");
  await page.locator("#chart figcaption", { hasText: "核验" }).waitFor();
});

test("who owes a duty is called by name", options, async () => {
  for (const [kind, name] of [["duties", "年度工作报告"], ["projects", "民政局"]]) {
    await screen.open(`/reports?kind=${kind}`);
    await page.locator("#report tbody tr", { hasText: name }).first().waitFor();
    const shown = () => page.locator("#report tbody").innerText();
    await until(`${kind} have names`, async () => ((text) => text.includes(name) && !/\b(org|inst|st)-\d|annual_report|\bdept\b/.test(text))(await shown()));
  }
});

test("nothing of them is inaccessible", options, () =>
  screen.accessible(["/home", "/home/inst-1", "/home/st-1", "/reports", "/reports?kind=response", "/reports?kind=sessions"]));

test("a facility's token opens its own page, and no other", options, async () => {
  const token = execFileSync(carewatch, ["token", "add", "--role", "facility", "--site", "inst-1", "--store", join(stack.dir, "carewatch.db")]).toString().match(/\S{20,}/)[0];
  screen.expected = /401|404|ERR_CONNECTION_RE(FUSED|SET)|ERR_INCOMPLETE/; // the open page asks on
  await stack.stop("carewatch");
  await stack.daemon(null, { "http.auth": "token" });
  const other = await screen.newPage(await screen.newContext());
  await screen.open("/", other);
  await other.locator("#token").fill(token);
  await other.keyboard.press("Enter");
  await other.locator("#home h2", { hasText: "福寿养老院" }).waitFor();
  await other.locator("#own-findings").waitFor();
  await other.locator("#own-duties", { hasText: "2026-Q3" }).waitFor(); // those of who runs it, too
  assert.doesNotMatch(await other.locator("#home").innerText(), /安康|费用不清|疏散通道/);
  await screen.open("/home/inst-2", other);
  await other.getByText("没有找到，或您无权查看。").waitFor();
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const object = async (id) => (await fetch(`${stack.url()}/api/v1/credit/${id}/objection`, { method: "POST", headers, body: '{"text":"不属实"}' })).status;
  assert.deepEqual([await object("org-1.red"), await object("org-2.abnormal")], [200, 404], "its own organisation's, no other's");
  const refused = async (site) => (await fetch(`${stack.url()}/api/v1/sites/${site}/refused`, { headers })).status;
  assert.deepEqual([await refused("inst-1"), await refused("inst-2")], [200, 404]);
  const staffing = async (site) => (await fetch(`${stack.url()}/api/v1/sites/${site}/staffing`, { headers })).status;
  assert.deepEqual([await staffing("inst-1"), await staffing("inst-2")], [200, 404]);
});

test("no request went to another host, nothing was blocked", options, () => screen.calm());
