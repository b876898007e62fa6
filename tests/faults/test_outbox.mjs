// test_outbox.mjs - a channel that takes every call and never answers: the others are told as
// if it were not there. And what has waited for long goes out as fast as what is new.
//
// CAREWATCH_WAITING chooses how much waits; the rate is printed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort, have, rules, Stack, until } from "../e2e/stack.mjs";
import { Receiver } from "./receiver.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const CALLS = 300;
const WAITING = Number(process.env.CAREWATCH_WAITING ?? 2000);

const calls = (n) =>
  Array.from({ length: n }, (_, i) =>
    JSON.stringify({ id: `c-${i}`, ts: Date.now(), type: "call.pressed", bed: `b-${i}` }));

test(`${CALLS} calls at once, one channel hangs: the other is told at once`, options, async () => {
  const stack = new Stack();
  const sockets = new Set();
  const hanging = createServer((socket) => sockets.add(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
  await once(hanging, "listening");
  const receiver = await Receiver.open(() => 0);
  try {
    await stack.broker();
    await stack.daemon(`${rules}
      channels = (
        { name = "hangs"; notifier = "webhook"; timeout = "60s"; url = "http://127.0.0.1:${hanging.address().port}/"; },
        { name = "works"; notifier = "webhook"; url = "http://127.0.0.1:${receiver.port}/works"; } );
      routes = ( { channel = [ "hangs", "works" ]; } );`);
    await stack.publishLines("care/v1/s-1/desk/event", calls(CALLS));
    await until("every call is told", () => receiver.told.get("works")?.size === CALLS, 20);
    for (const [id, { lives }] of receiver.told.get("works")) assert.equal(lives.length, 1, `${id} came twice`);
  } finally {
    await stack.stop("carewatch", "SIGKILL"); // what hangs would hold a clean stop
    await stack.end();
    receiver.close();
    hanging.close();
    for (const socket of sockets) socket.destroy();
  }
});

test(`${WAITING} calls wait for two channels that come back: each is told once`, options, async (t) => {
  const stack = new Stack();
  const port = await freePort(); // nobody listens there yet
  const channels = ["desk", "nurse"];
  let receiver;
  try {
    await stack.broker();
    await stack.daemon(`${rules}
      channels = (${channels.map((name) => `
        { name = "${name}"; notifier = "webhook"; max_backoff = "1s"; url = "http://127.0.0.1:${port}/${name}"; }`)} );
      routes = ( { channel = [ ${channels.map((name) => `"${name}"`)} ]; } );`);
    await stack.publishLines("care/v1/s-1/desk/event", calls(WAITING));
    await until("all are taken in", async () => (await stack.get("/api/v1/status")).messages >= WAITING, 120);
    receiver = await Receiver.open(() => 0, port);
    const count = () => channels.reduce((n, name) => n + (receiver.told.get(name)?.size ?? 0), 0);
    await until("the first is told", () => count() > 0, 20);
    const begun = performance.now(), before = count();
    await until("every call is told", () => count() === channels.length * WAITING, 30 + WAITING / 50);
    const rate = (count() - before) / ((performance.now() - begun) / 1000);
    for (const name of channels)
      for (const [id, { lives }] of receiver.told.get(name)) assert.equal(lives.length, 1, `${name}: ${id} came twice`);
    t.diagnostic(`${count()} told, ${Math.round(rate)}/s`);
  } finally {
    await stack.end();
    receiver?.close();
  }
});
