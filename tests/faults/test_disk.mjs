// test_disk.mjs - the disk fills up, or fails, under the real program: events are still taken,
// it is told, nothing acknowledged is lost, and it goes on by itself.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { carewatch, have, rules, Stack, until } from "../e2e/stack.mjs";

const noBroker = have("mosquitto") ? false : "mosquitto is not installed";
const mayMount = spawnSync("unshare", ["-m", "true"]).status === 0;
const preload = join(process.env.CAREWATCH_BUILD ?? "build", "tests", "fail_nth.so");

const call = (n) => JSON.stringify({ id: `c-${n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n}` });
const values = (n) => Array.from({ length: n }, (_, i) => `{"ts":${Date.now() - n + i},"hr":60${" ".repeat(900)}}`);
const calls = async (stack) => (await stack.alarms()).filter((a) => a.rule === "help-call").map((a) => a.bed).sort();
const own = async (stack, rule) => (await stack.alarms("all")).find((a) => a.rule === rule);

async function withStack(run) {
  const stack = new Stack();
  try {
    await run(stack);
  } catch (error) {
    error.message += `\n--- carewatch.log\n${stack.log("carewatch").split("\n").slice(-40).join("\n")}`;
    throw error;
  } finally {
    await stack.end();
  }
}

test(
  "a full disk: telemetry is held, events are taken, it is told, it recovers by itself",
  { skip: noBroker || (mayMount ? false : "no right to mount (unshare -m)") },
  () =>
    withStack(async (stack) => {
      const small = join(stack.dir, "small");
      mkdirSync(small);
      // A disk of 16 MB that only this daemon sees, held by a process of its own.
      const mount = 'mount -t tmpfs -o size=16m tmpfs "$0" && exec sleep 600';
      const holder = stack.spawn("holder", "unshare", ["-m", "sh", "-c", mount, small]);
      const seen = `/proc/${holder.pid}/root${small}`;
      await until("the small disk", () => statfsSync(seen).blocks * statfsSync(seen).bsize === 16 << 20);
      stack.daemonInside = ["nsenter", "-m", "-t", `${holder.pid}`];
      const settings = {
        "journal.dir": join(small, "journal"),
        "journal.segment": "1MiB",
        "journal.quota": "64MiB",
        "journal.reserve": "2MiB",
      };
      await stack.broker();
      await stack.daemon(rules, settings);
      stack.publish("care/v1/s-1/desk/event", call(1));
      await until("the first call", async () => (await calls(stack)).length === 1);

      const ballast = openSync(join(seen, "ballast"), "w");
      const block = Buffer.alloc(65536, 1);
      try {
        for (;;) writeSync(ballast, block);
      } catch (error) {
        assert.equal(error.code, "ENOSPC");
      }
      const sending = stack.publishLines("care/v1/s-1/bed-1/telemetry", values(4000));
      await until("it is told", async () => (await own(stack, "journal-full"))?.active);
      for (let i = 2; i <= 20; i++) stack.publish("care/v1/s-1/desk/event", call(i));
      await until("calls are taken from the reserve", async () => (await calls(stack)).length === 20);
      await until("telemetry is held", async () =>
        (await stack.get("/api/v1/status")).mqtt.some((s) => s.role === "data" && !s.connected));
      assert.equal((await stack.get("/api/v1/status")).journal.telemetry_held, true);
      assert.ok((await fetch(`${stack.url()}/readyz`)).ok);

      // Killed while the disk is full: it starts, knows all, and takes calls.
      await stack.stop("carewatch", "SIGKILL");
      await stack.daemon(null, settings);
      assert.equal((await calls(stack)).length, 20);
      stack.publish("care/v1/s-1/desk/event", call(21));
      await until("a call after the start", async () => (await calls(stack)).length === 21);

      ftruncateSync(ballast, 0);
      closeSync(ballast);
      await until("it goes on by itself", async () => (await own(stack, "journal-full"))?.active === false, 40);
      await sending;
      await until("held telemetry comes", async () => (await stack.get("/api/v1/status")).messages >= 4021, 40);
      assert.equal((await calls(stack)).length, 21);
      await until("the reserve is there again", () => readdirSync(join(seen, "journal")).includes("reserve"));
      assert.equal((await own(stack, "journal-full")).count, 1);
    }),
);

test("a failed sync: nothing more is acknowledged, it ends, and the next start says so", { skip: noBroker }, () =>
  withStack(async (stack) => {
    await stack.broker();
    // Somewhere in the middle of the calls the disk refuses.
    stack.daemonEnvironment = { LD_PRELOAD: preload, FAIL_NTH: "fdatasync:60:5", FAIL_NTH_PATH: "/journal/" };
    await stack.daemon(rules);
    const daemon = stack.children.get("carewatch");
    const n = 400;
    const sending = stack.publishLines("care/v1/s-1/desk/event", Array.from({ length: n }, (_, i) => call(i)));
    await until("it is not ready", async () => {
      const answer = await fetch(`${stack.url()}/readyz`);
      return answer.status === 503 && /journal/.test(await answer.text());
    });
    assert.equal((await stack.get("/api/v1/status")).journal.ok, false);
    assert.equal(await daemon.gone, 1);
    stack.children.delete("carewatch");
    assert.match(stack.log("carewatch"), /the journal failed/);
    assert.ok(readdirSync(join(stack.dir, "journal")).includes("failed"));

    stack.daemonEnvironment = {};
    await stack.daemon(null);
    await sending;
    await until("every call is there", async () => (await calls(stack)).length === n, 40);
    const failed = await own(stack, "journal-failed");
    assert.equal(failed.priority, "high");
    assert.equal(failed.state, "rtn_unack");
    const names = readdirSync(join(stack.dir, "journal"));
    assert.ok(names.some((name) => name.endsWith(".seg.damaged")) && !names.includes("failed"));
    execFileSync(carewatch, ["journal", "verify", join(stack.dir, "journal")]);
  }));
