// sse.mjs - many live pages at once: memory for each, and how long until an alarm is on all.
//
//   CAREWATCH_BUILD=build node tests/bench/sse.mjs [--clients 2000]      (needs ulimit -n)
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { Stack, rules, until } from "../e2e/stack.mjs";

const at = process.argv.indexOf("--clients");
const n = at < 0 ? 2000 : Number(process.argv[at + 1]);

const stack = new Stack();
const sockets = [];
let live = 0, told = 0, last = 0;
try {
  await stack.broker();
  await stack.daemon(rules, { "http.max_clients": n + 100, "http.max_sse": n + 50 });
  const { pid } = stack.children.get("carewatch");
  const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
  for (let i = 0; i < 50; i++) await stack.get("/api/v1/alarms"); // what is paid once
  const before = rss();
  for (let i = 0; i < n; i++) {
    const socket = connect(stack.httpPort, "127.0.0.1", () => socket.write("GET /api/v1/stream?topics=alarms HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    let first = true, mine = false;
    socket.on("error", () => undefined).on("data", (part) => {
      if (first) live++;
      first = false;
      if (!mine && part.includes("event: alarm")) {
        mine = true;
        told++;
        last = Date.now();
      }
    });
    sockets.push(socket);
    if (i % 100 === 99) await until("they are live", () => live === i + 1, 60);
  }
  await until("a second has passed for each", async () => (await stack.get("/api/v1/status")).sse_clients === n);
  const after = rss();
  const began = Date.now();
  stack.publish("care/v1/s-1/desk/event", { id: "c-1", ts: began, type: "call.pressed", bed: "b-1" });
  await until("all are told", () => told === n, 60);
  console.log(`${n} streams: ${((after - before) / n / 1024).toFixed(1)} KiB each; an alarm on all of them after ${last - began} ms`);
} finally {
  for (const socket of sockets) socket.destroy();
  await stack.end();
}
