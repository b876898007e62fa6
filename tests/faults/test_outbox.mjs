// test_outbox.mjs - a channel that takes every call and never answers: the others are told as
// if it were not there.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { have, rules, Stack, until } from "../e2e/stack.mjs";
import { Receiver } from "./receiver.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const CALLS = 300;

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
    await stack.publishLines("care/v1/s-1/desk/event", Array.from({ length: CALLS }, (_, i) =>
      JSON.stringify({ id: `c-${i}`, ts: Date.now(), type: "call.pressed", bed: `b-${i}` })));
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
