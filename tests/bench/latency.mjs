// latency.mjs - from a publish to its alarm on an event stream, and to its line at the
// database, under a steady load; on a disk of memory and on the real one. Prints a JSON line
// for each; judges nothing.
//
//   CAREWATCH_BUILD=build node tests/bench/latency.mjs [--seconds 20] [--quick]
//
// The same run's fdatasync is printed beside: nothing is told before the disk has it.
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Stack, rules } from "../e2e/stack.mjs";
import { cpuSeconds, listen, publisher, quantile, round, sessionsUp } from "./probe.mjs";

const build = process.env.CAREWATCH_BUILD ?? "build";
const quick = process.argv.includes("--quick");
const at = process.argv.indexOf("--seconds");
const seconds = at < 0 ? (quick ? 5 : 20) : Number(process.argv[at + 1]);
const EVERY_MS = 20;
const disk = tmpdir();

// Takes lines; remembers when it saw which probe.
async function sink(seen) {
  const server = createServer((request, answer) => {
    let body = "";
    request.setEncoding("latin1");
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      for (const [, probe] of body.matchAll(/device=(probe-\d+)/g)) seen(probe);
      answer.writeHead(204).end();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

function stopwatch() {
  const sent = new Map();
  const delays = [];
  const arrived = (probe) => {
    if (sent.has(probe)) delays.push(performance.now() - sent.get(probe));
    sent.delete(probe);
  };
  const ms = (q) => round(quantile(delays.sort((a, b) => a - b), q), 1);
  return { sent, arrived, ms };
}

// How often records made the loop wake: at most once a sync, so the less for each the more there are.
async function wakeups(stack) {
  const text = await (await fetch(`${stack.url()}/metrics`)).text();
  return [...text.matchAll(/loop_wakeups_total\{by="\w+"\} (\d+)/g)].reduce((n, [, value]) => n + Number(value), 0);
}

async function busyWorst(stack) {
  const text = await (await fetch(`${stack.url()}/metrics`)).text();
  const rows = text.matchAll(/loop_busy_worst_seconds\{work="(\w+)"\} (\S+)/g);
  return Object.fromEntries([...rows].map(([, work, value]) => [work, round(1000 * Number(value))]));
}

async function measure(where, folder, rate) {
  process.env.TMPDIR = folder;
  const stack = new Stack();
  const alarms = stopwatch();
  const lines = stopwatch();
  const server = await sink(lines.arrived);
  try {
    await stack.broker();
    await stack.daemon(rules, {
      "influx.url": `http://127.0.0.1:${server.address().port}`, "influx.database": "care",
      "influx.flush_interval": "10ms", "influx.gzip": false, "journal.quota": "32GiB", "limits.unrostered": 100000,
    });
    await sessionsUp(stack);
    const pid = stack.children.get("carewatch").pid;
    await listen(`${stack.url()}/api/v1/stream?topics=alarms`, (frame) => {
      const probe = /"device":"(probe-\d+)"/.exec(frame)?.[1];
      if (probe) alarms.arrived(probe);
    });
    const publish = await publisher(stack.mqttPort);
    const load = execFile(join(build, "tests/bench_load"), [stack.mqttPort, rate * (seconds + 3), 1000, rate, 0].map(String));
    const loaded = new Promise((done) => load.on("exit", done));
    await pause(2000);
    const before = { cpu: cpuSeconds(pid), n: (await stack.get("/api/v1/status")).messages, at: performance.now(), wakes: await wakeups(stack) };
    for (let i = 0; performance.now() - before.at < seconds * 1000; i++) {
      const now = performance.now();
      alarms.sent.set(`probe-${i}`, now);
      lines.sent.set(`probe-${i}`, now);
      publish(`care/v1/bench/probe-${i}/telemetry`, { ts: Date.now(), spo2: 80 });
      await pause(EVERY_MS);
    }
    const status = await stack.get("/api/v1/status");
    const cpu = cpuSeconds(pid) - before.cpu;
    const n = status.messages - before.n;
    const wakes = (await wakeups(stack)) - before.wakes;
    const rateSeen = n / ((performance.now() - before.at) / 1000);
    await pause(1000);
    console.log(JSON.stringify({
      where, rate, messages_per_s: Math.round(rateSeen), cpu_us: round((1e6 * cpu) / n),
      wakeups_per_s: Math.round((rateSeen * wakes) / n), wakeups_per_message: round(wakes / n, 4),
      alarm_ms_p50: alarms.ms(0.5), alarm_ms_p99: alarms.ms(0.99), written_ms_p50: lines.ms(0.5),
      written_ms_p99: lines.ms(0.99), missing: alarms.sent.size + lines.sent.size,
      fdatasync_ms_p99: round(1000 * (status.journal?.sync_p99_s ?? NaN)), busy_worst_ms: await busyWorst(stack),
    }));
    await loaded;
  } finally {
    await stack.end();
    server.closeAllConnections();
    server.close();
  }
}

const folders = [["disk", disk]];
if (existsSync("/dev/shm")) folders.unshift(["memory", "/dev/shm"]);
for (const [where, folder] of folders) {
  for (const rate of [5000, 50000]) {
    await measure(where, folder, rate).catch((error) => console.error(`latency: ${where} ${rate}: ${error.message}`));
  }
}
process.exit(0);
