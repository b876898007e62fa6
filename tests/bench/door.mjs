// door.mjs - the same city through a door and by subscription, in one run: messages per second
// flat out, and what each message costs the broker and the daemon (all their threads). Prints
// NAME VALUE UNIT, one a line; never fails on time.
//
//   paho   mosquitto ─► session ─► journal ─► fold
//   door   mosquitto with the plugin ─► its journal ─► merge record ─► fold
//
// A payload has nine numbers, 1,000 devices take turns. Flat out: as fast as the broker reads;
// the time ends when the daemon has folded the last one. Steady: 5,000 a second.
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { door, have, rules, Stack, until } from "../e2e/stack.mjs";
import { packet, text } from "../faults/publisher.mjs";

const N = Number(process.env.CAREWATCH_MESSAGES ?? 300_000);
const N_STEADY = 50_000;
const RATE = 5000;
const BURST = 1000; // messages of one write, each of another device

function message(i, qos) {
  const payload = {
    hr: 60 + (i % 30), spo2: 97, resp: 16, temp: 36.5, sys: 121, dia: 78, battery: 88, rssi: -61, steps: 100000 + i,
  };
  const id = Buffer.alloc(qos ? 2 : 0);
  if (qos) id.writeUInt16BE(i + 1);
  const topic = text(`care/v1/site-${i % 16}/dev-${String(i).padStart(6, "0")}/telemetry`);
  return packet(0x30 | (qos << 1), topic, id, Buffer.from(JSON.stringify(payload)));
}

async function open(port) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(packet(0x10, text("MQTT"), Buffer.from([4, 2, 0, 0]), text("load")));
  await once(socket, "data");
  socket.on("data", () => undefined); // PUBACKs
  return socket;
}
async function send(port, qos, n, rate) {
  const socket = await open(port);
  const size = rate ? rate / 50 : BURST;
  const bursts = [];
  for (let at = 0; at < BURST; at += size)
    bursts.push(Buffer.concat(Array.from({ length: size }, (_, i) => message(at + i, qos))));
  const begun = performance.now();
  for (let sent = 0; sent < n; sent += size) {
    if (rate) await pause(Math.max(0, begun + (sent / rate) * 1000 - performance.now()));
    if (!socket.write(bursts[(sent / size) % bursts.length])) await once(socket, "drain");
  }
  return socket;
}

// Nanoseconds on a processor, of all threads there are now.
function cpu(pid) {
  let sum = 0;
  for (const task of readdirSync(`/proc/${pid}/task`))
    sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  return sum;
}
const pid = (stack, name) => stack.children.get(name).pid;

async function measure(stack, qos, n, rate) {
  const folded = async () => (await stack.get("/api/v1/status")).telemetry;
  const before = await folded();
  const used = ["mosquitto", "carewatch"].map((name) => cpu(pid(stack, name)));
  const begun = performance.now();
  const socket = await send(stack.mqttPort, qos, n, rate);
  await until("all is folded", async () => (await folded()) >= before + n, 120);
  const seconds = (performance.now() - begun) / 1000;
  const [broker, daemon] = ["mosquitto", "carewatch"].map((name, i) => (cpu(pid(stack, name)) - used[i]) / n / 1000);
  socket.destroy();
  return { rate: n / seconds, broker, daemon };
}

async function run(variant) {
  const stack = new Stack();
  try {
    const gate = door(stack, { segment: "64MiB", quota: "8GiB", reserve: "64MiB" });
    const by = variant === "door";
    await stack.broker(by ? gate.broker : []);
    await stack.daemon((by ? gate.daemon : "") + rules, by ? gate.settings : {});
    await measure(stack, 0, 5 * BURST); // devices and series are born
    return {
      "flat.qos0": await measure(stack, 0, N),
      "flat.qos1": await measure(stack, 1, N),
      "steady.qos1": await measure(stack, 1, N_STEADY, RATE),
    };
  } finally {
    await stack.end();
  }
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const say = (name, value, unit) => console.log(`${name.padEnd(34)} ${value.toFixed(2)} ${unit}`);

if (!have("mosquitto")) {
  console.log("door.skipped 1 mosquitto");
} else {
  const rounds = { paho: [], door: [] };
  for (let round = 0; round < Number(process.env.CAREWATCH_ROUNDS ?? 3); round++)
    for (const variant of ["paho", "door"]) rounds[variant].push(await run(variant));
  for (const load of ["flat.qos0", "flat.qos1", "steady.qos1"]) {
    const of = (variant, key) => median(rounds[variant].map((all) => all[load][key]));
    for (const variant of ["paho", "door"]) {
      say(`door.${load}.${variant}.rate`, of(variant, "rate"), "msg/s");
      say(`door.${load}.${variant}.broker`, of(variant, "broker"), "us/msg");
      say(`door.${load}.${variant}.daemon`, of(variant, "daemon"), "us/msg");
    }
    const cost = (variant) => of(variant, "broker") + of(variant, "daemon");
    say(`door.${load}.cheaper`, cost("paho") / cost("door"), "times");
    say(`door.${load}.faster`, of("door", "rate") / of("paho", "rate"), "times");
  }
}
