// test_page_texts.mjs - words that mean harm, wherever somebody may write: names, addresses,
// findings, replies, decisions, contracts, reasons. They are text on every page, at every width.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { configuration, fill } from "./page_world.mjs";
import { options, Screen } from "./screen.mjs";
import { until } from "./stack.mjs";

const image = "<img src=x onerror=alert(1)>";
const naughty = [
  image,
  "'\"><script>alert(1)</script>",
  "javascript:alert(1)",
  "{{constructor.constructor('alert(1)')()}}",
  "\u202etxt.exe\u202c",
  "Z̸̡̛a̵l̷g̴o̶",
  "👨‍👩‍👧‍👦‍🏠".repeat(3),
  "很长的名字没有空格".repeat(6),
  "averylongwordwithoutanyspaceinit".repeat(3),
  "%00%0d%0aSet-Cookie: a=b",
  "constructor",
  "</textarea><svg onload=alert(1)>",
];
let last = 0;
// The next one, so that each place gets another; cut to the bytes that the place takes.
function text(most = 120) {
  const letters = [...naughty[last++ % naughty.length]];
  while (Buffer.byteLength(letters.join("")) > most) letters.pop();
  return letters.join("");
}
const list = () => [text(60), image];

const screen = new Screen();
const { stack } = screen;
let page;
const put = (path, body) =>
  fetch(stack.url() + path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

async function register() {
  const rows = {
    organisations: [{ org: "org-n", name: image, type: "private_nonprofit", district: "510104", department: text(), registrar: text(), field: text(), address: text() }],
    sites: [{ site: "inst-1", operators: ["org-n", "org-1"], name: text(60), address: text(), hours: text(60), grade: text(10), beds: 24, occupied: 19, price_fen: 1 }],
  };
  for (const [kind, some] of Object.entries(rows)) {
    const answer = await (await stack.post(`/api/v1/import/${kind}`, { rows: some })).json();
    assert.ok(!JSON.stringify(answer).includes('"refused":1'), JSON.stringify(answer));
  }
  const named = await put("/api/v1/residents/r-1/name?site=inst-1", { name: text(40), phone: "+86 1", contacts: [{ name: text(40), relation: text(20) }] });
  assert.ok(named.ok, await named.text());
}

const cases = (now) => {
  const org = { org: "org-n" };
  return {
    dept: [
      { type: "project.contract", project: "p-n", ...org, site: "st-1", name: image, purchaser: "toString", source: "fiscal", target_persons: 9, unit_fen: 100, budget_fen: 900, start: now - 864e5, end: now + 864e6 },
      { type: "project.evaluated", project: "p-n", evaluation: text() },
      { type: "inspection.planned", inspection: "i-n", ...org, site: "inst-1", campaign: "c-n", domain: "safety", inspectors: ["a-1", "a-2"] },
      { type: "inspection.finding", inspection: "i-n", ...org, site: "inst-1", clause: text(), severity: text(20), text: image, evidence: list(), due: now + 864e5, by: "constructor", reason: text() },
      { type: "evaluation.scored", ...org, site: "inst-1", scheme: "gbt37276", sections: { environment: 110, facilities: 118, operation: 130, service: 540 }, grade: "4", published: now - 864e5, panel: ["e-1", "e-2", "e-3"], evidence: list() },
      { type: "duty.result", ...org, duty: "annual_report", period: "2025", result: "failed", evidence: list() },
      { type: "credit.listed", ...org, site: "inst-1", list: "black", decision: text(60), authority: text(), clause: image, from: now - 864e5, evidence: list(), text: text() },
      { type: "complaint.filed", complaint: "c-n", about: "inst-1", channel: "family", due: now + 864e5, text: text() },
      { type: "campaign.planned", campaign: "c-n", title: image, domain: "safety", count: 1, pool: ["a-1", "a-2"], district: "510104" },
    ],
    "inst-1": [
      { type: "inspection.reply", inspection: "i-n", text: text() },
      { type: "complaint.replied", complaint: "c-n", text: image, by: "constructor" },
      { type: "incident.reported", kind: text(30), text: text() },
    ],
    "st-1": [
      { type: "project.milestone", project: "p-n", milestone: text(), persons: 1, amount_fen: 100, period: "2026-11" },
      { type: "visit.planned", visit: "v-n", service: "constructor", worker: "w-1", recipient: "__proto__", start: now - 36e5, end: now - 18e5, ts: now - 72e5 },
      { type: "visit.assigned", visit: "v-n", worker: "w-2", by: "constructor", reason: image },
      { type: "visit.assigned", visit: "v-n", worker: "w-3", by: "constructor", reason: text() },
    ],
  };
};

before(async () => {
  await screen.begin(configuration, { "http.command_rate": "none" });
  page = screen.page;
  if (!page) return;
  await fill(stack);
  await register();
  const now = Date.now();
  let n = 0;
  for (const [site, events] of Object.entries(cases(now)))
    await stack.publishLines(`care/v1/${site}/gw/event`, events.map((event) => JSON.stringify({ id: `n${++n}`, ts: now, ...event })));
  await stack.post("/api/v1/residents/r-1/limits?site=inst-1", { metric: "hr", high: 120, note: image });
  await stack.post("/api/v1/alarms", { site: "inst-1", resident: "r-1", priority: "low", text: { zh: image, en: image }, note: text() });
  await until("the last is there", async () => (await stack.get("/api/v1/visits")).items.some((one) => one.visit === "v-n" && one.worker === "w-3"));
  assert.deepEqual((await stack.get("/api/v1/quarantine")).items.map(({ error }) => error), []);
});
after(() => screen.end());

const day = new Date(Date.now() - 36e5).toLocaleDateString("sv");
const pages = [
  "/sites", "/home", "/home/inst-1", "/home/st-1", "/project/p-n", "/inspection/i-n", "/evaluation/org-n.gbt37276", "/org/org-n", "/inspect", "/inspect?of=i-n",
  "/resident/r-1?site=inst-1", "/resident/__proto__?site=st-1", "/device/mat-1-01?site=inst-1", "/reports?kind=projects", "/reports?kind=duties",
  ...["beds", "devices", "service", "residents", "oversight", "lists", "history"].map((tab) => `/site/inst-1?tab=${tab}`),
  ...["inspections", "inspections&as=calendar", "campaigns", "evaluations", "duties", "credit", "complaints"].map((tab) => `/oversight?tab=${tab}`),
  ...["stations", "projects", "monthly"].map((tab) => `/visits?tab=${tab}`), `/visits?day=${day}`, `/visits?day=${day}&as=list`, `/visits?day=${day}&visit=st-1/v-n`,
];
// Pages that show the image's words themselves.
const said = /^\/(home\/|project|inspection|org\/|resident\/r|site\/.*lists|oversight.*(inspections$|campaigns|duties|credit|complaints)|visits.*(projects|visit=))/;

test("on every page they are text, and none is too wide for a telephone", options, async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  for (const hash of pages) {
    await screen.open(hash);
    await until(`${hash} is there`, async () => (await page.locator("main").innerText()).length > 20);
    if (said.test(hash)) await until(`${hash} says it`, async () => (await page.locator("main").innerText()).includes(image));
    assert.equal(await page.locator("main img:not(.photo), main script, main svg[onload]").count(), 0, hash);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${hash} is ${wide} px too wide`);
  }
  await screen.shot("texts-390");
});

test("also where a person is named, and where anybody looks", options, async () => {
  await screen.open("/resident/r-1?site=inst-1");
  await page.getByRole("button", { name: "显示姓名" }).click();
  await until("the name is there", async () => /\+86 1/.test(await page.locator("#resident, main").first().innerText()));
  assert.equal(await page.locator("main img, main script").count(), 0);
  for (const hash of ["", "#show=lists"]) {
    await page.goto(`${stack.url()}/public${hash}`);
    await page.locator(hash ? "main dl" : "#place-inst-1").first().waitFor();
    assert.equal(await page.locator("main img, main script").count(), 0);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `public${hash}`);
  }
  await until("the list says it", async () => (await page.locator("main").innerText()).includes(image));
});

test("no dialog, no report of the policy, no request to another host", options, () => screen.calm());
