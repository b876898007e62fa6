// test_nth_call.mjs - the n-th call of one kind fails in the real program, for n up to the last
// one of a scripted session (session.mjs). It may go on, refuse to start, or abort when there is
// no memory; it never crashes, and the next life finds everything: nothing lost, nothing twice,
// and the state that the journal says.
//
// CAREWATCH_POINTS is how many n are tried, spread over all kinds (CAREWATCH_LONG=1: 1,200);
// CAREWATCH_SEED chooses which; CAREWATCH_NTH="malloc:4711:12" tries that one alone,
// CAREWATCH_NTH=malloc that kind alone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { have, Stack } from "../e2e/stack.mjs";
import { Publisher } from "./publisher.mjs";
import { randomFrom } from "./random.mjs";
import { Session, sweep } from "./session.mjs";

const seed = Number(process.env.CAREWATCH_SEED ?? Date.now() % 1_000_000);
const points = Number(process.env.CAREWATCH_POINTS ?? (process.env.CAREWATCH_LONG ? 1200 : 44));
const only = process.env.CAREWATCH_NTH;
const preload = join(process.env.CAREWATCH_BUILD ?? "build", "tests", "fail_nth.so");

const EIO = 5, ENOMEM = 12, EMFILE = 24, ENOSPC = 28, SHORT = 0;
// Descriptors that are no files (the loop's own) are left alone: those kinds name the folder.
const kinds = [
  { kind: "malloc", error: ENOMEM, may: ["SIGABRT"] },
  { kind: "accept", error: EMFILE },
  { kind: "open", error: EMFILE, files: true },
  { kind: "write", error: EIO, files: true },
  { kind: "pwrite", error: EIO, files: true },
  { kind: "pwrite", error: ENOSPC, files: true },
  { kind: "pwrite", error: SHORT, files: true },
  { kind: "fdatasync", error: EIO, files: true },
  { kind: "fsync", error: EIO, files: true },
  { kind: "fallocate", error: ENOSPC, files: true },
];

const options = {
  skip: !have("mosquitto") ? "mosquitto is not installed"
    : process.env.ASAN_OPTIONS || process.env.CAREWATCH_SANITIZE ? "a sanitizer has its own malloc" : false,
};

class Sweep {
  n = 0;
  ends = new Map(); // how they ended, counted

  async session(fault, n, check) {
    const name = `s-${++this.n}`;
    const session = new Session(this.stack.dir, this.stack.mqttPort, this.publisher, name);
    const told = join(session.dir, "told");
    session.stack = join(session.dir, "stack");
    try {
      await session.prepare();
      const end = await session.live({
        LD_PRELOAD: preload,
        FAIL_NTH: `${fault.kind}:${n}:${fault.error}`,
        FAIL_NTH_TOLD: told,
        FAIL_NTH_STACK: session.stack,
        ...(fault.files && { FAIL_NTH_PATH: session.dir }),
      });
      await check(session, end, told);
    } catch (error) {
      error.message += `\n--- seed ${seed}, CAREWATCH_NTH=${fault.kind}:${n}:${fault.error}\n${session.log()}`;
      throw error;
    } finally {
      session.end();
    }
  }

  // How many calls a session makes of each kind.
  async measure() {
    await sweep(kinds, (fault) =>
      this.session(fault, 0, async (session, end, told) => {
        assert.equal(end, 0, "without a fault it ends well");
        fault.calls = Number(readFileSync(told, "utf8").split(" ")[0]);
        assert.ok(fault.calls > 0, `no ${fault.kind} at all`);
        if (fault === kinds[0]) await session.check();
      }));
  }

  async point({ fault, n }) {
    await this.session(fault, n, async (session, end, told) => {
      const allowed = [0, 1, ...(fault.may ?? [])]; // 1: refused to start, or its journal failed
      assert.ok(allowed.includes(end), `ended by ${end}`);
      let fired = false;
      try {
        fired = readFileSync(told, "utf8").trim().endsWith(" 1");
      } catch {
        // not even that could be written
      }
      const key = `${fault.kind}:${fault.error} ${fired ? end : "not reached"}`;
      this.ends.set(key, (this.ends.get(key) ?? 0) + 1);
      await session.check(fault.error === ENOSPC);
    });
  }
}

// All n of the kinds with few calls; what is left goes evenly, with a random begin, over the rest.
function choose(random) {
  if (only?.includes(":")) {
    const [kind, n, error] = only.split(":");
    return [{ fault: kinds.find((k) => k.kind === kind && k.error === Number(error)), n: Number(n) }];
  }
  const chosen = [];
  let left = points;
  const byCalls = kinds.filter(({ kind }) => !only || kind === only).sort((a, b) => a.calls - b.calls);
  byCalls.forEach((fault, i) => {
    const share = Math.min(fault.calls, Math.floor(left / (byCalls.length - i)));
    const stride = fault.calls / share;
    const begin = random();
    for (let k = 0; k < share; k++) chosen.push({ fault, n: 1 + Math.floor((k + begin) * stride) });
    left -= share;
  });
  return chosen;
}

test(`the n-th call fails, ${only ?? `${points} of them`} (seed ${seed})`, options, async (t) => {
  const random = randomFrom(seed);
  const all = new Sweep();
  all.stack = new Stack();
  try {
    await all.stack.broker();
    all.publisher = await Publisher.open(all.stack.mqttPort, "gateway");
    await all.measure();
    await sweep(choose(random), (point) => all.point(point));
    t.diagnostic(`calls of a session: ${kinds.map(({ kind, error, calls }) => `${kind}:${error} ${calls}`).join(", ")}`);
    t.diagnostic(`${[...all.ends].sort().map(([key, n]) => `${key}: ${n}`).join(", ")}`);
  } finally {
    all.publisher?.close();
    await all.stack.end();
  }
});
