// fanout.mjs - many clients of the event stream: memory of each, what a second of frames costs,
// and how long an alarm takes to all. 500 of them have the map: marks of 2,000 sites that change
// every second. Prints a JSON line; judges nothing.
//
//   CAREWATCH_BUILD=build node tests/bench/fanout.mjs [--clients 2000] [--seconds 10]
import { execFile, fork } from "node:child_process";
import { join } from "node:path";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { rules, Stack, until } from "../e2e/stack.mjs";
import { cpuSeconds, publisher, rssAnonMb, round, sessionsUp } from "./probe.mjs";

const run = promisify(execFile);
const build = process.env.CAREWATCH_BUILD ?? "build";
const number = (name, preset) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? preset : Number(process.argv[at + 1]);
};

// The clients are a process of their own: what they cost is not the daemon's.
function beClients(port, n, nMap) {
  let heard = 0;
  let open = 0;
  let wanted = "";
  for (let i = 0; i < n; i++) {
    const topics = i < nMap ? "alarms,kpi,marks" : "alarms,kpi";
    const socket = connect(port, "127.0.0.1");
    let tail = "";
    socket.setEncoding("latin1");
    socket.write(`GET /api/v1/stream?topics=${topics} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    socket.once("data", () => ++open === n && process.send({ open }));
    socket.on("data", (chunk) => {
      const text = tail + chunk;
      tail = text.slice(-200);
      if (!wanted || socket.told === wanted || !text.includes(`"device":"${wanted}"`)) return;
      socket.told = wanted;
      if (++heard === n) process.send({ all: wanted, at: Date.now() });
    });
    socket.on("error", (error) => process.send({ error: error.message }));
    socket.on("close", () => process.send({ error: "a stream was cut" }));
  }
  process.on("message", (message) => {
    wanted = message.wanted;
    heard = 0;
  });
}

async function measure(clients, nMap, seconds) {
  const stack = new Stack();
  let child;
  try {
    await stack.broker();
    await stack.daemon(rules, {
      "influx.url": "", "http.max_sse": clients + 10, "http.max_clients": clients + 100,
      "journal.quota": "32GiB", "http.max_per_address": clients + 100,
    });
    await sessionsUp(stack);
    const pid = stack.children.get("carewatch").pid;
    const publish = await publisher(stack.mqttPort);
    await run(join(build, "tests/bench_load"), [stack.mqttPort, 100000, 100000, 20000, 0].map(String));
    await until("all sites are there", async () => (await stack.get("/api/v1/status")).messages >= 100000, 60);
    await pause(1000);
    const empty = rssAnonMb(pid);
    const idle = cpuSeconds(pid);
    await pause(3000);
    const idleCpu = (cpuSeconds(pid) - idle) / 3;
    child = fork(fileURLToPath(import.meta.url), ["--as-clients", stack.httpPort, clients, nMap].map(String));
    const messages = [];
    child.on("message", (message) => messages.push(message));
    await until("all streams are open", () => messages.some((message) => message.open), 60);
    await pause(2000);
    const full = rssAnonMb(pid);
    const before = { cpu: cpuSeconds(pid), at: performance.now() };
    const toAll = [];
    for (let i = 0; i < seconds; i++) {
      const device = `all-${i}`;
      child.send({ wanted: device });
      await pause(100);
      const sent = Date.now();
      publish(`care/v1/site0${1000 + (i % 900)}/${device}/telemetry`, { ts: sent, spo2: 80 });
      const told = await until("all have the alarm", () => messages.find((message) => message.all === device), 30);
      toAll.push(told.at - sent);
      await pause(Math.max(0, 900 - (Date.now() - sent)));
    }
    const cpu = (cpuSeconds(pid) - before.cpu) / ((performance.now() - before.at) / 1000);
    console.log(JSON.stringify({
      clients, with_map: nMap, sites: 2000, kb_per_client: round((1024 * (full - empty)) / clients, 1),
      cpu_percent: round(100 * cpu, 1), cpu_percent_without: round(100 * idleCpu, 1),
      alarm_to_all_ms_worst: Math.max(...toAll), cut: messages.filter((message) => message.error).length,
    }));
  } finally {
    child?.removeAllListeners();
    child?.kill();
    await stack.end();
  }
}

const clients = process.argv.indexOf("--as-clients");
if (clients > 0) {
  beClients(...process.argv.slice(clients + 1).map(Number));
} else {
  await measure(number("clients", 2000), number("map", 500), number("seconds", 10));
  process.exit(0);
}
