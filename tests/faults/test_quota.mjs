// test_quota.mjs - the database is away until the journal is at its quota: the oldest telemetry
// is given up, counted and told; live telemetry and calls go on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { freePort, have, rules, Stack, until } from "../e2e/stack.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };

test("at the quota the oldest telemetry of a dead database gives way, nothing else", options, async () => {
  const stack = new Stack();
  try {
    await stack.broker();
    stack.influxPort = await freePort(); // nobody listens there
    const settings = {
      "journal.segment": "1MiB", "journal.quota": "12MiB", "journal.reserve": "1MiB", "journal.compress": "false",
    };
    await stack.daemon(rules, settings);
    const n = 1000;
    const status = () => stack.get("/api/v1/status");
    for (let round = 0; round < 20; round++) {
      const t0 = Date.now();
      const blanks = " ".repeat(900); // in the journal only
      const lines = Array.from({ length: n }, (_, i) => `{"ts":${t0 - n + i},"hr":${60 + round}${blanks}}`);
      await stack.publishLines("care/v1/s-1/bed-1/telemetry", lines);
      stack.publish("care/v1/s-1/desk/event", { id: `c-${round}`, ts: t0, type: "call.pressed", bed: `b-${round}` });
      await until("all are taken in", async () => (await status()).messages >= (round + 1) * (n + 1), 20);
      await pause(400); // a megabyte a second or so: the quota is looked at once a second
    }
    const { influx, journal } = await status();
    assert.ok(influx.given_up > 0);
    assert.ok(journal.bytes <= 12 << 20, `${journal.bytes}`);
    const told = await until("it is told", async () =>
      (await stack.alarms("all")).find((a) => a.rule === "influx-gave-up" && a.active));
    assert.equal(told.count, 1);
    const calls = (await stack.alarms()).filter((a) => a.rule === "help-call");
    assert.equal(calls.length, 20);

    // The rest is kept over a kill: only what was given up is missing.
    await stack.stop("carewatch", "SIGKILL");
    await stack.daemon(null, settings);
    assert.equal((await stack.alarms()).filter((a) => a.rule === "help-call").length, 20);
    assert.ok(!/journal damaged/.test(stack.log("carewatch")), stack.log("carewatch"));
  } catch (error) {
    error.message += `\n--- carewatch.log\n${stack.log("carewatch").split("\n").slice(-40).join("\n")}`;
    throw error;
  } finally {
    await stack.end();
  }
});
