// test_kill.mjs - the daemon is killed again and again, at any moment, under a city's load.
//
// Who says what must be true afterwards stands outside the daemon: the publisher knows what it
// sent, the receiver what it was told, the dispatcher what was answered to his click. The
// broker lives and its queue has no end, so whatever was published has to arrive.
//
// CAREWATCH_CYCLES and CAREWATCH_SEED (printed) choose the run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { have, rules, Stack, until } from "../e2e/stack.mjs";
import { Publisher } from "./publisher.mjs";
import { randomFrom } from "./random.mjs";
import { Receiver } from "./receiver.mjs";
import { checkReplay, checkTelemetry, histories, replay } from "./replayed.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const cycles = Number(process.env.CAREWATCH_CYCLES ?? 50);
const seed = Number(process.env.CAREWATCH_SEED ?? Date.now() % 1_000_000);
const RATE = 1500;
const CALL_EVERY = 50; // of so many messages one is a help call; none is ever closed
const DEVICES = 40;
const CHANNELS = ["desk", "nurse"];

const configuration = (port) => `${rules}
channels = (${CHANNELS.map((name) => `
  { name = "${name}"; notifier = "webhook"; url = "http://127.0.0.1:${port}/${name}"; }`)}
);
routes = ( { priority = "high|medium"; channel = [ ${CHANNELS.map((name) => `"${name}"`)} ]; } );
`;
// One segment holds the whole run, so that the journal can be asked for every value at the end.
const settings = { "limits.snapshot_records": 2000, "journal.segment": cycles > 100 ? "1GiB" : "64MiB" };

// One city: each message is known by its device and number, each call by its bed.
class City {
  calls = [];
  published = new Map(); // device -> how many

  constructor(publisher) {
    this.publisher = publisher;
  }
  message(n) {
    if (n % CALL_EVERY === 0) return this.call(n);
    const device = `d-${n % DEVICES}`;
    const count = (this.published.get(device) ?? 0) + 1;
    this.published.set(device, count);
    const site = `s-${n % 4}`;
    this.publisher.publish(`care/v1/${site}/${device}/telemetry`, { ts: Date.now(), hr: 70 + (n % 9), mark: count });
  }
  call(n) {
    const bed = `b-${n}`;
    this.calls.push(bed);
    const event = { id: `call-${n}`, ts: Date.now(), type: "call.pressed", bed };
    this.publisher.publish(`care/v1/s-${n % 4}/desk/event`, event);
  }
}

async function allAlarms(stack) {
  const alarms = [];
  for (let next = ""; next !== null; ) {
    const page = await stack.get(`/api/v1/alarms?state=all&limit=1000${next && `&after=${next}`}`);
    alarms.push(...page.items);
    next = page.next ?? null;
  }
  return alarms;
}

// Clicks on one of the open alarms; only what was answered 200 was promised.
async function acknowledgeOne(stack, random, acked) {
  const open = (await stack.alarms()).filter((alarm) => alarm.rule === "help-call" && alarm.state === "unack");
  if (open.length === 0) return;
  const alarm = open[Math.floor(random() * open.length)];
  const answer = await stack.post(`/api/v1/alarms/${alarm.id}/ack`, {}, { "If-Match": `"${alarm.rev}"` });
  if (answer.status === 200) acked.set(alarm.id, alarm);
}

// A life of random length; sometimes it ends before it has begun.
async function live(stack, random, run) {
  const begun = performance.now();
  if (random() < 0.2) {
    void stack.daemon(null, settings).catch(() => undefined);
    await pause(random() * 200);
  } else {
    await stack.daemon(null, settings);
    run.ready.push(performance.now() - begun);
    const end = performance.now() + 200 + random() * 2000;
    while (performance.now() < end) {
      for (const alarm of await stack.alarms()) run.shown.set(alarm.id, alarm);
      await acknowledgeOne(stack, random, run.acked);
      await pause(random() * 150);
    }
  }
  const clicking = acknowledgeOne(stack, random, run.acked).catch(() => undefined); // killed under it
  await stack.stop("carewatch", "SIGKILL");
  await clicking;
}

function checkAlarms(alarms, city, run) {
  const calls = alarms.filter((alarm) => alarm.rule === "help-call");
  const beds = new Set(calls.map((alarm) => alarm.bed));
  const lost = city.calls.filter((bed) => !beds.has(bed));
  assert.deepEqual(lost, [], "calls without an alarm");
  assert.deepEqual(calls.filter((alarm) => alarm.count !== 1), [], "calls counted twice");
  assert.equal(calls.length, city.calls.length, "alarms without a call");
  assert.equal(new Set(alarms.map((alarm) => alarm.id)).size, alarms.length, "an id of two alarms");
  const byId = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  for (const [id, seen] of run.shown) {
    assert.ok(byId.has(id), `shown, and then gone: ${JSON.stringify(seen)}`);
    assert.ok(byId.get(id).rev >= seen.rev, `shown at revision ${seen.rev}, and then earlier`);
  }
  for (const id of run.acked.keys()) assert.equal(byId.get(id).state, "acked", `${id} was acknowledged`);
}

function checkTold(alarms, receiver, run) {
  let again = 0;
  const calls = alarms.filter((alarm) => alarm.rule === "help-call");
  for (const channel of CHANNELS) {
    const ids = receiver.told.get(channel);
    assert.deepEqual(calls.filter((alarm) => !ids.has(`${alarm.id}:1`)), [], `${channel} was not told`);
    const perKill = new Map();
    for (const [id, { lives }] of ids) {
      assert.equal(new Set(lives).size, lives.length, `${channel}: ${id} twice without a kill: ${lives}`);
      again += lives.length - 1;
      for (const life of lives.slice(1)) perKill.set(life, (perKill.get(life) ?? 0) + 1);
    }
    run.again[channel] = [...perKill.values()];
  }
  assert.deepEqual(receiver.broken, []);
  return again;
}

// Replayed in one go, each alarm ends as it did.
function checkReplayed(stack, alarms, told) {
  const last = new Map(checkReplay(replay(stack), told).map(({ alarm }) => [alarm.id, alarm]));
  for (const alarm of alarms) assert.deepEqual(last.get(alarm.id), alarm);
}

// How long at most until all that waits has gone out: a hundred a second is slow.
const patience = (city) => 60 + (CHANNELS.length * city.calls.length) / 100;

async function settled(publisher, receiver, city) {
  await until("the broker took everything", () => publisher.acked === publisher.sent, 30);
  await until("every call was told on every channel", () =>
    CHANNELS.every((channel) => (receiver.told.get(channel)?.size ?? 0) >= city.calls.length), patience(city)).catch((error) => {
    error.message += ` (of ${city.calls.length}: ${CHANNELS.map((name) => receiver.told.get(name)?.size)})`;
    throw error;
  });
}

test(`killed ${cycles} times under load: nothing lost, nothing told twice (seed ${seed})`, options, async (t) => {
  const random = randomFrom(seed);
  const stack = new Stack();
  const run = { ready: [], shown: new Map(), acked: new Map(), again: {} };
  let receiver, publisher;
  try {
    await stack.broker();
    receiver = await Receiver.open(random);
    await stack.daemon(configuration(receiver.port), settings); // the sessions exist from here on
    publisher = await Publisher.open(stack.mqttPort, "city");
    const city = new City(publisher);
    publisher.start(RATE, (n) => city.message(n));
    for (let kill = 0; kill < cycles; kill++) {
      await stack.stop("carewatch", "SIGKILL");
      await receiver.nextLife();
      await live(stack, random, run);
    }
    await receiver.nextLife();
    await stack.daemon(null, settings);
    publisher.stop();
    await settled(publisher, receiver, city);
    const alarms = await until("every call is an alarm, every delivery recorded", async () => {
      const all = await allAlarms(stack);
      const calls = all.filter((alarm) => alarm.rule === "help-call");
      const delivered = ({ notified }) => CHANNELS.every((name) => notified.some(({ channel }) => channel === name));
      return calls.length >= city.calls.length && calls.every(delivered) && all;
    }, patience(city));
    checkAlarms(alarms, city, run);
    const again = checkTold(alarms, receiver, run);
    const told = await histories(stack, alarms);
    await stack.stop("carewatch");
    const twice = checkTelemetry(stack, city.published);
    checkReplayed(stack, alarms, told);
    const restored = [...stack.log("carewatch").matchAll(/state restored snapshot=(\S+) records=(\d+) ms=(\d+)/g)];
    const used = restored.filter(([, snapshot]) => snapshot !== "none");
    assert.ok(used.length > 0, "a snapshot was used");
    // What a start does itself (its log) beside how long until it answers as ready: the rest is
    // the machine's, and that of the broker which sends again what it has.
    const sorted = (times) => times.map(Math.round).sort((a, b) => a - b);
    const ready = sorted(run.ready), own = sorted(used.map(([, , , ms]) => Number(ms)));
    const middle = (times) => times[Math.floor(times.length / 2)];
    t.diagnostic(`${publisher.sent} messages at ${Math.round(publisher.rate)}/s, ${city.calls.length} calls, ` +
      `${run.acked.size} acknowledged; told again ${again}, values twice ${twice}; ` +
      `${used.length} of ${restored.length} starts from a snapshot; state restored in ms: median ${middle(own)}, ` +
      `worst ${own.at(-1)} (${Math.max(...used.map(([, , records]) => Number(records)))} records at most); ` +
      `ready in ms: median ${middle(ready)}, worst ${ready.at(-1)}`);
  } catch (error) {
    error.message += `\n--- seed ${seed}\n--- carewatch.log\n${stack.log("carewatch").split("\n").slice(-60).join("\n")}`;
    throw error;
  } finally {
    publisher?.close();
    await stack.end();
    receiver?.close();
  }
});
