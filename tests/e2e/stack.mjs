// stack.mjs - the real programs for one test: broker, database and daemon on ports that the
// system picked, with data in a folder of their own; every process is stopped by its pid.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const build = process.env.CAREWATCH_BUILD;
export const carewatch = join(build ?? "build", "carewatch");

const listening = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));

// A port that the system picked, held until this process ends: a connection from it keeps the
// system from giving it to another, and who listens there (with SO_REUSEADDR, as all do) may.
let keeper;
export async function freePort() {
  keeper ??= listening(createServer((socket) => socket.unref()).unref());
  const to = await keeper;
  for (;;) {
    const server = createServer();
    const localPort = await listening(server);
    await new Promise((done) => server.close(done));
    const held = connect({ host: "127.0.0.1", port: to, localAddress: "127.0.0.1", localPort });
    const taken = await new Promise((done) => held.once("connect", () => done(false)).once("error", () => done(true)));
    if (taken) continue;
    held.unref();
    return localPort;
  }
}

export const have = (program) =>
  [...(process.env.PATH ?? "").split(":"), "/usr/sbin"].some((dir) => existsSync(join(dir, program)));
const find = (program) =>
  [...(process.env.PATH ?? "").split(":"), "/usr/sbin"].map((dir) => join(dir, program)).find(existsSync);

// Asks again until the answer is true; the test fails with `what` if it never is.
export async function until(what, question, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < end) {
    try {
      last = await question();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await pause(50);
  }
  assert.fail(`${what}: not within ${seconds} s (last: ${last})`);
}

export class Stack {
  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), "carewatch-e2e-"));
    this.children = new Map();
    this.daemonEnvironment = {};
  }

  spawn(name, command, args, env = {}) {
    const log = openSync(join(this.dir, `${name}.log`), "a");
    const child = spawn(command, args, { stdio: ["ignore", log, log], env: { ...process.env, ...env } });
    child.gone = new Promise((done) => child.on("exit", (code, signal) => done(signal ?? code)));
    this.children.set(name, child);
    return child;
  }
  log(name) {
    return readFileSync(join(this.dir, `${name}.log`), "utf8");
  }
  async stop(name, signal = "SIGTERM") {
    const child = this.children.get(name);
    if (!child) return undefined;
    this.children.delete(name);
    child.kill(signal);
    const code = await child.gone;
    // A stop that was asked for is clean: no error, no sanitizer's report.
    if (name === "carewatch" && signal === "SIGTERM") assert.equal(code, 0, this.log(name));
    return code;
  }
  async end() {
    for (const name of [...this.children.keys()].reverse()) await this.stop(name);
    rmSync(this.dir, { recursive: true, force: true });
  }

  // `lines`: further ones of its configuration, kept for the next start. host: where it listens;
  // command: what runs it, with the rest as its arguments.
  async broker(lines, { host = "127.0.0.1", command = [] } = {}) {
    this.brokerLines = lines ?? this.brokerLines ?? [];
    this.mqttPort ??= await freePort();
    const conf = join(this.dir, "mosquitto.conf");
    writeFileSync(
      conf,
      [
        `listener ${this.mqttPort} ${host}`,
        "allow_anonymous true",
        "persistence true",
        `persistence_location ${this.dir}/`,
        "max_queued_messages 100000000",
        "max_inflight_messages 0",
        process.getuid() === 0 ? "user root" : "",
        ...this.brokerLines,
      ].join("\n"),
    );
    const [program, ...args] = [...command, find("mosquitto"), "-c", conf];
    this.spawn("mosquitto", program, args);
    const [pub, ...first] = [...command, "mosquitto_pub", "-h", "127.0.0.1", "-p", `${this.mqttPort}`, "-t", "up", "-m", "x"];
    await until("the broker listens", () => execFileSync(pub, first, { stdio: "pipe" }));
    return this.mqttPort;
  }

  publish(topic, payload, { retain = false } = {}) {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    const args = ["-h", "127.0.0.1", "-p", `${this.mqttPort}`, "-q", "1", "-t", topic, "-m", text];
    execFileSync("mosquitto_pub", retain ? [...args, "-r"] : args, { stdio: "pipe" });
    return true;
  }
  // Many payloads on one topic over one connection; resolves when all are acknowledged.
  publishLines(topic, lines) {
    const child = spawn("mosquitto_pub", ["-h", "127.0.0.1", "-p", `${this.mqttPort}`, "-q", "1", "-t", topic, "-l"], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    child.stdin.end(lines.join("\n") + "\n");
    return new Promise((done) => child.on("exit", done));
  }

  async influx() {
    this.influxPort ??= await freePort();
    const backup = await freePort();
    const conf = join(this.dir, "influxdb.conf");
    writeFileSync(
      conf,
      `reporting-disabled = true
bind-address = "127.0.0.1:${backup}"
[meta]
  dir = "${this.dir}/influx/meta"
[data]
  dir = "${this.dir}/influx/data"
  wal-dir = "${this.dir}/influx/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${this.influxPort}"
  log-enabled = false
`,
    );
    this.spawn("influxd", find("influxd"), ["-config", conf]);
    await until("the database answers", async () => (await fetch(`${this.influxUrl()}/ping`)).ok, 60);
  }
  influxUrl() {
    return `http://127.0.0.1:${this.influxPort}`;
  }
  async influxRows(query) {
    const answer = await fetch(`${this.influxUrl()}/query?db=care&q=${encodeURIComponent(query)}`);
    const body = await answer.json();
    return body.results?.[0]?.series?.[0]?.values ?? [];
  }

  // `conf` is the text of a configuration; further settings go by -p. Ready is what `ready` says,
  // a path or a question.
  // daemonInside: a command that runs the rest of its arguments.
  async daemon(conf, settings = {}, ready = "/readyz") {
    this.httpPort ??= await freePort();
    this.conf = join(this.dir, "carewatch.conf");
    if (conf) writeFileSync(this.conf, conf);
    const all = {
      "journal.dir": join(this.dir, "journal"),
      "store.path": join(this.dir, "carewatch.db"),
      "mqtt.url": `tcp://127.0.0.1:${this.mqttPort}`,
      "http.listen": `127.0.0.1:${this.httpPort}`,
      "http.auth": "none",
      "registry.unknown_sites": "register",
      "influx.url": this.influxPort ? this.influxUrl() : "",
      ...settings,
    };
    const args = Object.entries(all).flatMap(([key, value]) => ["-p", `${key}=${value}`]);
    const [command, ...rest] = [...(this.daemonInside ?? []), carewatch, "serve", "-c", this.conf, ...args];
    this.spawn("carewatch", command, rest, this.daemonEnvironment);
    const isReady = typeof ready === "function" ? ready : async () => (await fetch(this.url() + ready)).ok;
    await until("the daemon is ready", isReady).catch((error) => {
      error.message += `\n${this.log("carewatch")}`;
      throw error;
    });
  }
  url() {
    return `http://127.0.0.1:${this.httpPort}`;
  }
  async get(path) {
    const answer = await fetch(this.url() + path);
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  }
  async post(path, body = {}, headers = {}) {
    return fetch(this.url() + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  }
  async alarms(state = "open") {
    return (await this.get(`/api/v1/alarms?state=${state}&limit=1000`)).items;
  }
}

// A door of the broker: what it and the daemon have to be told.
export const doorPlugin = join(build ?? "build", "plugins", "mosquitto_door.so");
export function door(stack, options = {}) {
  const dir = join(stack.dir, "door");
  const all = { dir, site_check: false, segment: "1MiB", quota: "64MiB", reserve: "1MiB", ...options };
  return {
    dir,
    broker: [`plugin ${doorPlugin}`, ...Object.entries(all).map(([key, value]) => `plugin_opt_${key} ${value}`)],
    daemon: `doors = ( { name = "city"; dir = "${dir}"; } );\n`,
    settings: { "mqtt.door": "city" },
  };
}

export const rules = `
rules = (
  { name = "spo2-low"; metric = "spo2"; detector = "threshold"; below = 90.0; clear = 92.0;
    priority = "high"; category = "physiological";
    text = { zh = "血氧过低"; en = "Low oxygen saturation"; }; },
  { name = "help-call"; detector = "event"; raise = [ "call.pressed" ];
    clear = [ "call.answered", "call.cancelled" ]; priority = "high"; category = "safety";
    pages_late = true; text = { zh = "呼叫"; en = "Help call"; }; } );
`;
