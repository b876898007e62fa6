// test_limits.mjs - the running program gets too few descriptors, or too little memory, from
// hardly enough to start up to enough. It refuses to start, goes on, or aborts; it never
// crashes, and the next life finds everything (session.mjs).
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { have, rules, Stack, until } from "../e2e/stack.mjs";
import { Publisher } from "./publisher.mjs";
import { Session, sweep } from "./session.mjs";

const options = {
  skip: !have("mosquitto") ? "mosquitto is not installed"
    : !have("prlimit") ? "prlimit is not installed"
      : process.env.CAREWATCH_SANITIZE ? "a sanitizer needs its own memory" : false,
};
const MIB = 1 << 20;
const MOST_MIB = 640; // address space; enough
const FEW = 64; // descriptors, for a daemon with many idle clients

async function withSessions(run) {
  const stack = new Stack();
  let publisher;
  try {
    await stack.broker();
    publisher = await Publisher.open(stack.mqttPort, "gateway");
    await run(async (name, inside) => {
      const session = new Session(stack.dir, stack.mqttPort, publisher, name);
      try {
        await session.prepare();
        const end = await session.live({}, inside);
        // 1 and 4: it does not start; 127: not even its libraries had room.
        assert.ok([0, 1, 4, 127, "SIGABRT"].includes(end), `${inside}: ended by ${end}\n${session.log()}`);
        await session.check();
        return end;
      } catch (error) {
        error.message += `\n--- ${inside}`;
        throw error;
      } finally {
        session.end();
      }
    });
  } finally {
    publisher?.close();
    await stack.end();
  }
}

test("from too few descriptors to enough", options, (t) =>
  withSessions(async (session) => {
    const ends = new Map();
    await sweep([8, 12, 16, 18, 20, 22, 23, 24, 26, 28, 30, 34, 40], async (n) =>
      ends.set(n, await session(`fd-${n}`, ["prlimit", `--nofile=${n}`])));
    t.diagnostic([...ends].map(([n, end]) => `${n}: ${end}`).join(", "));
    assert.equal(ends.get(40), 0);
  }));

test("from too little memory to enough", options, (t) =>
  withSessions(async (session) => {
    const ends = new Map(), sizes = [];
    for (let mib = 40; mib < MOST_MIB; mib = Math.round(mib * 1.15)) sizes.push(mib);
    await sweep(sizes, async (mib) => ends.set(mib, await session(`mem-${mib}`, ["prlimit", `--as=${mib * MIB}`])));
    t.diagnostic([...ends].map(([mib, end]) => `${mib} MiB: ${end}`).join(", "));
    assert.equal(ends.get(sizes.at(-1)), 0);
  }));

const cpuTicks = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return Number(fields[11]) + Number(fields[12]);
};

test("idle clients take all descriptors: calls are taken, nothing spins, it recovers", options, async () => {
  const stack = new Stack();
  const idle = [];
  try {
    await stack.broker();
    stack.daemonInside = ["prlimit", `--nofile=${FEW}`];
    await stack.daemon(rules, { "http.max_clients": 1000 });
    const { pid } = stack.children.get("carewatch");
    const begin = performance.now();
    for (let i = 0; i < 4 * FEW; i++) {
      const socket = connect(stack.httpPort, "127.0.0.1").on("error", () => undefined);
      idle.push(socket);
      await Promise.race([once(socket, "connect"), once(socket, "close")]);
    }
    for (let i = 1; i <= 5; i++)
      stack.publish("care/v1/s-1/desk/event", { id: `c-${i}`, ts: Date.now(), type: "call.pressed", bed: `b-${i}` });
    const before = cpuTicks(pid);
    await pause(2000);
    assert.ok(cpuTicks(pid) - before < 100, `it spins: ${cpuTicks(pid) - before} of 200 ticks`);
    for (const socket of idle.splice(0)) socket.destroy();
    await until("all calls", async () => (await stack.alarms()).length === 5);
    assert.ok((await fetch(`${stack.url()}/readyz`)).ok);
    // Tried ten times a second, on a slow machine less often; a loop that spins, thousands of times.
    const rests = Number(/^carewatch_http_rests_total (\d+)/m.exec(await (await fetch(`${stack.url()}/metrics`)).text())?.[1]);
    const most = (performance.now() - begin) / 50;
    assert.ok(rests > 0 && rests <= most, `no descriptor ${rests} times, at most ${most}`);
  } catch (error) {
    error.message += `\n--- carewatch.log\n${stack.log("carewatch").split("\n").slice(-40).join("\n")}`;
    throw error;
  } finally {
    for (const socket of idle) socket.destroy();
    await stack.end();
  }
});
