// webhook.mjs - how long from the offending publish to the first webhook: quiet, and in a flood
// ten times what the city sends, with a target that hangs and one that refuses beside it.
//
//   CAREWATCH_BUILD=build node tests/bench/webhook.mjs [--flood N a second] [--calls N]
//
// Times are from just before mosquitto_pub is started to the request at the receiver.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { rules, Stack, until } from "../e2e/stack.mjs";
import { Target } from "../e2e/target.mjs";

const option = (name, preset) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? preset : Number(process.argv[at + 1]);
};
const rate = option("flood", 20000), calls = option("calls", 40);

const stack = new Stack();
const sockets = new Set();
const hanging = createServer((socket) => sockets.add(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
await once(hanging, "listening");
const target = await Target.open(({ path }) => ({ status: path === "/refuses" ? 503 : 200 }));
let flood;

async function measure(what, from) {
  const ms = [];
  for (let n = from; n < from + calls; n++) {
    const began = Date.now();
    stack.publish("care/v1/s-1/desk/event", { id: `c-${n}`, ts: began, type: "call.pressed", bed: `b-${n}` });
    const told = () => target.of("/works").find(({ body }) => JSON.parse(body).data?.bed === `b-${n}`);
    await until("the call is told", told);
    ms.push(told().at - began);
  }
  ms.sort((a, b) => a - b);
  const at = (share) => ms[Math.min(ms.length - 1, Math.floor(share * ms.length))];
  console.log(`${what.padEnd(34)} ${calls} calls: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${ms.at(-1)} ms`);
}

try {
  await stack.broker();
  await stack.daemon(`${rules}
    channels = (
      { name = "hangs"; notifier = "webhook"; timeout = "60s"; url = "http://127.0.0.1:${hanging.address().port}/"; },
      { name = "refuses"; notifier = "webhook"; url = "${target.url}/refuses"; },
      { name = "works"; notifier = "webhook"; url = "${target.url}/works"; } );
    routes = ( { channel = [ "hangs", "refuses", "works" ]; changes = [ "raised" ]; } );`);
  await measure("quiet, one hangs, one refuses", 0);
  flood = spawn("mosquitto_pub", ["-h", "127.0.0.1", "-p", `${stack.mqttPort}`, "-q", "1", "-t", "care/v1/s-9/gw/telemetry", "-l"], { stdio: ["pipe", "ignore", "inherit"] });
  const timer = setInterval(() => {
    let text = "";
    for (let i = 0; i < rate / 20; i++) text += `[{"bn":"d${i % 500}:","n":"hr","v":${60 + (i % 40)}},{"n":"spo2","v":97}]\n`;
    flood.stdin.write(text);
  }, 50);
  const before = (await stack.get("/api/v1/status")).telemetry, began = Date.now();
  await measure(`flood of ${rate} messages a second`, 100000);
  const { telemetry, loop_lag_s } = await stack.get("/api/v1/status");
  console.log(`taken meanwhile: ${Math.round(((telemetry - before) * 1000) / (Date.now() - began))} messages a second, loop lag ${loop_lag_s} s`);
  clearInterval(timer);
} finally {
  flood?.kill();
  await stack.stop("carewatch", "SIGKILL"); // what hangs would hold a clean stop
  await stack.end();
  target.close();
  hanging.close();
  for (const socket of sockets) socket.destroy();
}
