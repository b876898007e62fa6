// test_flood.mjs - ten times the usual rate, while 200 readers of the event stream have stopped
// reading: memory stays below its bound, calls among it become alarms, readers that read are
// served, and all of it is taken in. And a flood of what is no message at all.
//
// CAREWATCH_SECONDS is how long the flood lasts (CAREWATCH_LONG=1: 60), CAREWATCH_RATE the usual
// rate per second. The figures are printed.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { have, rules, Stack, until } from "../e2e/stack.mjs";
import { Publisher } from "./publisher.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const SECONDS = Number(process.env.CAREWATCH_SECONDS ?? (process.env.CAREWATCH_LONG ? 60 : 8));
const RATE = Number(process.env.CAREWATCH_RATE ?? 1000);
const STUCK = 200;
const MOST_KIB = 128 << 10;
const sanitized = Boolean(process.env.CAREWATCH_SANITIZE); // its memory is another matter

const anonymous = (pid) => Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/RssAnon:\s+(\d+)/)[1]);
const status = (stack) => stack.get("/api/v1/status");

// The broker keeps nothing for a session that was never there: waits until both are, and says
// how many messages that took.
async function heard(stack) {
  await until("both sessions", async () => (await status(stack)).mqtt.every(({ connected }) => connected));
  return until("they hear", async () => {
    stack.publish("care/v1/s-1/probe/telemetry", { hr: 60 });
    return (await status(stack)).messages;
  });
}

// Asks for the stream and never reads a byte of the answer.
async function stuckReader(port) {
  const socket = connect({ port, host: "127.0.0.1" }).pause().on("error", () => undefined);
  await once(socket, "connect");
  socket.write("GET /api/v1/stream?topics=alarms,kpi,marks HTTP/1.1\r\nHost: x\r\n\r\n");
  return socket;
}

// Reads the stream as it comes.
async function reader(stack, onPart) {
  const request = get(`${stack.url()}/api/v1/stream?topics=alarms`).on("error", () => undefined);
  const [answer] = await once(request, "response");
  answer.setEncoding("utf8").on("data", onPart).on("error", () => undefined);
  return request;
}

test(`${10 * RATE} messages a second for ${SECONDS} s, ${STUCK} stuck readers`, options, async (t) => {
  const stack = new Stack();
  const stuck = [];
  let good, publisher, events = 0, n_calls = 0, most = 0;
  try {
    await stack.broker();
    await stack.daemon(rules, { "http.max_sse": STUCK + 10, "http.max_clients": STUCK + 50 });
    const { pid } = stack.children.get("carewatch");
    const before = await heard(stack);
    for (let i = 0; i < STUCK; i++) stuck.push(await stuckReader(stack.httpPort));
    good = await reader(stack, (part) => (events += part.split("event: alarm").length - 1));
    publisher = await Publisher.open(stack.mqttPort, "flood");
    const begun = performance.now();
    publisher.start(10 * RATE, (n) => {
      if (n % (20 * RATE) === 0 || n % 500 === 0) {
        const event = { id: `c-${n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n_calls++}` };
        publisher.publish(`care/v1/s-${n % 8}/desk/event`, event);
      } else {
        // Some go up and down, so that there is a lot to tell.
        const spo2 = n % 40 === 0 ? 80 : 97;
        publisher.publish(`care/v1/s-${n % 8}/bed-${n % 400}/telemetry`, { ts: Date.now(), hr: 60 + (n % 9), spo2 });
      }
    });
    while (performance.now() - begun < SECONDS * 1000) {
      most = Math.max(most, anonymous(pid));
      await new Promise((done) => setTimeout(done, 100));
    }
    publisher.stop();
    await until("the broker took everything", () => publisher.acked === publisher.sent, 120);
    await until("all of it is taken in", async () => {
      most = Math.max(most, anonymous(pid));
      return (await status(stack)).messages >= before + publisher.sent;
    }, 300);
    const calls = await until("every call is an alarm", async () => {
      let n = 0;
      for (let next = ""; next !== null; ) {
        const page = await stack.get(`/api/v1/alarms?state=all&limit=1000${next && `&after=${next}`}`);
        n += page.items.filter((alarm) => alarm.rule === "help-call").length;
        next = page.next ?? null;
      }
      return n === n_calls && n;
    }, 60);
    await until("who reads is told", () => events >= n_calls, 60);
    most = Math.max(most, anonymous(pid));
    const took = Math.round((performance.now() - begun) / 1000);
    t.diagnostic(`${publisher.sent} messages, sent at ${Math.round(publisher.rate)}/s, taken in after ${took} s; ` +
      `${calls} calls; RssAnon at most ${Math.round(most / 1024)} MiB`);
    if (!sanitized) assert.ok(most <= MOST_KIB, `${most} KiB`);
  } finally {
    publisher?.close();
    for (const socket of stuck) socket.destroy();
    good?.destroy();
    await stack.end();
  }
});

// One of each kind of nonsense; the counter must know every one.
const nonsense = [
  () => ["care/v1/s-1/d/telemetry", randomBytes(200)],
  () => ["care/v1/s-1/d/telemetry", "[".repeat(3000)],
  () => ["care/v1/s-1/d/event", '{"id":"x","type":'],
  () => ["care/v1/s-1/d/telemetry", `{"${"k".repeat(5000)}":1}`],
  () => ["care/v1/s-1/d/status", '{"online":"perhaps"}'],
  () => ["care/v1/s-1/d/roster", '{"devices":[{"device":7}]}'],
  () => ["care/v1/s-1/d/other", "{}"],
  () => [`care/v1/s-1/${"d".repeat(300)}/telemetry`, '{"hr":1}'],
  () => ["care/v1/s-1/d/telemetry", "\u0000\u0001"],
];

test("a flood of nonsense: all of it is counted, little is kept, the log stays short", options, async (t) => {
  const stack = new Stack();
  let publisher;
  try {
    await stack.broker();
    await stack.daemon(rules);
    const { pid } = stack.children.get("carewatch");
    await heard(stack);
    publisher = await Publisher.open(stack.mqttPort, "nonsense");
    publisher.start(3000, (n) => publisher.publishBytes(...nonsense[n % nonsense.length]()));
    await new Promise((done) => setTimeout(done, SECONDS * 500));
    publisher.stop();
    publisher.publish("care/v1/s-1/desk/event", { id: "c", ts: Date.now(), type: "call.pressed", bed: "b-1" });
    await until("the broker took everything", () => publisher.acked === publisher.sent, 60);
    await until("the call", async () => (await stack.alarms()).some((alarm) => alarm.rule === "help-call"), 60);
    const count = (refused) => Object.values(refused).reduce((a, b) => a + b, 0);
    const { refused } = await until("all of it", async () => {
      const now = await status(stack);
      return count(now.refused) >= publisher.sent - 1 && now;
    }, 60);
    const counted = count(refused);
    assert.equal(counted, publisher.sent - 1, JSON.stringify(refused));
    const kept = readdirSync(stack.dir).filter((name) => name.includes(".quarantine"));
    assert.ok(kept.length > 0, "nothing is kept");
    for (const name of kept) assert.ok(statSync(join(stack.dir, name)).size < 16 << 20, name);
    assert.ok(stack.log("carewatch").split("\n").length < 100, "a line of the log for each");
    if (!sanitized) assert.ok(anonymous(pid) <= MOST_KIB);
    t.diagnostic(`${counted} refused: ${JSON.stringify(refused)}`);
  } finally {
    publisher?.close();
    await stack.end();
  }
});
