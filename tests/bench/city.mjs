// city.mjs - the daemon under a city's load: CPU, memory, and how long a published value takes
// to an alarm on the event stream. Prints one JSON line; judges nothing.
//
//   CAREWATCH_BUILD=build node tests/bench/city.mjs [--sites 200] [--rate 5000] [--seconds 30]
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { carewatch, Stack } from "../e2e/stack.mjs";
import { cpuSeconds, listen, publisher, quantile, rssAnonMb } from "./probe.mjs";

const flags = Object.fromEntries(
  process.argv.slice(2).join(" ").split("--").filter(Boolean).map((f) => f.trim().split(/[ =]/)),
);
const sites = flags.sites ?? "200";
const rate = flags.rate ?? "5000";
const seconds = Number(flags.seconds ?? 30);

const sent = new Map();
const delays = [];
function told(frame) {
  const device = /"device":"(bench-\d+)"/.exec(frame)?.[1];
  if (!device || !sent.has(device)) return;
  delays.push(performance.now() - sent.get(device));
  sent.delete(device);
}
const ms = (q) => +quantile(delays, q).toFixed(1);

const stack = new Stack();
try {
  await stack.broker();
  if (!("no-influx" in flags)) await stack.influx();
  const conf = readFileSync(new URL("../../conf/demo.conf", import.meta.url), "utf8");
  await stack.daemon(conf.replace(/for = "15s"/, 'for = "0s"'));
  const pid = stack.children.get("carewatch").pid;
  stack.spawn("sim", carewatch, ["sim", "--broker", `tcp://127.0.0.1:${stack.mqttPort}`, "--sites", sites,
    "--rate", rate, "--seed", "1", "--for", `${seconds + 10}s`]);
  const publish = await publisher(stack.mqttPort);
  await listen(`${stack.url()}/api/v1/stream?topics=alarms`, told);
  await pause(5000); // rosters and first values
  const before = { cpu: cpuSeconds(pid), messages: (await stack.get("/api/v1/status")).messages, at: performance.now() };
  for (let i = 0; i < seconds * 5; i++) {
    sent.set(`bench-${i}`, performance.now());
    publish(`care/v1/bench/bench-${i}/telemetry`, { ts: Date.now(), spo2: 80 });
    await pause(200);
  }
  const status = await stack.get("/api/v1/status");
  const wall = (performance.now() - before.at) / 1000;
  const messages = status.messages - before.messages;
  const cpu = cpuSeconds(pid) - before.cpu;
  await pause(1000);
  delays.sort((a, b) => a - b);
  console.log(
    JSON.stringify({
      sites: Number(sites),
      messages_per_s: Math.round(messages / wall),
      cpu_percent_of_core: +((100 * cpu) / wall).toFixed(1),
      cpu_us_per_message: +((1e6 * cpu) / messages).toFixed(2),
      rss_anon_mb: +rssAnonMb(pid).toFixed(1),
      alarms: delays.length,
      alarms_missing: sent.size,
      alarm_ms_p50: ms(0.5),
      alarm_ms_p99: ms(0.99),
      fdatasync_ms_p99: +(1000 * (status.journal?.sync_p99_s ?? NaN)).toFixed(2),
    }),
  );
} finally {
  await stack.end();
}
process.exit(0);
