// session.mjs - one short life of the real program from its start to its stop, always the same:
// what the sweep of failing calls (test_nth_call.mjs) goes through again and again.
//
// Many sessions share one broker: each has its own site, client id and folder. The broker holds
// the messages before the daemon ever lived, so whatever fails, all of them have to arrive.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { carewatch, rules } from "../e2e/stack.mjs";
import { subscribeOnce } from "./publisher.mjs";
import { Receiver } from "./receiver.mjs";

const run = promisify(execFile);
const CALLS = 4;
const VALUES = 6;
const STEPS = { "help-call": 1, "spo2-low": 2 }; // raised; and cleared
const STOP_MS = 30_000;
const WIDTH = 4; // sessions at a time: they mostly wait

export class Session {
  constructor(dir, mqttPort, publisher, name) {
    Object.assign(this, { mqttPort, publisher, name, dir: join(dir, name), acked: new Map() });
    mkdirSync(this.dir);
  }

  // What it is to find: all of it is acknowledged by the broker before the daemon starts.
  async prepare() {
    this.receiver = await Receiver.open(() => 0);
    const topics = (...kinds) => kinds.map((kind) => `"care/v1/${this.name}/+/${kind}"`).join(", ");
    this.conf = join(this.dir, "carewatch.conf");
    writeFileSync(this.conf, `${rules}
      mqtt = { url = "tcp://127.0.0.1:${this.mqttPort}"; client_id = "${this.name}"; reconnect_min = "50ms";
        topics_events = [ ${topics("event", "status", "roster")} ]; topics_data = [ ${topics("telemetry")} ]; };
      journal = { dir = "${this.dir}/journal"; segment = "1MiB"; reserve = "1MiB"; };
      store = { path = "${this.dir}/carewatch.db"; };
      registry = { unknown_sites = "register"; };
      http = { auth = "none"; };
      channels = ( { name = "desk"; notifier = "webhook"; max_backoff = "1s"; url = "http://127.0.0.1:${this.receiver.port}/${this.name}"; } );
      routes = ( { channel = [ "desk" ]; } );
      limits = { snapshot_records = 20; };`);
    const topic = (device, kind) => `care/v1/${this.name}/${device}/${kind}`;
    for (const [session, kinds] of [["events", ["event", "status", "roster"]], ["data", ["telemetry"]]])
      await subscribeOnce(this.mqttPort, `${this.name}-${session}`, kinds.map((kind) => topic("+", kind)));
    const now = Date.now();
    const devices = [{ device: "bed-1", kind: "bed_mat", bed: "b-1", class: "180s" }];
    this.publisher.publish(topic("gw", "roster"), { site: { name: this.name }, devices });
    for (let i = 1; i <= VALUES; i++)
      this.publisher.publish(topic("bed-1", "telemetry"), { ts: now + i, hr: 70 + i, spo2: i === 3 ? 80 : 97, mark: i });
    for (let i = 1; i <= CALLS; i++)
      this.publisher.publish(topic("desk", "event"), { id: `c-${i}`, ts: now, type: "call.pressed", bed: `b-${i}` });
  }

  // inside: a command that runs the rest of its arguments.
  async start(environment, inside = []) {
    await this.receiver.nextLife(); // what the last one left in the sockets is its own
    const log = openSync(join(this.dir, "log"), "a");
    this.port = undefined;
    this.logBegin = fstatSync(log).size;
    const [program, ...args] = [...inside, carewatch, "serve", "-c", this.conf];
    this.child = spawn(program, [...args, "-p", "http.listen=127.0.0.1:0"],
      { stdio: ["ignore", log, log], env: { ...process.env, ...environment } });
    closeSync(log);
    this.ended = undefined;
    this.gone = new Promise((done) => this.child.on("exit", (code, signal) => done((this.ended = signal ?? code))));
  }
  // Chosen by the system and said in the log: one chosen here could be another's by then.
  #findPort() {
    const log = readFileSync(join(this.dir, "log")).subarray(this.logBegin).toString();
    this.port = /listening http=\S+ port=(\d+)/.exec(log)?.[1];
    assert.ok(this.port, "it does not listen yet");
  }
  async fetch(path, options = {}) {
    if (!this.port) this.#findPort();
    const signal = AbortSignal.timeout(5000);
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { signal, ...options });
    return { status: answer.status, body: await answer.text() };
  }
  async alarms() {
    return JSON.parse((await this.fetch("/api/v1/alarms?state=all&limit=1000")).body).items;
  }
  // True as soon as the question is; false when the daemon is gone before, or it takes too long.
  async wait(question, seconds) {
    for (const end = performance.now() + seconds * 1000; performance.now() < end && this.ended === undefined; ) {
      if (await Promise.resolve().then(question).catch(() => false)) return true;
      await pause(20);
    }
    return false;
  }
  ready(seconds = 10) {
    return this.wait(async () => (await this.fetch("/readyz")).status === 200, seconds);
  }
  async acknowledge() {
    const alarm = (await this.alarms()).find(({ rule, bed }) => rule === "help-call" && bed === "b-1");
    const answer = await this.fetch(`/api/v1/alarms/${alarm.id}/ack`,
      { method: "POST", body: "{}", headers: { "Content-Type": "application/json", "If-Match": `"${alarm.rev}"` } });
    if (answer.status === 200) this.acked.set(alarm.id, alarm);
  }
  async #stream() {
    const abort = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1/stream`, { signal: abort.signal });
    await answer.body.getReader().read();
    abort.abort();
  }

  // Every part is used once; whatever fails, the next step is tried, until the stop.
  async live(environment, inside) {
    await this.start(environment, inside);
    const tried = (step) => (this.ended === undefined ? step().catch(() => undefined) : undefined);
    if (await this.ready(4)) {
      await this.wait(async () => (await this.alarms()).length > CALLS, 3);
      await tried(() => this.acknowledge());
      await tried(() => this.#stream());
      for (const path of ["/metrics", "/api/v1/status", "/api/v1/sites", `/api/v1/sites/${this.name}/devices`,
        `/api/v1/series?site=${this.name}&device=bed-1&metric=hr`, "/api/v1/openapi.json", "/"])
        await tried(() => this.fetch(path));
      await tried(() => this.fetch("/api/v1/alarms", { method: "POST", body: "{" }));
      this.child.kill("SIGHUP");
      await pause(100);
    }
    return this.stop();
  }
  async stop() {
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGQUIT"), STOP_MS);
    const ended = await this.gone;
    clearTimeout(timer);
    return ended;
  }

  // A life without a fault: everything is there, once, and is what the journal says.
  // mayTrim: its disk was full; then segments behind a snapshot are given up for room.
  async check(mayTrim = false) {
    await this.start({});
    assert.ok(await this.ready(20), `it does not start again: ${this.ended}\n${this.log()}`);
    // What comes last on the session of telemetry: when it is there, all of it is.
    this.publisher.publish(`care/v1/${this.name}/last/telemetry`, { ts: Date.now(), spo2: 70 });
    assert.ok(await this.wait(async () => (await this.alarms()).some(({ device }) => device === "last"), 20), this.log());
    const ours = async () =>
      (await this.alarms()).filter(({ rule, device }) => rule in STEPS && device !== "last");
    const told = () => this.receiver.told.get(this.name) ?? new Map();
    const mayMiss = this.#mayMiss(), least = CALLS + 1 - mayMiss;
    const last = ({ rule, rev }) => (mayMiss ? Math.min(rev, STEPS[rule]) : STEPS[rule]);
    const isTold = (alarm) => told().has(`${alarm.id}:1`) && told().has(`${alarm.id}:${last(alarm)}`);
    const whole = await this.wait(async () => (await ours()).length >= least && (await ours()).every(isTold), 20);
    const alarms = await ours();
    assert.ok(whole, `messages are lost: ${JSON.stringify(alarms)}, told ${[...told().keys()]}\n${this.log()}`);
    for (const [id, { lives }] of told())
      assert.equal(new Set(lives).size, lives.length, `${id} was told twice in one life: ${lives}`);
    const beds = alarms.filter(({ rule }) => rule === "help-call").map(({ bed }) => bed).sort();
    const pressed = Array.from({ length: CALLS }, (_, i) => `b-${i + 1}`);
    const missed = pressed.filter((bed) => !beds.includes(bed)).length;
    assert.ok(missed <= mayMiss, `calls are lost: there are ${beds}`);
    assert.deepEqual(beds, pressed.filter((bed) => beds.includes(bed)), "each once");
    for (const alarm of alarms) assert.equal(alarm.count, 1, `counted twice: ${JSON.stringify(alarm)}`);
    for (const id of this.acked.keys())
      assert.equal(alarms.find((alarm) => alarm.id === id)?.state, "acked", "the click was answered 200");
    assert.equal(await this.stop(), 0, this.log());
    await this.#checkFiles(alarms, mayTrim);
  }
  // Paho acknowledges a message for which it has no memory, and shows it to nobody: of all that
  // may fail this alone loses one, and only where the allocation was Paho's own.
  #mayMiss() {
    const frames = this.stack && existsSync(this.stack) ? readFileSync(this.stack, "utf8").split("\n") : [];
    const asked = frames.find((frame) => !frame.includes("fail_nth.so"));
    return asked?.includes("libpaho") ? 1 : 0;
  }
  async #checkFiles(alarms, mayTrim) {
    const journal = join(this.dir, "journal");
    await run(carewatch, ["journal", "verify", journal]);
    await run(carewatch, ["store", "verify", join(this.dir, "carewatch.db")]);
    if (!existsSync(join(journal, `${"0".repeat(16)}.seg`))) {
      assert.ok(mayTrim && existsSync(join(journal, "snapshot")), `the journal's begin is gone\n${this.log()}`);
      return;
    }
    const { stdout: lines } = await run(carewatch, ["replay", "--lines", journal], { maxBuffer: 1 << 26 });
    const marks = new Set([...lines.matchAll(/\bmark=(\d+)/g)].map(([, mark]) => Number(mark)));
    assert.ok(marks.size >= VALUES - this.#mayMiss(), `values are lost: there are ${[...marks]}`);
    await this.#checkReplay(journal, alarms);
  }
  // Restored over whatever happened, or in one go: the same alarms, to the byte.
  async #checkReplay(journal, alarms) {
    const { stdout } = await run(carewatch, ["replay", "-o", "json", journal], { maxBuffer: 1 << 26 });
    const said = new Map(stdout.trim().split("\n").map((line) => JSON.parse(line)).map(({ alarm }) => [alarm.id, alarm]));
    // Deliveries go on meanwhile: the first that succeeded may have come after the question.
    const shown = (alarm, told_at) => ({ ...alarm, notified: [], told_at, changed_at: undefined });
    for (const alarm of alarms) {
      const replayed = said.get(alarm.id), toldAt = alarm.told_at ?? replayed?.told_at;
      assert.deepEqual(shown(replayed, replayed?.told_at), shown(alarm, toldAt), "live and replay differ");
    }
  }
  log() {
    return readFileSync(join(this.dir, "log"), "utf8").split("\n").slice(-40).join("\n");
  }
  end() {
    if (this.child && this.ended === undefined) this.child.kill("SIGKILL");
    this.receiver?.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

// Runs `work` over the items, WIDTH at a time, in their order, up to the first that fails.
export async function sweep(items, work) {
  const rest = items.values();
  const errors = [];
  const lane = async () => {
    for (const item of rest) {
      if (errors.length) return;
      await work(item).catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, lane));
  if (errors.length) throw errors[0];
}
