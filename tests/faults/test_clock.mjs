// test_clock.mjs - somebody sets the clock of the running program: two hours on, four hours back,
// to 2038 and to 1970. No timer stalls, none fires early, no notification is held back or given
// up as too old, the order of arrival is kept, and it is told.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { carewatch, have, rules, Stack, until } from "../e2e/stack.mjs";
import { Receiver } from "./receiver.mjs";

const preload = join(process.env.CAREWATCH_BUILD ?? "build", "tests", "step_clock.so");
const options = {
  skip: !have("mosquitto") ? "mosquitto is not installed"
    : process.env.CAREWATCH_SANITIZE ? "a sanitizer wants to be loaded first" : false,
};
const HOUR = 3600_000;
const CLASS_MS = 6000; // of a device that lives on, and of one that falls silent

const configuration = (port) => `
channels = ( { name = "desk"; notifier = "webhook"; max_backoff = "1s"; url = "http://127.0.0.1:${port}/desk"; } );
routes = ( { category = "safety"; channel = [ "desk" ]; } );
` + rules.replace("rules = (", `rules = (
  { name = "device-silent"; detector = "supervision"; condition = "device_silent"; },
  { name = "cold"; metric = "room_temp"; detector = "threshold"; below = 15.0; for = "4s"; priority = "low"; },`);

class Clock {
  constructor(path) {
    this.path = path;
    writeFileSync(path, Buffer.alloc(8));
  }
  set(ms) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(Math.round(ms)) * 1_000_000n);
    writeFileSync(this.path, bytes, { flag: "r+" }); // in place: the program has it mapped
  }
}

const find = async (stack, rule, device) =>
  (await stack.alarms("all")).find((a) => a.rule === rule && (!device || a.device === device));

const calls = async (stack) => (await stack.alarms("all")).filter((a) => a.rule === "help-call").length;

async function stepped(stack, clock, step) {
  const now = Date.now();
  const at = typeof step === "string" ? Date.parse(step) - now : step;
  const was = (await stack.get("/api/v1/status")).messages;
  clock.set(at);
  const begun = performance.now();
  // A value below its limit for a while, a device that speaks, one that stopped speaking.
  let n = 0;
  const name = `r-${String(step).replace(/\W/g, "")}`;
  const status = (device) => stack.publish(`care/v1/s-1/${device}/status`, { online: true, class: `${CLASS_MS / 1000}s` });
  status(`${name}-dead`);
  const dead = performance.now();
  const cold = () => stack.publish(`care/v1/s-1/${name}/telemetry`, { ts: Date.now(), room_temp: 10 });
  cold();
  const since = performance.now();
  const seen = {};
  while (performance.now() - begun < 4 * CLASS_MS && !(seen.cold && seen.silent)) {
    if (n++ % 4 === 0) {
      status(`${name}-alive`);
      cold();
    }
    if (!seen.cold && (await find(stack, "cold", name))) seen.cold = performance.now() - since;
    if (!seen.silent && (await find(stack, "device-silent", `${name}-dead`))) seen.silent = performance.now() - dead;
    await pause(250);
  }
  assert.ok(seen.cold >= 3900, `${step}: a hold of 4 s is told after ${seen.cold} ms`);
  assert.ok(seen.silent >= CLASS_MS - 100, `${step}: silence for ${CLASS_MS} ms is told after ${seen.silent} ms`);
  assert.equal(await find(stack, "device-silent", `${name}-alive`), undefined, `${step}: who speaks is not silent`);
  assert.ok((await stack.get("/api/v1/status")).messages > was);
}

const call = (stack, n) =>
  stack.publish("care/v1/s-1/desk/event", { id: `c-${n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n}` });

// A row is to be tried again in a second; the clock goes back by hours, then on by years.
async function notified(stack, clock, receiver) {
  call(stack, 1);
  await until("it was tried", async () => (await stack.get("/api/v1/status")).notify[0].last_error);
  clock.set(-4 * HOUR);
  receiver.answers = true;
  const told = () => receiver.told.get("desk")?.size ?? 0;
  await until("it is told although the clock went back", () => told() === 1);
  clock.set(3 * 365 * 24 * HOUR);
  call(stack, 2);
  await until("it is told although the clock went on", () => told() === 2);
}

test("the clock of the running program is set: no timer stalls or fires early, order is kept", options, async (t) => {
  const stack = new Stack();
  const receiver = await Receiver.open(() => 0);
  receiver.answers = false; // not yet
  try {
    const clock = new Clock(join(stack.dir, "clock"));
    stack.daemonEnvironment = { LD_PRELOAD: preload, STEP_CLOCK: clock.path };
    await stack.broker();
    await stack.daemon(configuration(receiver.port));
    await notified(stack, clock, receiver);
    for (const step of [2 * HOUR, -4 * HOUR, "2038-01-19T03:14:08Z", "1970-01-02T00:00:00Z", 0])
      await stepped(stack, clock, step);
    const told = await find(stack, "clock-stepped");
    assert.ok(told?.count >= 1, "it is told");
    // Killed with a clock that is years ahead, started with the right one: it goes on.
    clock.set(3 * 365 * 24 * HOUR);
    call(stack, 3);
    await until("the call", async () => (await calls(stack)) === 3);
    await stack.stop("carewatch", "SIGKILL");
    clock.set(0);
    await stack.daemon(null);
    call(stack, 4);
    await until("all calls", async () => (await calls(stack)) === 4);
    await stack.stop("carewatch");
    execFileSync(carewatch, ["journal", "verify", join(stack.dir, "journal")]); // arrival grows from record to record
    t.diagnostic(`clock-stepped raised ${told.count} times`);
  } catch (error) {
    error.message += `\n--- carewatch.log\n${stack.log("carewatch").split("\n").slice(-40).join("\n")}`;
    throw error;
  } finally {
    await stack.end();
    receiver.close();
  }
});
