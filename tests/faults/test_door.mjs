// test_door.mjs - the broker writes the journal itself, and broker, daemon or both are killed
// again and again under load: what was acknowledged is there, once if it says who it is.
//
// The gateway outside keeps what is not acknowledged and sends it again; it alone says what
// must be there afterwards. CAREWATCH_CYCLES and CAREWATCH_SEED (printed) choose the run;
// CAREWATCH_LONG=1 is 100 kills.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { carewatch, door, have, rules, Stack, until } from "../e2e/stack.mjs";
import { randomFrom } from "./random.mjs";
import { checkReplay, checkTelemetry, histories, replay } from "./replayed.mjs";
import { Sender } from "./sender.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const cycles = Number(process.env.CAREWATCH_CYCLES ?? (process.env.CAREWATCH_LONG ? 100 : 15));
const seed = Number(process.env.CAREWATCH_SEED ?? Date.now() % 1_000_000);
const RATE = 1500;
const DEVICES = 40;
const CALL_EVERY = cycles > 100 ? 500 : 50;
const SETTINGS = { "limits.snapshot_records": 5000 };

// Each message is known by its device and number, each call by its bed.
class City {
  calls = [];
  sent = new Map();

  constructor(sender) {
    this.sender = sender;
  }
  message(n) {
    if (n % CALL_EVERY === 0) return this.call(n);
    const device = `d-${n % DEVICES}`;
    const mark = (this.sent.get(device) ?? 0) + 1;
    this.sent.set(device, mark);
    this.sender.publish(`care/v1/s-${n % 4}/${device}/telemetry`, { ts: Date.now(), hr: 70 + (n % 9), mark });
  }
  call(n) {
    this.calls.push(`b-${n}`);
    const event = { id: `call-${n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n}` };
    this.sender.publish(`care/v1/s-${n % 4}/desk/event`, event);
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

// Kills whom the dice say, at any moment, and starts them again in any order.
async function killAndStart(stack, random, run) {
  const dice = random();
  const broker = dice < 0.66;
  const daemon = dice >= 0.33;
  run.broker += broker;
  run.daemon += daemon;
  const dying = [];
  if (broker) dying.push(stack.stop("mosquitto", "SIGKILL"));
  if (random() < 0.5) await pause(random() * 100);
  if (daemon) dying.push(stack.stop("carewatch", "SIGKILL"));
  await Promise.all(dying);
  await pause(random() * 300);
  const starts = [];
  if (broker) starts.push(() => stack.broker());
  if (daemon) starts.push(() => stack.daemon(null, run.settings, "/healthz"));
  if (random() < 0.5) starts.reverse();
  await Promise.all(starts.map((start) => start()));
}

function checkCalls(alarms, city) {
  const calls = alarms.filter((alarm) => alarm.rule === "help-call");
  const beds = new Set(calls.map((alarm) => alarm.bed));
  assert.deepEqual(city.calls.filter((bed) => !beds.has(bed)), [], "calls without an alarm");
  assert.deepEqual(calls.filter((alarm) => alarm.count !== 1), [], "calls counted twice");
  assert.equal(calls.length, city.calls.length, "alarms without a call");
}

// Of the two journals, that is.
function checkReplayed(stack, told) {
  const text = replay(stack);
  assert.equal(replay(stack), text, "two replays differ");
  checkReplay(text, told);
}

const verify = (dir) => execFileSync(carewatch, ["journal", "verify", dir], { encoding: "utf8" });

const mayMount = spawnSync("unshare", ["-m", "true"]).status === 0;

// A disk of 16 MB that only broker and daemon see, held by a process of its own.
async function smallDisk(stack) {
  const small = join(stack.dir, "small");
  mkdirSync(small);
  const mount = 'mount -t tmpfs -o size=16m tmpfs "$0" && exec sleep 600';
  const holder = stack.spawn("holder", "unshare", ["-m", "sh", "-c", mount, small]);
  const seen = `/proc/${holder.pid}/root${small}`;
  await until("the small disk", () => statfsSync(seen).blocks * statfsSync(seen).bsize === 16 << 20);
  stack.daemonInside = ["nsenter", "-m", "-t", `${holder.pid}`];
  return { dir: small, seen };
}

function fill(path) {
  const ballast = openSync(path, "w");
  const block = Buffer.alloc(65536, 1);
  try {
    for (;;) writeSync(ballast, block);
  } catch (error) {
    assert.equal(error.code, "ENOSPC");
  }
  return ballast;
}

test("a full disk: telemetry stays outside, calls come in, it is told, it goes on by itself", {
  skip: options.skip || (mayMount ? false : "no right to mount (unshare -m)"),
}, async () => {
  const stack = new Stack();
  const senders = [];
  try {
    const disk = await smallDisk(stack);
    const gate = door(stack, { dir: join(disk.dir, "door"), segment: "1MiB", reserve: "2MiB" });
    await stack.broker(gate.broker, { command: stack.daemonInside });
    await stack.daemon(gate.daemon.replace(gate.dir, join(disk.dir, "door")) + rules, gate.settings);
    const active = async (rule) => (await stack.alarms()).some((alarm) => alarm.rule === rule && alarm.active);
    senders.push(new Sender(stack.mqttPort, "gateway"), new Sender(stack.mqttPort, "desk"));
    await until("they are connected", () => senders.every((sender) => sender.connects === 1));
    const ballast = fill(join(disk.seen, "ballast"));
    const filler = "x".repeat(900);
    const values = setInterval(() => {
      for (let n = 0; n < 20 && senders[0].waiting < 1000; n++)
        senders[0].publish(`care/v1/s-1/d-${n}/telemetry`, { ts: Date.now(), hr: 70, filler });
    }, 20);
    await until("the door is full", () => active("door-full"), 60);
    for (let n = 0; n < 20; n++)
      senders[1].publish("care/v1/s-1/desk/event", { id: `e${n}`, type: "call.pressed", bed: `${n}` });
    await until("the calls are taken", () => senders[1].waiting === 0);
    await until("and told", async () => (await stack.alarms()).filter(({ rule }) => rule === "help-call").length === 20);
    assert.ok(senders[0].waiting > 0, "telemetry waits outside");
    clearInterval(values);
    ftruncateSync(ballast);
    closeSync(ballast);
    await until("the gateway got rid of everything", () => senders[0].waiting === 0, 60);
    await until("the alarm is over", async () => !(await active("door-full")), 60);
    const { telemetry, doors } = await until("all is merged", async () => {
      const status = await stack.get("/api/v1/status");
      return status.doors[0].behind_bytes === 0 && status;
    });
    assert.ok(telemetry >= senders[0].acked, `${telemetry} of ${senders[0].acked}`);
    assert.equal(doors[0].damaged, 0);
  } catch (error) {
    error.message += `\n--- carewatch.log\n${stack.log("carewatch").split("\n").slice(-30).join("\n")}`;
    throw error;
  } finally {
    for (const sender of senders) sender.close();
    await stack.end();
  }
});

// Both ways at once, a door of small files, and a database that is away for a while: its lines
// are made again from the door's journal, whose files go once they are written.
test("a door and a session, a database that was away: every value is written, files go", {
  skip: options.skip || (have("influxd") ? false : "influxdb is not installed"),
}, async () => {
  const stack = new Stack();
  const other = new Stack();
  const senders = [];
  try {
    await stack.influx();
    await fetch(`${stack.influxUrl()}/query`, { method: "POST", body: new URLSearchParams({ q: "CREATE DATABASE care" }) });
    const gate = door(stack, { segment: "128KiB", quota: "64MiB", reserve: "256KiB" });
    await stack.broker(gate.broker);
    await other.broker();
    const settings = { ...gate.settings, "influx.database": "care", "limits.snapshot_records": 1500, "influx.max_backoff": "1s" };
    delete settings["mqtt.door"];
    // Which lists brokers; the first one is the section's own.
    const brokers = `mqtt: { door = "city"; brokers = ( { url = "tcp://127.0.0.1:${other.mqttPort}"; client_id = "other"; } ); };\n`;
    await stack.daemon(gate.daemon + brokers + rules, settings);
    const sent = new Map();
    const base = Date.now() - 60_000;
    const send = (sender, device) => {
      const mark = (sent.get(device) ?? 0) + 1;
      sent.set(device, mark);
      sender.publish(`care/v1/s-1/${device}/telemetry`, { ts: base + mark, hr: 70, mark });
    };
    senders.push(new Sender(stack.mqttPort, "a"), new Sender(other.mqttPort, "b"));
    await stack.stop("influxd");
    senders[0].start(1500, (n) => send(senders[0], `door-${n % 10}`));
    senders[1].start(500, (n) => send(senders[1], `paho-${n % 10}`));
    await until("some went by", () => senders[0].acked > 3000, 60);
    await stack.stop("carewatch", "SIGKILL");
    await until("some more", () => senders[0].acked > 4500, 60);
    await stack.daemon(null, settings);
    await until("more than a few files", () => senders[0].acked > 6000, 60);
    const files = () => readdirSync(gate.dir).filter((name) => name.endsWith(".seg"));
    assert.ok(files().length > 3, `${files()}`);
    for (const sender of senders) sender.stop();
    await until("the brokers took everything", () => senders.every((sender) => sender.waiting === 0), 60);
    await stack.influx();
    const written = async () => {
      const answer = await fetch(`${stack.influxUrl()}/query?db=care&q=${encodeURIComponent('SELECT count("mark") FROM /.*/ GROUP BY device')}`);
      const { results } = await answer.json();
      return new Map((results[0].series ?? []).map(({ tags, values }) => [tags.device, values[0][1]]));
    };
    await until("every value is in the database", async () => {
      const have = await written();
      return [...sent].every(([device, n]) => have.get(device) === n);
    }, 90);
    assert.deepEqual(new Map([...(await written())].sort()), new Map([...sent].sort()));
    // What is written is needed by nobody, once two snapshots have passed it.
    const tail = setInterval(() => send(senders[0], "door-0"), 1);
    await until("the first files are gone", () => !files().includes("0000000000000000.seg"), 60);
    clearInterval(tail);
    await until("the last are taken", () => senders[0].waiting === 0);
    await until("and merged", async () => (await stack.get("/api/v1/status")).doors[0].behind_bytes === 0);
    await stack.stop("carewatch");
    assert.equal(replay(stack), replay(stack), "two replays differ");
    assert.doesNotMatch(stack.log("carewatch"), /missing|damaged|another journal/);
  } catch (error) {
    error.message += `\n--- carewatch.log\n${stack.log("carewatch").split("\n").slice(-40).join("\n")}`;
    throw error;
  } finally {
    for (const sender of senders) sender.close();
    await stack.end();
    await other.end();
  }
});

test(`broker and daemon killed ${cycles} times: what was acknowledged is there (seed ${seed})`, options, async (t) => {
  const random = randomFrom(seed);
  const stack = new Stack();
  let sender;
  try {
    const gate = door(stack, { segment: "64MiB", quota: "4GiB" });
    const run = { broker: 0, daemon: 0, settings: { ...gate.settings, ...SETTINGS } };
    await stack.broker(gate.broker);
    await stack.daemon(gate.daemon + rules, run.settings);
    sender = new Sender(stack.mqttPort, "city");
    const city = new City(sender);
    sender.start(RATE, (n) => city.message(n));
    for (let kill = 0; kill < cycles; kill++) {
      await pause(200 + random() * 1000);
      await killAndStart(stack, random, run);
    }
    sender.stop();
    await until("the broker took everything", () => sender.waiting === 0, 60);
    await until("the daemon is ready", async () => (await fetch(stack.url() + "/readyz")).ok);
    await until("everything is merged", async () => {
      const [status] = (await stack.get("/api/v1/status")).doors;
      return status.broker && status.behind_bytes === 0 && status;
    }, 60);
    const alarms = await until("every call is an alarm", async () => {
      const all = await allAlarms(stack);
      return all.filter((alarm) => alarm.rule === "help-call").length >= city.calls.length && all;
    }, 60);
    checkCalls(alarms, city);
    const told = await histories(stack, alarms);
    const [status] = (await stack.get("/api/v1/status")).doors;
    assert.equal(status.damaged, 0, "the door was read wrongly");
    await stack.stop("carewatch");
    const twice = checkTelemetry(stack, city.sent);
    checkReplayed(stack, told);
    assert.match(verify(gate.dir), / 0 damaged places/);
    t.diagnostic(`${sender.sent} messages, ${city.calls.length} calls; killed broker ${run.broker}, daemon ` +
      `${run.daemon} times; sent again ${sender.resent}, values twice ${twice}, ${sender.connects} connections`);
  } catch (error) {
    const tail = (name) => stack.log(name).split("\n").slice(-60).join("\n");
    error.message += `\n--- seed ${seed}\n--- carewatch.log\n${tail("carewatch")}\n--- mosquitto.log\n${tail("mosquitto")}`;
    throw error;
  } finally {
    sender?.close();
    await stack.end();
  }
});
