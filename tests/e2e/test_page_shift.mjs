// test_page_shift.mjs - what surrounds a shift: the hand-over sheet, help on every page, a page
// that is opened while the daemon is down.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { options, Screen } from "./screen.mjs";
import { rules, until } from "./stack.mjs";

const sites = `sites = ( { site = "s-0"; kind = "institution"; name = "福寿院"; }, { site = "s-9"; kind = "home"; name = "未见"; } );`;
const screen = new Screen();
const { stack } = screen;
let page;

before(async () => {
  await screen.begin(sites + rules);
  page = screen.page;
  if (!page) return;
  stack.publish("care/v1/s-0/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
  await until("the alarm", async () => (await stack.alarms()).length === 1);
  await screen.open("/handover");
});
after(() => screen.end());

test("the sheet lists what is open and what nobody sees, and has room for two names", options, async () => {
  const sheet = page.locator("#handover");
  await sheet.locator("section", { hasText: "处理中 1" }).locator("tr", { hasText: "福寿院 · bed-1" }).waitFor();
  await sheet.locator("section", { hasText: "看不到的站点" }).locator("tr", { hasText: "未见" }).waitFor();
  assert.match(await sheet.locator(".signatures").innerText(), /交班人：local[^]*接班人/);
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
