// page_world.mjs - a small city for the pages' tests: one of everything that a page shows, and
// of every state that has to look different.
import { readFileSync } from "node:fs";
import { rules, until } from "./stack.mjs";

const MINUTE = 60_000;
const DAY = 86_400_000;
const iso = (ms) => new Date(ms).toISOString();

// A visit is late, then missed, without a long wait.
const hasty = `,
  { name = "visit-late"; detector = "visit"; condition = "late"; after = "1s"; priority = "low"; },
  { name = "visit-missed"; detector = "visit"; condition = "missed"; after = "1s"; priority = "medium"; } );`;

// What ships is what is tested.
const oversight = readFileSync(new URL("../../conf/oversight.conf", import.meta.url), "utf8");
const checklist = oversight.slice(oversight.indexOf("checklist = ("));

export const configuration = `${rules.replace(/ \);\s*$/, hasty)}
${checklist}
oversight: { residents_per_carer = 6; night_patrols = 2; };
sites = (
  { site = "dept"; kind = "department"; district = "510104"; name = "民政局"; },
  { site = "org-1"; kind = "organisation"; district = "510104"; name = "福寿养老服务中心"; },
  { site = "inst-1"; kind = "institution"; district = "510104"; name = "福寿养老院"; lat = 30.66; lon = 104.08; },
  { site = "inst-2"; kind = "institution"; district = "510107"; name = "安康护理院"; lat = 30.64; lon = 104.04; },
  { site = "st-1"; kind = "station.social_work"; district = "510104"; name = "莲桂社区站点"; lat = 30.65; lon = 104.10; },
  { site = "home-1"; kind = "home"; district = "510104"; }
);`;

const registrations = {
  organisations: [
    { org: "org-1", name: "福寿养老服务中心", type: "private_nonprofit", district: "510104", department: "民政局" },
    { org: "org-2", name: "安康护理有限公司", type: "enterprise", district: "510107" },
    { org: "org-3", name: "邻里社会工作服务中心", type: "private_nonprofit", district: "510104" },
  ],
  sites: [
    {
      site: "inst-1", operators: ["org-1"], address: "锦江区莲桂南路 1 号", beds: 24, occupied: 19, occupied_at: iso(Date.now() - 40 * MINUTE),
      price_fen: 268000, care_levels: ["assist", "care"], subsidised: true, grade: "4", services: ["meal", "bath", "rehab"], hours: "00:00-24:00", opened: "2012-05-01",
      certificates: { fire: "2027-03-01", food: "2026-10-01" },
    },
    { site: "inst-2", operators: ["org-2"], beds: 60, occupied: 60, occupied_at: iso(Date.now() - 26 * 60 * MINUTE), price_fen: 420000, grade: "2", services: ["meal", "medical"] },
    { site: "st-1", operators: ["org-3"], services: ["meal", "consult", "activity"], hours: "mon-sat 09:00-17:00; sun 10:00-12:00", capacity: 40 },
  ],
};

function people() {
  const beds = [], residents = [], staff = [];
  for (let i = 1; i <= 24; i++) {
    const bed = `${Math.ceil(i / 8)}-${String(((i - 1) % 8) + 1).padStart(2, "0")}`;
    const taken = i <= 19;
    beds.push({
      bed, site: "inst-1", building: "A", floor: `${Math.ceil(i / 8)}`, room: bed, status: taken ? "occupied" : i === 24 ? "closed" : "free",
      ...(taken && { resident: `r-${i}` }),
    });
    if (taken) {
      residents.push({
        resident: `r-${i}`, site: "inst-1", bed, ability: ["mild", "moderate", "severe"][i % 3], care_level: ["assist", "care", "special"][i % 3],
        status: i === 7 ? "away" : "present", admitted: "2025-03-01", category: i % 4 === 0 ? ["living_alone"] : [], community: i % 2 ? "c-1" : "c-2",
      });
    }
  }
  for (const [id, role] of [["w-1", "carer"], ["w-2", "carer"], ["w-3", "carer"], ["n-1", "nurse"], ["d-1", "on_duty"]]) staff.push({ staff: id, site: "inst-1", role });
  return { beds, residents, staff };
}

function roster(all) {
  const devices = [{ device: "gw", kind: "gateway", class: "5h" }];
  for (const { bed, resident } of all.beds.filter((one) => one.resident)) {
    devices.push({ device: `mat-${bed}`, kind: "bed_mat", bed, resident, class: "180s" });
    if (bed.startsWith("1-")) devices.push({ device: `band-${bed}`, kind: "wristband", bed, resident, class: "180s" });
  }
  return {
    devices,
    residents: all.residents.map(({ site, ...one }) => one),
    staff: all.staff.map(({ site, ...one }) => one),
  };
}

// Half an hour of one bed with a hole in it, and a low oxygen saturation now.
function readings(now) {
  const band = [], mat = [];
  for (let i = 60; i >= 1; i--) {
    const ts = now - i * 30_000;
    if (i > 24 && i < 34) continue;
    mat.push({ ts, hr: 70 + Math.round(8 * Math.sin(i / 5)), resp: 15 + (i % 3), in_bed: i % 20 > 2 });
    band.push({ ts, hr: 72 + (i % 4), spo2: i < 4 ? 85 : 96 - (i % 2), temp: 36.6, battery: 80, rssi: -61 });
  }
  return { band, mat };
}

function visits(now) {
  const at = (minutes) => now + minutes * MINUTE;
  const say = [];
  const visit = (n, service, worker, from, to, { site, project, ...more } = {}) =>
    say.push({ type: "visit.planned", visit: `v-${n}`, service, worker, recipient: `r-${n}`, start: at(from), end: at(to), ts: at(from) - 2 * 60 * MINUTE, ...(project && { project }), ...more });
  const walk = (n, worker, from, to, method = "nfc") => {
    say.push({ type: "visit.checkin", visit: `v-${n}`, worker, method, ts: at(from) });
    if (to !== null) say.push({ type: "visit.checkout", visit: `v-${n}`, worker, ts: at(to) });
  };
  visit(1, "bath", "w-1", -180, -120, { project: "p-1" });
  walk(1, "w-1", -179, -121);
  visit(2, "meal", "w-1", -110, -80, { project: "p-1" });
  walk(2, "w-1", -85, -60);
  visit(3, "clean", "w-2", -170, -110);
  visit(4, "visit", "w-2", -100, -40, { project: "p-1" });
  walk(4, "w-2", -99, -90);
  visit(5, "rehab", "w-3", -60, 30);
  walk(5, "w-3", -58, null);
  visit(6, "medical", "w-3", 60, 120);
  visit(7, "escort", "w-1", 40, 100);
  visit(8, "meal", "w-2", -30, 10);
  walk(8, "w-2", -31, null, "manual");
  visit(9, "bath", "w-1", -150, -130);
  walk(9, "w-1", -149, -131, "qr");
  return say;
}

const cases = (now) => ({
  dept: [
    { type: "project.contract", project: "p-1", org: "org-3", name: "居家助浴", purchaser: "dept", source: "fiscal", target_persons: 100, unit_fen: 67544, budget_fen: 6754400, start: now - 60 * DAY, end: now + 120 * DAY },
    { type: "project.contract", project: "p-2", org: "org-1", name: "社区助餐", purchaser: "dept", source: "fund", target_persons: 2000, unit_fen: 1500, budget_fen: 3000000, start: now - 10 * DAY, end: now + 200 * DAY },
    { type: "inspection.planned", inspection: "i-1", org: "org-1", site: "inst-1", campaign: "2026-winter", domain: "safety", inspectors: ["a-1", "a-2"], drawn: true, due: now + 3 * DAY },
    { type: "inspection.planned", inspection: "i-2", org: "org-1", site: "inst-1", campaign: "2026-winter", domain: "quality", inspectors: ["a-1", "a-3"] },
    { type: "inspection.finding", inspection: "i-2", clause: "GB 38600-2019 5.2", severity: "major", due: now + 6 * DAY, text: "夜间巡查记录不全", evidence: ["blob:8f3a"] },
    { type: "inspection.planned", inspection: "i-3", org: "org-2", site: "inst-2", campaign: "2026-winter", domain: "safety", inspectors: ["a-1", "a-2"] },
    { type: "inspection.finding", inspection: "i-3", clause: "GB 50016 10.1", severity: "critical", due: now - 2 * DAY, text: "疏散通道堵塞", evidence: ["photo 12"] },
    { type: "inspection.planned", inspection: "i-4", org: "org-1", site: "inst-1", domain: "finance", inspectors: ["a-2", "a-3"] },
    { type: "inspection.passed", inspection: "i-4", evidence: ["report 7"] },
    { type: "evaluation.scored", org: "org-1", site: "inst-1", scheme: "gbt37276", sections: { environment: 110, facilities: 118, operation: 130, service: 540 }, grade: "4", published: now - 30 * DAY, panel: ["e-1", "e-2", "e-3"], evidence: ["minutes 3"] },
    { type: "evaluation.scored", org: "org-2", site: "inst-2", scheme: "gbt37276", sections: { environment: 70, facilities: 80, operation: 90, service: 340 }, grade: "3", published: now - 20 * DAY, panel: ["e-1", "e-2"], evidence: ["minutes 4"] },
    { type: "duty.result", org: "org-2", duty: "annual_report", period: "2025", result: "failed", evidence: "letter 9" },
    { type: "credit.listed", org: "org-1", site: "inst-1", list: "red", decision: "川民2026-12", authority: "民政局", clause: "第十条", from: now - 40 * DAY, until: now + 325 * DAY, evidence: "decision 12" },
    { type: "credit.listed", org: "org-2", site: "inst-2", list: "abnormal", decision: "川民2026-31", authority: "民政局", clause: "第十一条", from: now - 5 * DAY, evidence: ["letter 9"] },
    { type: "complaint.filed", complaint: "c-1", about: "inst-1", channel: "12345", due: now + 4 * DAY, text: "送餐迟到" },
    { type: "complaint.filed", complaint: "c-2", about: "inst-2", channel: "family", due: now - DAY, text: "费用不清" },
    { type: "complaint.closed", complaint: "c-3", about: "inst-1", result: "已退费", satisfied: true },
  ],
  "org-1": [
    { type: "duty.filed", org: "org-1", duty: "annual_report", period: "2025", evidence: ["file 1"] },
    { type: "duty.filed", org: "org-1", duty: "disclosure", period: "2026-Q3", evidence: ["file 2"] },
  ],
  "st-1": [
    ...visits(now),
    { type: "project.claim", project: "p-1", persons: 3, amount_fen: 202632, period: "2026-11" },
    { type: "activity.held", activity: "a-1", category: "service", service: "health_check", start: now - 5 * 60 * MINUTE, end: now - 4 * 60 * MINUTE, persons: 32 },
    { type: "activity.held", activity: "a-2", category: "training", service: "consult", start: now - 3 * 60 * MINUTE, end: now - 2 * 60 * MINUTE, persons: 12 },
    { type: "activity.held", activity: "a-3", category: "publicity", start: now - 60 * MINUTE, end: now, persons: 150 },
  ],
  "inst-1": [
    { type: "staff.present", role: "carer", count: 3, ts: now - 20 * MINUTE },
    { type: "staff.present", role: "nurse", count: 1, ts: now - 20 * MINUTE },
    { type: "occupancy.changed", beds: 24, occupied: 19, ts: now - 40 * MINUTE },
    { type: "inspection.reply", inspection: "i-2", text: "已安排补录" },
    { type: "call.pressed", bed: "2-03", resident: "r-11" },
  ],
});

// Starts broker and daemon and fills them.
export async function fill(stack) {
  const now = Date.now();
  const all = people();
  for (const [kind, rows] of Object.entries(registrations)) {
    const answer = await stack.post(`/api/v1/import/${kind}`, { rows });
    if (!answer.ok) throw new Error(`${kind}: ${await answer.text()}`);
  }
  stack.publish("care/v1/inst-1/gw/roster", roster(all), { retain: true });
  await until("the roster is read", async () => (await stack.get("/api/v1/sites/inst-1")).n_residents === 19);
  for (const kind of ["beds", "residents", "staff"]) {
    const answer = await stack.post(`/api/v1/import/${kind}`, { rows: all[kind] });
    if (!answer.ok) throw new Error(`${kind}: ${await answer.text()}`);
  }
  const { band, mat } = readings(now);
  await stack.publishLines("care/v1/inst-1/band-1-01/telemetry", band.map((one) => JSON.stringify(one)));
  await stack.publishLines("care/v1/inst-1/mat-1-01/telemetry", mat.map((one) => JSON.stringify(one)));
  for (const bed of ["1-02", "1-03", "2-01", "2-02"]) stack.publish(`care/v1/inst-1/mat-${bed}/telemetry`, { ts: now, hr: 68, resp: 14, in_bed: true });
  let n = 0;
  for (const [site, events] of Object.entries(cases(now))) {
    const lines = events.map((event) => JSON.stringify({ id: `e${++n}`, ts: now, ...event }));
    await stack.publishLines(`care/v1/${site}/gw/event`, lines);
  }
  await until("everything is counted", async () => (await stack.get("/api/v1/complaints")).items.length === 3 && (await stack.alarms()).length > 2);
}
