// test_daemon.mjs - the daemon as its operator meets it: killed, reloaded, without database.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { carewatch, have, rules, Stack, until } from "./stack.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const withInflux = { skip: have("mosquitto") && have("influxd") ? false : "mosquitto or influxd is not installed" };

async function withStack(run) {
  const stack = new Stack();
  try {
    await run(stack);
  } catch (error) {
    try {
      error.message += `\n--- carewatch.log\n${stack.log("carewatch")}`;
    } catch {
      // it never started
    }
    throw error;
  } finally {
    await stack.end();
  }
}

const call = (n) => JSON.stringify({ id: `c-${n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n}` });

test("killed in the middle of help calls: none is lost, none is told twice", options, () =>
  withStack(async (stack) => {
    await stack.broker();
    await stack.daemon(rules);
    const n = 300;
    const sending = Promise.all(
      Array.from({ length: 3 }, (_, k) =>
        stack.publishLines(
          `care/v1/s-${k}/desk/event`,
          Array.from({ length: n }, (_, i) => call(`${k}-${i}`)),
        ),
      ),
    );
    for (let kill = 0; kill < 3; kill++) {
      await until("some have arrived", async () => (await stack.get("/api/v1/status")).messages > kill * 50, 20);
      await stack.stop("carewatch", "SIGKILL");
      await stack.daemon(null);
    }
    await sending;
    const ids = () => stack.alarms().then((alarms) => alarms.filter((a) => a.rule === "help-call"));
    await until("all calls are there", async () => (await ids()).length >= 3 * n, 60).catch(async (error) => {
      error.message += ` (${(await ids()).length} of ${3 * n})`;
      throw error;
    });
    const alarms = await ids();
    assert.equal(alarms.length, 3 * n);
    assert.equal(new Set(alarms.map((a) => a.id)).size, 3 * n);
    assert.ok(alarms.every((a) => a.count === 1));
  }));

test("an acknowledgement survives a kill; a stale one is refused with 412", options, () =>
  withStack(async (stack) => {
    await stack.broker();
    await stack.daemon(rules);
    stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
    const [alarm] = await until("the alarm", async () => {
      const alarms = await stack.alarms();
      return alarms.length === 1 && alarms;
    });
    const stale = await stack.post(`/api/v1/alarms/${alarm.id}/ack`, {}, { "If-Match": '"77"' });
    assert.equal(stale.status, 412);
    const done = await stack.post(`/api/v1/alarms/${alarm.id}/ack`, {}, { "If-Match": `"${alarm.rev}"` });
    assert.equal(done.status, 200);
    await stack.stop("carewatch", "SIGKILL");
    await stack.daemon(null);
    const [again] = await stack.alarms();
    assert.equal(again.id, alarm.id);
    assert.equal(again.state, "acked");
    const history = await stack.get(`/api/v1/alarms/${alarm.id}/history`);
    assert.deepEqual(history.items.map((h) => h.change), ["raised", "acked"]);
  }));

test("replay of the journal says what the live run said, twice the same bytes", options, () =>
  withStack(async (stack) => {
    await stack.broker();
    await stack.daemon(rules);
    for (const spo2 of [95, 85, 96, 84]) stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2 });
    const live = await until("two rounds", async () => {
      const alarms = await stack.alarms("all");
      return alarms.length > 0 && alarms[0].count + alarms.length > 2 && alarms;
    });
    await stack.stop("carewatch");
    const replay = () =>
      execFileSync(carewatch, ["replay", "-o", "json", join(stack.dir, "journal")], { encoding: "utf8" });
    const first = replay();
    assert.equal(first, replay());
    const last = new Map(first.trim().split("\n").map((line) => JSON.parse(line).alarm).map((a) => [a.id, a]));
    assert.deepEqual([...last.keys()].sort(), live.map((a) => a.id).sort());
    for (const alarm of live) assert.deepEqual(last.get(alarm.id), alarm);
  }));

test("a bad file changes nothing; a good one keeps alarms of unchanged rules", options, () =>
  withStack(async (stack) => {
    await stack.broker();
    await stack.daemon(rules);
    stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
    await until("the alarm", async () => (await stack.alarms()).length === 1);
    const sha = (await stack.get("/api/v1/status")).config.sha256;
    const daemon = stack.children.get("carewatch");

    writeFileSync(stack.conf, rules.replace("below = 90.0", "belov = 90.0"));
    daemon.kill("SIGHUP");
    await until("the mistake is told", () => /belov.*below/.test(stack.log("carewatch")));
    assert.equal((await stack.get("/api/v1/status")).config.sha256, sha);
    assert.equal((await stack.alarms()).length, 1);

    writeFileSync(stack.conf, rules.replace('"Help call"', '"Nurse call"'));
    daemon.kill("SIGHUP");
    await until("the new configuration", async () => (await stack.get("/api/v1/status")).config.sha256 !== sha);
    const alarms = await stack.alarms();
    assert.equal(alarms.length, 1);
    assert.equal(alarms[0].rev, 1);
  }));

test("without its database everything else works, and no point is lost", withInflux, () =>
  withStack(async (stack) => {
    await stack.broker();
    await stack.influx();
    await stack.stop("influxd");
    await stack.daemon(rules);
    const n = 500;
    const t0 = Date.now();
    await stack.publishLines(
      "care/v1/s-1/bed-1/telemetry",
      Array.from({ length: n }, (_, i) => JSON.stringify({ ts: t0 - n + i, hr: 60 + (i % 30) })),
    );
    await until("all are taken in", async () => (await stack.get("/api/v1/status")).messages >= n);
    await stack.stop("carewatch", "SIGKILL");
    await stack.daemon(null);
    await stack.influx();
    await until("every point is in the database", async () => {
      const [row] = await stack.influxRows("SELECT COUNT(hr) FROM vitals");
      return row?.[1] === n;
    }, 90);
  }));

test("the second instance refuses to start", options, () =>
  withStack(async (stack) => {
    await stack.broker();
    await stack.daemon(rules);
    const second = stack.spawn("second", carewatch, [
      "serve", "-c", stack.conf, "-p", `journal.dir=${join(stack.dir, "journal")}`,
      "-p", `store.path=${join(stack.dir, "carewatch.db")}`, "-p", "http.listen=127.0.0.1:0",
      "-p", `mqtt.url=tcp://127.0.0.1:${stack.mqttPort}`,
    ]);
    assert.equal(await second.gone, 4);
    assert.ok((await stack.get("/api/v1/status")).version);
  }));
