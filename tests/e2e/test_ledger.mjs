// test_ledger.mjs - the registry at a city's scale, and a project's numbers: live, after a kill,
// and from the journal alone they are the same.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { carewatch, have, rules, Stack, until } from "./stack.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const ORGANISATIONS = 10921;
const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY";

// GB 32100-2015: the eighteenth is the check digit of the others.
function unifiedCode(n) {
  const body = `52510100${String(n).padStart(9, "0")}`;
  let sum = 0;
  for (let i = 0, weight = 1; i < 17; i++, weight = (weight * 3) % 31) sum += letters.indexOf(body[i]) * weight;
  return body + letters[(31 - (sum % 31)) % 31];
}

function run(stack, args) {
  return spawnSync(carewatch, args, { encoding: "utf8", maxBuffer: 1 << 28, env: { ...process.env, CAREWATCH_URL: stack.url() } });
}

test("a city's organisations are imported in one go, wrong rows named", options, async () => {
  const stack = new Stack();
  try {
    await stack.broker();
    await stack.daemon(rules);
    const rows = ["org,name,type,unified_code,district"];
    for (let i = 0; i < ORGANISATIONS; i++) rows.push(`org-${i},组织${i},民非,${unifiedCode(i)},d-${i % 22}`);
    const file = join(stack.dir, "organisations.csv");
    writeFileSync(file, rows.join("\n"));
    const dry = run(stack, ["import", "organisations", file]);
    assert.equal(dry.status, 0, dry.stderr);
    assert.match(dry.stderr, new RegExp(`${ORGANISATIONS} new, .* nothing was changed`));
    assert.equal((await stack.get("/api/v1/organisations?limit=1")).items.length, 0);
    const from = Date.now();
    const done = run(stack, ["import", "organisations", file, "--apply"]);
    console.log(`# ${ORGANISATIONS} organisations in ${Date.now() - from} ms`);
    assert.equal(done.status, 0, done.stderr);
    writeFileSync(file, rows.slice(0, 2).join("\n") + `\norg-x,X,民非,${unifiedCode(7).slice(0, 17)}?,d\n`);
    const wrong = run(stack, ["import", "organisations", file, "--apply"]);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stdout, /^line 3: org-x refused: /m);
    await stack.stop("carewatch", "SIGKILL");
    await stack.daemon();
    assert.equal((await stack.get(`/api/v1/organisations/org-${ORGANISATIONS - 1}`)).district, `d-${(ORGANISATIONS - 1) % 22}`);
  } finally {
    await stack.end();
  }
});

test("a project's numbers are the same live, after a kill and in a replay", options, async () => {
  const stack = new Stack();
  let n = 0;
  const event = (site, type, members) =>
    stack.publish(`care/v1/${site}/gw/event`, { id: `e${++n}`, ts: Date.now(), type, ...members });
  try {
    await stack.broker();
    await stack.daemon(`${rules}\nsites = ( { site = "dept"; kind = "department"; }, { site = "st-1"; kind = "station.social_work"; district = "d-1"; } );`);
    event("dept", "project.contract", { project: "p1", org: "st-1", purchaser: "dept", source: "fiscal", target_persons: 100, unit_fen: 67544, budget_fen: 6754400 });
    const start = Date.now() - 40 * 3_600_000;
    for (let i = 0; i < 10; i++) {
      const at = start + i * 2 * 3_600_000;
      event("st-1", "visit.planned", { visit: `v${i}`, service: "bath", recipient: `r-${i}`, worker: "w-1", project: "p1", start: at, end: at + 3_600_000 });
      if (i >= 7) continue;
      event("st-1", "visit.checkin", { visit: `v${i}`, worker: "w-1", method: "nfc", ts: at });
      event("st-1", "visit.checkout", { visit: `v${i}`, worker: "w-1", ts: at + 3_600_000 });
    }
    event("st-1", "project.claim", { project: "p1", persons: 10, amount_fen: 675440, period: "2026-01" });
    const project = await until("the claim is there", async () => {
      const one = await stack.get("/api/v1/projects/p1");
      return one.claimed_persons === 10 && one.verified_persons === 7 && one;
    });
    assert.equal(project.verified_amount_fen, 472808);
    assert.equal(project.excess_fen, 202632);
    const alarms = (await stack.alarms()).filter((alarm) => alarm.category === "compliance");
    assert.deepEqual(alarms.map((alarm) => [alarm.rule, alarm.value]), [["project-over-claim", 2026.32]]);
    const reports = ["visits?by=project", "visits?by=month", "projects"];
    const ask = () => Promise.all(reports.map(async (name) => (await stack.get(`/api/v1/reports/${name}`)).items));
    const live = await ask();
    await stack.stop("carewatch", "SIGKILL");
    await stack.daemon();
    assert.deepEqual(await ask(), live);
    await stack.stop("carewatch");
    const replayed = ["visits:project", "visits:month", "projects"].map((name) =>
      JSON.parse(run(stack, ["replay", "--report", name, join(stack.dir, "journal")]).stdout).items);
    // A replay ends with the last record; what depends on the moment is left out.
    const still = (items) => items.map(({ forecast_persons, target_reached_at, forecast_excess_fen, forecast_excess_persons, over_claim_at, ...rest }) => rest);
    assert.deepEqual(replayed.map(still), live.map(still));
  } finally {
    await stack.end();
  }
});

test("every number of every report: live, after a kill, and from the journal alone", options, async () => {
  const stack = new Stack();
  const reports = ["visits:site", "visits:district", "visits:org", "visits:project", "visits:month", "monthly_visits:",
    "sessions:site", "sessions:district", "sessions:org", "sessions:month", "projects:", "duties:"];
  try {
    await stack.broker();
    // Two months of a bureau, as a journal that the daemon starts from.
    const start = Date.now() - 60 * 86_400_000;
    const past = run(stack, ["sim", "--bureau", "-o", "ndjson", "--start-ms", `${start}`, "--for", "60d", "--stations", "6",
      "--institutions", "4", "--organisations", "20", "--projects", "8", "--stats", join(stack.dir, "stats.json")]);
    assert.equal(past.status, 0, past.stderr);
    const filled = spawnSync(carewatch, ["journal", "fill", join(stack.dir, "journal"), "-"], { input: past.stdout, encoding: "utf8" });
    assert.match(filled.stdout, /^\d{4,} records$/m);
    await stack.daemon(rules);
    const path = (report) => {
      const [name, by] = report.split(":");
      return `/api/v1/reports/${name}${by ? `?by=${by}` : ""}`;
    };
    // What depends on the moment is left out.
    const still = (items) => items.map(({ forecast_persons, target_reached_at, forecast_excess_fen, forecast_excess_persons, over_claim_at, ...rest }) => rest);
    const ask = async () => Object.fromEntries(await Promise.all(
      reports.map(async (report) => [report, still((await stack.get(path(report))).items)])));
    const live = await ask();
    for (const report of reports) assert.ok(live[report].length > 0, `${report} has rows`);
    assert.ok(live["visits:month"].reduce((sum, row) => sum + row.verified, 0) > 500);
    assert.equal(live["sessions:month"].reduce((sum, row) => sum + row.beneficiaries, 0),
      live["sessions:site"].reduce((sum, row) => sum + row.beneficiaries, 0));
    await stack.stop("carewatch", "SIGKILL");
    await stack.daemon();
    assert.deepEqual(await ask(), live);
    await stack.stop("carewatch");
    for (const report of reports) {
      const name = report.replace(/:$/, "");
      const replayed = run(stack, ["replay", "--report", name, join(stack.dir, "journal")]);
      assert.equal(replayed.status, 0, replayed.stderr);
      assert.deepEqual(still(JSON.parse(replayed.stdout).items), live[report], report);
    }
  } finally {
    await stack.end();
  }
});
