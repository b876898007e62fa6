// contenders.mjs - who listens to the broker in scripts/bench, and how each is started and asked
// how far it is. A contender is { pids, count() }; count() is the number of messages taken.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { door, have, until } from "../e2e/stack.mjs";
import { sessionsUp } from "./probe.mjs";

const build = process.env.CAREWATCH_BUILD ?? "build";
const peers = fileURLToPath(new URL("peers/", import.meta.url));
const rules = `rules = (
  { name = "hr"; metric = "hr"; detector = "threshold"; above = 130.0; below = 40.0;
    priority = "high"; category = "physiological"; text = { zh = "心率"; en = "Heart rate"; }; },
  { name = "spo2"; metric = "spo2"; detector = "threshold"; below = 90.0;
    priority = "high"; category = "physiological"; text = { zh = "血氧"; en = "Oxygen"; }; } );
`;
const room = { "limits.sites": 5000, "limits.devices": 1000000, "limits.series": 10000000, "journal.quota": "32GiB" };

// A program that prints its count for each line it reads.
async function counter(stack, name, program, args) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.gone = new Promise((done) => child.on("exit", (code, signal) => done(signal ?? code)));
  stack.children.set(name, child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const count = async () => {
    child.stdin.write("\n");
    return Number((await lines.next()).value);
  };
  await until(`${name} listens`, async () => (await count()) >= 0);
  return { pids: [child.pid], count };
}

// A program that posts lines to the sink, which counts them.
async function poster(stack, name, args, sink, ready) {
  const child = stack.spawn(name, process.execPath, args);
  await until(`${name} listens`, () => stack.log(name).includes(ready), 60);
  return { pids: [child.pid], count: sink.count };
}

async function daemon(stack, sink, gate) {
  const settings = { ...room, ...gate?.settings, "influx.url": sink.url, "influx.database": "care", "influx.flush_interval": "100ms",
    "influx.gzip": false }; // as the others: the database is on the same machine
  await stack.daemon((gate?.daemon ?? "") + rules, settings);
  const count = async () => (await stack.get("/api/v1/status")).messages;
  await sessionsUp(stack);
  return { pids: [stack.children.get("carewatch").pid], count };
}

const collectdPlugins = "/usr/lib/collectd";
function collectdConf(stack, sink) {
  return `Hostname "bench"
BaseDir "${stack.dir}"
PIDFile "${stack.dir}/collectd.pid"
TypesDB "/usr/share/collectd/types.db"
Interval 10
LoadPlugin mqtt
LoadPlugin write_http
<Plugin mqtt>
  <Subscribe "s">
    Host "127.0.0.1"
    Port ${stack.mqttPort}
    Topic "collectd/#"
    QoS 0
  </Subscribe>
</Plugin>
<Plugin write_http>
  <Node "n">
    URL "${sink.url}/"
    Format "Command"
    BufferSize 262144
  </Node>
</Plugin>
`;
}

export const contenders = {
  frame: {
    what: "raw framer (the limit)",
    start: (stack) => counter(stack, "frame", join(build, "tests/bench_frame"), [`${stack.mqttPort}`]),
  },
  paho: {
    what: "Paho, counting only",
    start: (stack) => counter(stack, "paho", join(build, "tests/bench_paho"), [`${stack.mqttPort}`]),
  },
  carewatch: {
    what: "carewatch by Paho",
    start: (stack, sink) => daemon(stack, sink),
  },
  door: {
    what: "carewatch through the door",
    broker: (stack) => door(stack, { segment: "64MiB", quota: "8GiB" }),
    start: (stack, sink, gate) => daemon(stack, sink, gate),
  },
  mqttjs: {
    what: "mqtt.js, 40 lines",
    needs: () => existsSync(join(peers, "node_modules/mqtt")),
    start: (stack, sink) =>
      poster(stack, "mqttjs", [join(peers, "mqttjs.mjs"), `${stack.mqttPort}`, `${sink.url}/write?db=care`], sink, "ready"),
  },
  nodered: {
    what: "Node-RED",
    needs: () => existsSync(join(peers, "node_modules/node-red")),
    batch: 5000, // its function node keeps less than that
    start: (stack, sink) => {
      const folder = join(stack.dir, "nodered");
      mkdirSync(folder);
      return poster(stack, "nodered", [join(peers, "nodered.mjs"), `${stack.mqttPort}`, sink.url, folder], sink, "Connected to broker");
    },
  },
  collectd: {
    what: "collectd (single values, own format)",
    needs: () => have("collectd") && existsSync(join(collectdPlugins, "mqtt.so")),
    load: ["collectd"],
    slack: 3000, // its buffer is written when it is full
    start: async (stack, sink) => {
      const conf = join(stack.dir, "collectd.conf");
      writeFileSync(conf, collectdConf(stack, sink));
      const child = stack.spawn("collectd", "/usr/sbin/collectd", ["-f", "-C", conf]);
      await until("collectd runs", () => stack.log("collectd").includes("Initialization complete"));
      await new Promise((done) => setTimeout(done, 500)); // it says nothing when it has subscribed
      return { pids: [child.pid], count: sink.count };
    },
  },
};
