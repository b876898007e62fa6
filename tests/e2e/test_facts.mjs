// test_facts.mjs - what happened is in the database as it is in the store: one point for each
// step of an alarm, each change of a visit, each activity; also when the database was away and
// the daemon was killed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort, have, rules, Stack, until } from "./stack.mjs";

const options = { skip: have("mosquitto") && have("influxd") ? false : "mosquitto or influxd is not installed" };

const configuration = `${rules}
sites = ( { site = "base-1"; kind = "base"; district = "west"; },
          { site = "home-1"; kind = "provider"; district = "east"; } );
`;
const settings = { "influx.max_backoff": "500ms", "influx.hold": "500ms" };

const telemetry = (stack, spo2) =>
  stack.publish("care/v1/home-1/bed-1/telemetry", { ts: Date.now(), spo2 });
const event = (stack, site, members) => stack.publish(`care/v1/${site}/desk/event`, { ts: Date.now(), ...members });

const alarmOf = async (stack, rule) => (await stack.alarms("all")).find((alarm) => alarm.rule === rule);
const stateIs = (stack, rule, state) =>
  until(`${rule} is ${state}`, async () => (await alarmOf(stack, rule))?.state === state);

async function acknowledge(stack, rule) {
  const alarm = await alarmOf(stack, rule);
  const answer = await stack.post(`/api/v1/alarms/${alarm.id}/ack`, { note: "seen to Mrs. Li" });
  assert.equal(answer.status, 200);
}

async function kill(stack) {
  await stack.stop("carewatch", "SIGKILL");
  await stack.daemon(null, settings);
}

// The points of a measurement as objects, times as strings of nanoseconds.
async function points(stack, measurement) {
  const query = encodeURIComponent(`SELECT * FROM ${measurement}`);
  const answer = await fetch(`${stack.influxUrl()}/query?db=care&epoch=ns&q=${query}`);
  const text = (await answer.text()).replace(/\[(\d{19}),/g, '["$1",');
  const series = JSON.parse(text).results?.[0]?.series?.[0];
  if (!series) return [];
  return series.values.map((row) => Object.fromEntries(series.columns.map((name, i) => [name, row[i]])));
}

async function histories(stack) {
  const steps = [];
  for (const alarm of await stack.alarms("all")) {
    const { items } = await stack.get(`/api/v1/alarms/${alarm.id}/history`);
    for (const { at, change, to, rev } of items)
      steps.push({ id: alarm.id, rule: alarm.rule, site: alarm.site, at: Date.parse(at), change, state: to, rev });
  }
  return steps;
}
const told = (point) => ({
  id: point.id,
  rule: point.rule,
  site: point.site,
  at: Number(BigInt(point.time) / 1_000_000n),
  change: point.change,
  state: point.state,
  rev: point.rev,
});
const sorted = (steps) => steps.map((step) => JSON.stringify(step)).sort();

async function liveThroughKills(stack) {
  event(stack, "home-1", { id: "p1", type: "visit.planned", visit: "v-1", service: "bath", recipient: "r-88",
    worker: "w-7", start: Date.now() + 600_000, end: Date.now() + 600_100 }); // not cut short by our haste
  telemetry(stack, 80);
  await stateIs(stack, "spo2-low", "unack");
  await kill(stack);
  await acknowledge(stack, "spo2-low");
  event(stack, "home-1", { id: "i1", type: "visit.checkin", visit: "v-1", worker: "w-7", method: "nfc" });
  telemetry(stack, 97);
  await stateIs(stack, "spo2-low", "closed");
  event(stack, "home-1", { id: "c1", type: "call.pressed", bed: "b-1", resident: "r-88" });
  await stateIs(stack, "help-call", "unack");
  await kill(stack);
  event(stack, "home-1", { id: "o1", type: "visit.checkout", visit: "v-1", worker: "w-7" });
  event(stack, "base-1", { id: "a1", type: "activity.held", activity: "act-1", category: "training", persons: 30,
    start: Date.now() - 7_200_000, end: Date.now() - 3_600_000 });
  event(stack, "base-1", { id: "a2", type: "activity.held", activity: "act-1", category: "training", persons: 28,
    start: Date.now() - 7_200_000, end: Date.now() - 3_600_000, rev: 2 });
  // Raised, acknowledged and closed at least; a call; three of the visit; two of the activity.
  await until("the rows wait", async () => (await stack.get("/api/v1/status")).influx.rows_waiting >= 9);
}

function checkServices(all) {
  const visits = all.filter((point) => point.visit);
  assert.deepEqual(new Set(visits.map((point) => point.state)), new Set(["planned", "in_service", "verified"]));
  assert.equal(visits.filter((point) => point.state === "verified").length, 1);
  for (const point of visits) {
    assert.equal(point.visit, "v-1");
    assert.equal(point.service_1 ?? point.service, "bath");
    assert.equal(point.exceptions, "");
    assert.deepEqual([point.site, point.district], ["home-1", "east"]);
  }
  const activities = all.filter((point) => point.activity);
  const rows = activities.map(({ activity, category, sessions, persons, rev }) => [activity, category, sessions, persons, rev]);
  assert.deepEqual(rows, [["act-1", "training", 1, 30, 1], ["act-1", "training", 0, -2, 2]]);
}

test("each step is one point, after an outage of the database and kills", options, async () => {
  const stack = new Stack();
  try {
    await stack.broker();
    stack.influxPort = await freePort(); // nobody listens there yet
    await stack.daemon(configuration, settings);
    await liveThroughKills(stack);
    await stack.influx();
    await until("points arrive", async () => (await points(stack, "alarm")).length > 0);
    await kill(stack);
    const steps = await histories(stack);
    await until("every step is a point", async () => (await points(stack, "alarm")).length >= steps.length);
    await until("nothing waits", async () => (await stack.get("/api/v1/status")).influx.rows_waiting === 0);
    const alarms = await points(stack, "alarm");
    assert.deepEqual(sorted(alarms.map(told)), sorted(await histories(stack)));
    const raised = alarms.find((point) => point.rule === "spo2-low" && point.change === "raised");
    assert.deepEqual([raised.value, raised.limit, raised.active, raised.count], [80, 90, true, 1]);
    assert.deepEqual([raised.device, raised.district, raised.priority], ["bed-1", "east", "high"]);
    const services = await points(stack, "service");
    checkServices(services);
    const text = JSON.stringify([alarms, services]);
    for (const word of ["r-88", "w-7", "Mrs. Li", '"b-1"']) assert.ok(!text.includes(word), `${word} is a person's`);
    await until("kpi is written", async () => (await points(stack, "kpi")).length > 0, 30);
    const [kpi] = await points(stack, "kpi");
    assert.deepEqual([kpi.open_high, kpi.unack, kpi.total], [1, 1, 2]);
  } catch (error) {
    error.message += `\n--- carewatch.log\n${stack.log("carewatch")}`;
    throw error;
  } finally {
    await stack.end();
  }
});
