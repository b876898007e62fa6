// test_powercut.mjs - what the daemon's files may look like after the power went, at any moment
// of a busy session with kills in it; on each such disk the daemon has to start and to know
// everything it had acknowledged, confirmed, shown or told by then.
//
// CAREWATCH_IMAGES and CAREWATCH_SEED (printed) choose the run; CAREWATCH_LONG=1 is 300 disks.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, watch as watchFolder } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { carewatch, have, rules, Stack, until } from "../e2e/stack.mjs";
import { lastSync, makeDisk, readLog, whatWasSaid } from "./disk.mjs";
import { Publisher } from "./publisher.mjs";
import { randomFrom } from "./random.mjs";
import { Receiver } from "./receiver.mjs";

const build = process.env.CAREWATCH_BUILD ?? "build";
const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const images = Number(process.env.CAREWATCH_IMAGES ?? (process.env.CAREWATCH_LONG ? 300 : 40));
const seed = Number(process.env.CAREWATCH_SEED ?? Date.now() % 1_000_000);
const MODELS = ["strict", "ordered"];
const MODES = ["lost", "some", "torn"];
const RATE = 1500;

const settings = (data) => ({
  "journal.dir": join(data, "var", "journal"), // made by the daemon, apart from the store
  "store.path": join(data, "carewatch.db"),
  "journal.segment": "1MiB",
  "limits.snapshot_records": 1000,
});

function message(publisher, n) {
  const ts = Date.now();
  const site = `s-${n % 3}`;
  if (n % 40 === 0)
    publisher.publish(`care/v1/${site}/desk/event`, { id: `call-${n}`, ts, type: "call.pressed", bed: `b-${n}` });
  else
    publisher.publish(`care/v1/${site}/d-${n % 30}/telemetry`, { ts, hr: 60 + (n % 30), resp: 16, co2: 600 + (n % 300), room_temp: 21.5, mark: n });
}

// A page that looks on: what it is sent counts as shown.
function watch(stack, signal) {
  fetch(`${stack.url()}/api/v1/stream?topics=alarms`, { signal })
    .then(async (answer) => {
      for await (const part of answer.body) void part;
    })
    .catch(() => undefined); // it ends with the daemon
}

async function click(stack) {
  const alarm = (await stack.alarms()).find(({ state }) => state === "unack");
  if (alarm) await stack.post(`/api/v1/alarms/${alarm.id}/ack`, {}, { "If-Match": `"${alarm.rev}"` });
}

// A kill in the moment when the next segment is begun: the one before may not be synced yet.
function nextSegment(folder) {
  return new Promise((done) => {
    const watcher = watchFolder(folder, (kind, name) => {
      if (kind !== "rename" || !name.endsWith(".seg")) return;
      watcher.close();
      done();
    });
  });
}

// Between two notes of the recorder, see there.
async function kill(stack, log) {
  const child = stack.children.get("carewatch");
  const killer = spawn("flock", [`${log}.lock`, "sh", "-c", 'kill -9 "$0"; until [ ! -e "/proc/$0" ]; do :; done', child.pid]);
  await new Promise((done) => killer.on("exit", done));
  assert.equal(await stack.stop("carewatch", "SIGKILL"), "SIGKILL");
}

// The session whose every write is recorded: four lives, ended by a kill, two of them in that
// moment, and a stop.
async function record(stack, random) {
  const data = join(stack.dir, "data");
  const log = join(stack.dir, "recorded");
  mkdirSync(join(data, "var"), { recursive: true });
  stack.daemonEnvironment = {
    LD_PRELOAD: join(build, "tests", "faults_recorder.so"),
    RECORDER_DIR: data,
    RECORDER_LOG: log,
  };
  await stack.broker();
  const receiver = await Receiver.open(random);
  const channels = `channels = ( { name = "desk"; notifier = "webhook"; url = "http://127.0.0.1:${receiver.port}/desk"; } );
    routes = ( { channel = [ "desk" ]; } );`;
  const looking = new AbortController();
  await stack.daemon(rules + channels, settings(data));
  const publisher = await Publisher.open(stack.mqttPort, "city");
  publisher.start(RATE, (n) => message(publisher, n));
  for (const [end, when] of [["SIGKILL", 1500], ["SIGKILL", "segment"], ["SIGKILL", "segment"], ["SIGTERM", 1500]]) {
    watch(stack, looking.signal);
    if (when === "segment") await nextSegment(join(data, "var", "journal"));
    else for (const until = performance.now() + when; performance.now() < until; await pause(100)) await click(stack);
    if (end === "SIGTERM") publisher.close();
    if (end === "SIGTERM") await stack.stop("carewatch");
    else await kill(stack, log);
    if (end === "SIGKILL") await stack.daemon(null, settings(data));
  }
  await stack.stop("mosquitto");
  looking.abort();
  receiver.close();
  stack.daemonEnvironment = {};
  return { log: readLog(log), sent: publisher.sent };
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

// Starts the daemon on the disk, without a broker, and asks it.
async function startOn(stack, folder) {
  stack.httpPort = undefined; // the last one may still be closing
  await stack.daemon(null, { ...settings(folder), "mqtt.url": "tcp://127.0.0.1:9" }, "/healthz");
  const alarms = await allAlarms(stack);
  await stack.stop("carewatch", "SIGTERM");
  return alarms;
}

function check(said, alarms) {
  const byId = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  const beds = new Set(alarms.map(({ bed }) => bed));
  for (const { acked, accepted, shown, rev } of said) {
    const call = acked ?? accepted;
    if (call) assert.ok(beds.has(call.replace("call-", "b-")), `${call} was ${acked ? "acknowledged" : "confirmed"}`);
    if (shown) assert.ok(byId.has(shown), `${shown} was shown`);
    if (shown) assert.ok(byId.get(shown).rev >= rev, `${shown} was shown at revision ${rev}`);
  }
  assert.equal(byId.size, alarms.length, "an id twice");
  for (const alarm of alarms) assert.equal(alarm.count, 1, `${alarm.id} counted twice`);
}

// Whom the store will not tell again is in the alarm's history: the journal had it first.
const outcomes = `import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("""SELECT o.alarm, count(*) AS told FROM outbox AS o
    JOIN alarms AS a ON a.id = o.alarm WHERE o.outcome = 1 GROUP BY o.alarm
    HAVING told > json_array_length(a.json, '$.notified')"""): print(row)`;
const count = `import sqlite3, sys
print(*sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM outbox WHERE outcome = 1").fetchone())`;
function checkOutcomes(store) {
  const ask = (question) => execFileSync("python3", ["-c", question, store], { encoding: "utf8" });
  assert.equal(ask(outcomes), "", "a delivery is done, and the alarm does not know it");
  return Number(ask(count));
}

// Telemetry that was acknowledged before the last sync began is in the journal, as far back as
// it goes; what came since is at most sync_interval.
function checkTelemetry(said, journal) {
  const lines = execFileSync(carewatch, ["replay", "--lines", journal], { encoding: "utf8", maxBuffer: 1 << 28 });
  const marks = new Set([...lines.matchAll(/\bmark=(\d+)/g)].map(([, mark]) => Number(mark)));
  const oldest = Math.min(...marks);
  for (const { mark } of said) if (mark > oldest) assert.ok(marks.has(mark), `value ${mark} was acknowledged and synced`);
  return marks.size;
}

test(`power cut on ${images} disks: what was acknowledged is there (seed ${seed})`, options, async (t) => {
  const random = randomFrom(seed);
  const stack = new Stack();
  try {
    const { log, sent } = await record(stack, random);
    const said = whatWasSaid(log);
    const heard = (what) => new Set(said.map((one) => one[what]).filter(Boolean)).size;
    assert.ok(heard("acked") > 50 && heard("accepted") > 50 && heard("shown") > 50, "the recorder heard what was said");
    t.diagnostic(`${sent} messages; ${log.length} entries, ${log.filter(({ op }) => op === "S").length} syncs; ` +
      `acknowledged ${heard("acked")}, confirmed ${heard("accepted")}, shown or told ${heard("shown")}`);
    const commits = log.flatMap(({ op, name }, i) => (op === "S" && name.endsWith(".db-wal") ? [i] : []));
    let values = 0, told = 0;
    for (let i = 0; i < images; i++) {
      // Every fourth one right behind a commit of the store, with nothing but what was synced: it
      // must know no more than the journal.
      const behindStore = i % 4 === 3;
      const cut = behindStore ? commits[Math.floor(random() * commits.length)] + 1 : 1 + Math.floor(random() * log.length);
      const [model, mode] = [MODELS[i % 2], behindStore ? "lost" : MODES[i % 3]];
      const folder = join(stack.dir, "image");
      rmSync(folder, { recursive: true, force: true });
      makeDisk(log, cut, { model, mode, random, folder, folders: ["var"] });
      try {
        check(said.filter(({ index }) => index < cut), await startOn(stack, folder));
        const journal = join(folder, "var", "journal");
        execFileSync(carewatch, ["journal", "verify", journal], { stdio: "pipe" });
        const synced = lastSync(log, cut);
        told += checkOutcomes(join(folder, "carewatch.db"));
        values += checkTelemetry(said.filter(({ index }) => index < synced), journal);
      } catch (error) {
        if (process.env.CAREWATCH_KEEP) cpSync(folder, process.env.CAREWATCH_KEEP, { recursive: true });
        await stack.stop("carewatch", "SIGKILL");
        const tail = stack.log("carewatch").split("\n").slice(-12).join("\n");
        error.message += `\n--- disk ${i}, cut at ${cut} of ${log.length}, ${model}, ${mode}, seed ${seed}\n${tail}`;
        throw error;
      }
    }
    assert.ok(values > 0 && told > 0, "telemetry and deliveries were looked at");
  } finally {
    await stack.end();
  }
});
