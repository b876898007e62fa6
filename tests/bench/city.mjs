// city.mjs - the daemon under a city's load: CPU, memory, and how long a published value takes
// to an alarm on the event stream. Prints one JSON line; judges nothing.
//
//   CAREWATCH_BUILD=build node tests/bench/city.mjs [--sites 200] [--rate 5000] [--seconds 30]
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { carewatch, Stack } from "../e2e/stack.mjs";

const flags = Object.fromEntries(
  process.argv.slice(2).join(" ").split("--").filter(Boolean).map((f) => f.trim().split(/[ =]/)),
);
const sites = flags.sites ?? "200";
const rate = flags.rate ?? "5000";
const seconds = Number(flags.seconds ?? 30);

// CPU seconds of all threads (schedstat counts ns) and resident anonymous memory in kB.
function cpuSeconds(pid) {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  }
  return ns / 1e9;
}
const rssAnon = (pid) => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

// Just enough MQTT 3.1.1 to publish at QoS 0 without the start-up time of a program.
async function publisher(port) {
  const socket = connect(port, "127.0.0.1");
  const id = Buffer.from("bench");
  socket.write(Buffer.concat([Buffer.from([0x10, 12 + id.length, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, id.length]), id]));
  await new Promise((done) => socket.once("data", done));
  socket.setNoDelay(true);
  return (topic, text) => {
    const t = Buffer.from(topic);
    const body = Buffer.concat([Buffer.from([t.length >> 8, t.length & 255]), t, Buffer.from(text)]);
    const head = body.length < 128 ? [0x30, body.length] : [0x30, (body.length & 127) | 128, body.length >> 7];
    socket.write(Buffer.concat([Buffer.from(head), body]));
  };
}

const sent = new Map();
const delays = [];
function listen(url) {
  let text = "";
  get(url, (answer) => {
    answer.setEncoding("utf8");
    answer.on("data", (chunk) => {
      const now = performance.now();
      text += chunk;
      const frames = text.split("\n\n");
      text = frames.pop();
      for (const frame of frames) {
        const device = /"device":"(bench-\d+)"/.exec(frame)?.[1];
        if (device && sent.has(device)) {
          delays.push(now - sent.get(device));
          sent.delete(device);
        }
      }
    });
  }).on("error", () => {});
}
const quantile = (q) => delays.length && delays[Math.min(delays.length - 1, Math.floor(q * delays.length))];

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
  listen(`${stack.url()}/api/v1/stream?topics=alarms`);
  await pause(5000); // rosters and first values
  const before = { cpu: cpuSeconds(pid), messages: (await stack.get("/api/v1/status")).messages, at: performance.now() };
  for (let i = 0; i < seconds * 5; i++) {
    sent.set(`bench-${i}`, performance.now());
    publish(`care/v1/bench/bench-${i}/telemetry`, `{"ts":${Date.now()},"spo2":80}`);
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
      rss_anon_mb: +(rssAnon(pid) / 1024).toFixed(1),
      alarms: delays.length,
      alarms_missing: sent.size,
      alarm_ms_p50: +quantile(0.5).toFixed(1),
      alarm_ms_p99: +quantile(0.99).toFixed(1),
      fdatasync_ms_p99: +(1000 * (status.journal?.sync_p99_s ?? NaN)).toFixed(2),
    }),
  );
} finally {
  await stack.end();
}
process.exit(0);
