// box.mjs - a whole box: broker, contender and a real database on one machine, as fast as it
// goes. Messages a second until the database has them all, and who spent the processor. Prints
// a JSON line for each; judges nothing.
//
//   CAREWATCH_BUILD=build node tests/bench/box.mjs [--quick] [--only door,mqttjs]
import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort, have, Stack, until } from "../e2e/stack.mjs";
import { contenders } from "./contenders.mjs";
import { cpuSeconds, round } from "./probe.mjs";

const run = promisify(execFile);
const build = process.env.CAREWATCH_BUILD ?? "build";
const at = process.argv.indexOf("--only");
const names = at < 0 ? ["carewatch", "door", "mqttjs"] : process.argv[at + 1].split(",");
const messages = process.argv.includes("--quick") ? 60_000 : 300_000;
const FIELDS = 7; // of a message's line, the same from all

async function influx(stack) {
  await stack.influx();
  const url = stack.influxUrl();
  await fetch(`${url}/query?q=${encodeURIComponent("CREATE DATABASE care")}`, { method: "POST" });
  // Asking for a count of rows would cost more than the writing.
  const count = async () => {
    const all = await (await fetch(`${url}/debug/vars`)).json();
    return all.write?.values.pointReq ?? 0;
  };
  return { url, count, pid: stack.children.get("influxd").pid };
}

async function victoria(stack) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = stack.spawn("victoria", "victoria-metrics", [
    `-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${join(stack.dir, "victoria")}`, "-retentionPeriod=100y",
  ]);
  await until("the database answers", async () => (await fetch(`${url}/health`)).ok);
  const count = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^vm_rows_inserted_total\{type="influx"\} (\S+)/m.exec(text)?.[1] ?? 0) / FIELDS;
  };
  return { url, count, pid: child.pid };
}

async function measure(name, database, open) {
  const what = contenders[name];
  const stack = new Stack();
  try {
    const gate = what.broker?.(stack);
    await stack.broker(gate?.broker);
    const sink = await open(stack);
    const contender = await what.start(stack, sink, gate);
    const pids = { contender: contender.pids[0], broker: stack.children.get("mosquitto").pid, database: sink.pid };
    const before = Object.entries(pids).map(([who, pid]) => [who, cpuSeconds(pid)]);
    const began = performance.now();
    let seen = 0;
    let since = began;
    const load = run(join(build, "tests/bench_load"), [stack.mqttPort, messages, 1000, 0, 0].map(String));
    while (seen < messages && performance.now() - since < 15_000) {
      await pause(50);
      const n = Math.floor(await sink.count());
      if (n > seen) since = performance.now();
      seen = Math.max(seen, n);
    }
    await load;
    const cpu = Object.fromEntries(before.map(([who, cpu]) => [`${who}_us`, round((1e6 * (cpuSeconds(pids[who]) - cpu)) / seen)]));
    console.log(JSON.stringify({
      database, contender: name, what: what.what, messages, messages_per_s: Math.round(seen / ((since - began) / 1000)),
      ...cpu, missing: messages - seen,
    }));
  } finally {
    await stack.end();
  }
}

const databases = [["influxdb", influx, "influxd"], ["victoria-metrics", victoria, "victoria-metrics"]];
for (const [database, open, program] of databases) {
  for (const name of have(program) ? names : []) {
    if (contenders[name].needs && !contenders[name].needs()) continue;
    await measure(name, database, open).catch((error) => console.error(`box: ${database} ${name}: ${error.message}`));
  }
}
process.exit(0);
