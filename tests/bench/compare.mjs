// compare.mjs - the same load on the same broker, taken by one contender after the other: what
// each costs per message, how fast it is, what it holds in memory. Prints a JSON line for each;
// judges nothing.
//
//   CAREWATCH_BUILD=build node tests/bench/compare.mjs [--messages 200000] [--only a,b] [--load full|quiet] [--quick]
//
// CPU is that of all threads of the contender, and apart from it that of the broker. Loads: as
// fast as it goes with 1,000 and with 100,000 devices, and a quiet 5,000 messages a second.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Stack, until } from "../e2e/stack.mjs";
import { contenders } from "./contenders.mjs";
import { cpuSeconds, rssMb, round } from "./probe.mjs";

const run = promisify(execFile);
const build = process.env.CAREWATCH_BUILD ?? "build";
const flag = (name, preset) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? preset : (process.argv[at + 1] ?? true);
};
const quick = process.argv.includes("--quick");
const messages = Number(flag("messages", quick ? 40_000 : 200_000));
const only = flag("only", "")?.split(",").filter(Boolean);
const load = flag("load", "");
const loads = [
  { name: "full", devices: 1_000, rate: 0, messages },
  { name: "full", devices: 100_000, rate: 0, messages: Math.max(messages, 100_000) },
  { name: "quiet", devices: 1_000, rate: 5_000, messages: quick ? 15_000 : 50_000 },
].filter(({ name }) => !load || name === load);

async function startSink(stack) {
  stack.spawn("sink", process.execPath, [new URL("sink.mjs", import.meta.url).pathname]);
  const port = await until("the sink listens", () => Number(stack.log("sink")));
  const url = `http://127.0.0.1:${port}`;
  return { url, count: async () => Number(await (await fetch(`${url}/count`)).text()) };
}

// Until `wanted` were taken, or none came for 20 seconds: who loses some says so. Asking is work
// for who is asked, so a quiet load is asked about seldom.
async function drained(contender, wanted, everyMs) {
  let last = -1;
  let since = performance.now();
  for (;;) {
    const n = await contender.count();
    const now = performance.now();
    if (n >= wanted) return { n, at: now };
    if (n !== last) since = now;
    if (now - since > 20_000) return { n, at: since };
    last = n;
    await pause(everyMs);
  }
}

async function push(stack, contender, what, load) {
  const tool = join(build, "tests/bench_load");
  const slack = (what.batch ?? 0) + (what.slack ?? 0);
  const before = await contender.count();
  const brokerPid = stack.children.get("mosquitto").pid;
  const cpu = cpuSeconds(...contender.pids);
  const brokerCpu = cpuSeconds(brokerPid);
  const began = performance.now();
  const args = [stack.mqttPort, load.messages, load.devices, load.rate, 0, ...(what.load ?? [])].map(String);
  const [, end] = await Promise.all([run(tool, args), drained(contender, before + load.messages - slack, load.rate ? 500 : 20)]);
  const n = end.n - before;
  return {
    messages_per_s: Math.round(n / ((end.at - began) / 1000)),
    cpu_us: (1e6 * (cpuSeconds(...contender.pids) - cpu)) / n,
    broker_cpu_us: (1e6 * (cpuSeconds(brokerPid) - brokerCpu)) / load.messages,
    lost: Math.max(0, load.messages - slack - n),
  };
}

async function measure(name, load) {
  const what = contenders[name];
  const stack = new Stack();
  try {
    const gate = what.broker?.(stack);
    await stack.broker(gate?.broker);
    const sink = await startSink(stack);
    const contender = await what.start(stack, sink, gate);
    // Every device once: births are no part of it.
    await push(stack, contender, what, { ...load, messages: Math.max(load.devices, 20_000), rate: 0 });
    const result = await push(stack, contender, what, load);
    console.log(JSON.stringify({
      contender: name, what: what.what, load: load.name, devices: load.devices, messages: load.messages,
      messages_per_s: result.messages_per_s, cpu_us: round(result.cpu_us), broker_cpu_us: round(result.broker_cpu_us),
      rss_mb: round(rssMb(contender.pids[0])), lost: result.lost,
    }));
  } finally {
    await stack.end();
  }
}

for (const [name, what] of Object.entries(contenders)) {
  if (only?.length && !only.includes(name)) continue;
  if (what.needs && !what.needs()) {
    console.error(`compare: ${name} is not installed, left out`);
    continue;
  }
  for (const load of loads) {
    await measure(name, load).catch((error) => console.error(`compare: ${name}: ${error.message}`));
  }
}
process.exit(0);
