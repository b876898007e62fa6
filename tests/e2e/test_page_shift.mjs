// test_page_shift.mjs - what surrounds a shift: the hand-over sheet, help on every page, a page
// that is opened while the daemon is down.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { options, Screen } from "./screen.mjs";
import { rules, until } from "./stack.mjs";

const sites = `sites = ( { site = "s-0"; kind = "institution"; name = "福寿院"; }, { site = "s-9"; kind = "home"; name = "未见"; } );`;
const duty = `channels = ( { name = "desk"; notifier = "exec"; program = "/bin/true"; } );
rosters = ( { name = "night"; members = [ "li" ]; channel = [ "desk" ]; }, { name = "heads"; members = [ "wang" ]; channel = [ "desk" ]; } );
escalations = ( { name = "high"; priority = "high"; repeat = "1h"; steps = [ "1h roster:night", "2h roster:heads" ]; } );`;
const screen = new Screen();
const { stack } = screen;
let page;

before(async () => {
  await screen.begin(sites + rules + duty);
  page = screen.page;
  if (!page) return;
  stack.publish("care/v1/s-0/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
  await until("the alarm", async () => (await stack.alarms()).length === 1);
  await screen.open("/handover");
});
after(() => screen.end());

test("the sheet lists what is open and what nobody sees, and has room for two names", options, async () => {
  const sheet = page.locator("#handover");
  await sheet.locator("section", { hasText: "其余未关闭 1" }).locator("tr", { hasText: "福寿院 · bed-1" }).waitFor();
  await sheet.locator("section", { hasText: "看不到的站点" }).locator("tr", { hasText: "未见" }).waitFor();
  assert.match(await sheet.locator(".signatures").innerText(), /交班人：local[^]*接班人/);
  // Paper is found again after days: it bears its day.
  assert.match(await sheet.locator("h2").first().innerText(), /截至 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
  assert.doesNotMatch((await sheet.locator("th").allInnerTexts()).join(" "), /[a-z]{3}/, "a heading without a word");
  await screen.shot("handover");
});

test("printed, it is black on white and nothing else is on the paper", options, async () => {
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("header").isVisible(), false);
  assert.equal(await page.getByRole("button", { name: "打印" }).isVisible(), false);
  const colour = await page.locator("#handover").evaluate((one) => getComputedStyle(one).color);
  assert.equal(colour, "rgb(0, 0, 0)");
  const pdf = await page.pdf({ format: "A4" });
  assert.ok(pdf.length > 5000);
  await screen.shot("handover-print");
  await page.emulateMedia({ media: "screen" });
});

// Opens a form, fills it and waits until what came of it is in the table above.
async function says(form, fields, section, expected) {
  const box = page.locator(`#${form}`);
  await box.locator("summary").click();
  for (const [name, value] of Object.entries(fields)) {
    const field = box.locator(`[name="${name}"]`);
    if ((await field.evaluate((one) => one.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  await box.locator("button", { hasText: "提交" }).click();
  await box.getByText("已接受").waitFor();
  await page.locator(`#${section} tbody tr`, { hasText: expected }).waitFor();
}

test("it says who is on duty; a supervisor lets somebody stand in and sets a number", options, async () => {
  await page.locator("#duty tbody tr", { hasText: "night" }).filter({ hasText: "li" }).waitFor();
  await says("stand-in", { roster: "night", person: "wang", for: "8h", note: "病假" }, "duty", /night[^]*wang[^]*–/);
  await until("he is on duty", async () => (await stack.get("/api/v1/rosters")).items.find((one) => one.roster === "night").on_duty === "wang");
  await says("contact", { person: "wang", phone: "+86 13800001111" }, "duty", "heads");
  assert.equal((await stack.get("/api/v1/duty/wang/contact")).contact.phone, "+86 13800001111");
});

test("what is silenced and maintained stands on it, and ends there", options, async () => {
  await says("silence", { rule: "battery-low", site: "s-0", for: "4h", note: "已知" }, "silences", "rule=battery-low · site=s-0");
  await says("maintain", { site: "s-9", for: "1h", note: "换网关" }, "maintenance", "未见");
  await screen.shot("handover-standing");
  for (const [id, path] of [["silences", "silences"], ["maintenance", "maintenance"]]) {
    await page.locator(`#${id} tbody button`).click();
    await page.locator(`#${id} tbody tr`).waitFor({ state: "detached" });
    assert.deepEqual((await stack.get(`/api/v1/${path}`)).items, []);
  }
});

test("an alarm that waits says whom its next step tells", options, async () => {
  const [alarm] = await stack.alarms();
  await screen.open(`/alarms?id=${alarm.id}`);
  await page.locator("#next-told", { hasText: /\d\d:\d\d[^]*desk → (li|wang)/ }).waitFor();
  await stack.post(`/api/v1/alarms/${alarm.id}/escalate`);
  await page.locator("#detail .timeline", { hasText: /升级链 high 第 1 步: (li|wang)/ }).waitFor();
});

test("every page of the menu says by ? what it is for", options, async () => {
  const hashes = await page.locator("nav a").evaluateAll((all) => all.map((one) => one.getAttribute("href").slice(1)));
  assert.ok(hashes.length >= 5, String(hashes));
  for (const hash of hashes) {
    await screen.open(hash);
    await page.locator("#help-button").click();
    const help = page.locator("#help[open]");
    await help.waitFor();
    await until(`${hash} explains itself`, async () => (await help.locator("p").first().innerText()).length > 15);
    assert.doesNotMatch(await help.innerText(), /\bhelp[A-Z]/, `${hash}: a key without a word`);
    await page.keyboard.press("Escape");
  }
});

test("nothing of it is inaccessible", options, () => screen.accessible(["/handover"]));

test("installed, it opens while the daemon is down, and says that it has no data", options, async () => {
  const context = await screen.newContext({ serviceWorkers: "allow" });
  screen.expected = /ERR_|Failed to load|503/;
  const phone = await screen.newPage(context);
  await screen.open("/alarms", phone);
  await phone.locator("#alarms tbody tr").waitFor();
  await phone.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await until("the pages are kept", () =>
    phone.evaluate(async () => {
      const [name] = await caches.keys();
      return name && (await (await caches.open(name)).keys()).length > 5;
    }),
  );
  const kept = await phone.evaluate(async () => {
    const [name] = await caches.keys();
    return (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname);
  });
  assert.ok(!kept.some((path) => /^.(api|public.v1)|geojson/.test(path)), `no data: ${kept}`);
  await stack.stop("carewatch", "SIGKILL");
  await phone.reload();
  await phone.locator("#stale").waitFor({ timeout: 15000 });
  assert.equal(await phone.locator("#alarms tbody tr").count(), 0, "nothing old is shown as live");
  await screen.shot("offline", phone);
  await stack.daemon(null);
  await phone.locator("#alarms tbody tr").waitFor({ timeout: 30000 });
});

test("no request went to another host, nothing was blocked", options, () => screen.calm());
