// test_contract.mjs - what a stranger may send, and what becomes of it: bad payloads between
// good ones, who may say what, retained messages, registrations, the limits of the API.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { have, rules, Stack, until } from "./stack.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const shared = join(dirname(fileURLToPath(import.meta.url)), "../../../shared/corpora");
const corpus = join(process.env.CAREWATCH_CORPORA ?? shared, "mqtt");
const withCorpus = { skip: options.skip || (existsSync(corpus) ? false : `${corpus} is not there`) };

async function withStack(conf, run) {
  const stack = new Stack();
  try {
    await stack.broker();
    await stack.daemon(conf);
    await run(stack);
  } finally {
    await stack.end();
  }
}

const sendFile = (stack, topic, file) =>
  execFileSync("mosquitto_pub", ["-h", "127.0.0.1", "-p", `${stack.mqttPort}`, "-q", "1", "-t", topic, "-f", file], { stdio: "pipe" });
const refusals = async (stack) => (await stack.get("/api/v1/status")).refused;
const messages = async (stack) => (await stack.get("/api/v1/status")).messages;

// What must be said of each; those not named here are taken as readings.
const wanted = {
  empty: "empty", not_json: "syntax", truncated: "syntax", trailing: "syntax", dupkey: "duplicate_key",
  nan: "syntax", inf: "number", bigint: "number", deep: "shape", deep_1e5: "too_large", nulstr: "encoding",
  rawnul: "encoding", bom: "encoding", utf16: "encoding", badutf8: "encoding", surrogate: "encoding",
  hugestr: "too_large", max_packet: "too_large", manykeys: "fields",
};

test("a mistyped topic is refused and counted, and what is right comes once", options, () =>
  withStack(rules, async (stack) => {
    const wrong = ["care/v1/s-1/d/other", "care/v1/s-1/d", "care/v1/s-1/d/event/x", "care/v1/s-1//telemetry"];
    for (const topic of wrong) stack.publish(topic, { ts: Date.now(), hr: 60 });
    stack.publish("care/v1/s-1/desk/event", { id: "c-1", ts: Date.now(), type: "call.pressed", bed: "b-1" });
    stack.publish("care/v1/s-1/gw/status", { online: true });
    stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), hr: 60 });
    await until("all are taken in", async () => (await messages(stack)) === wrong.length + 3);
    assert.deepEqual(await refusals(stack), { topic: 3, kind: 1 });
    const { items } = await stack.get("/api/v1/quarantine?limit=10");
    assert.deepEqual(items.map(({ topic }) => topic).sort(), [...wrong].sort());
    assert.equal((await stack.alarms()).find((alarm) => alarm.rule === "help-call").count, 1);
  }));

test("a bad payload is refused whole, with its reason, and its neighbours are not", withCorpus, () =>
  withStack(rules, async (stack) => {
    const rows = JSON.parse(readFileSync(join(corpus, "payloads.json")));
    for (const [i, row] of rows.entries()) {
      const before = await messages(stack);
      sendFile(stack, `care/v1/s-1/bad-${row.id}/telemetry`, join(corpus, row.file));
      stack.publish("care/v1/s-1/good/telemetry", { ts: Date.now(), hr: 60 + i });
      await until(`${row.name} and its neighbour`, async () => (await messages(stack)) === before + 2);
      const [newest] = (await stack.get("/api/v1/quarantine?limit=1")).items;
      const about = newest?.topic === `care/v1/s-1/bad-${row.id}/telemetry`;
      assert.equal(about ? newest.reason : undefined, wanted[row.name], row.name);
      if (about) assert.match(newest.error, /\S\.$/, row.name);
    }
    const devices = (await stack.get("/api/v1/sites/s-1/devices?limit=1000")).items;
    const refused = new Set(rows.filter((row) => wanted[row.name]).map((row) => `bad-${row.id}`));
    assert.deepEqual(devices.filter((device) => refused.has(device.device)), [], "nothing half applied");
    const good = devices.find((device) => device.device === "good");
    assert.equal(good.last.hr, 60 + rows.length - 1);
    const counted = Object.values(await refusals(stack)).reduce((a, b) => a + b, 0);
    assert.equal(counted, Object.keys(wanted).length);
  }));

test("the kind of a site decides what it may say", options, () =>
  withStack(
    `${rules} sites = ( { site = "home"; kind = "home"; }, { site = "stn"; kind = "station.health"; },
       { site = "org"; kind = "organisation"; }, { site = "dept"; kind = "department"; } );`,
    async (stack) => {
      const hour = 3600e3;
      const now = Date.now();
      const held = { activity: "a", category: "training", service: "x", persons: 9, start: now - hour, end: now };
      const rows = [
        ["home", { type: "call.pressed", bed: "1" }, true],
        ["org", { type: "call.pressed", bed: "1" }, false],
        ["stn", { type: "activity.held", ...held }, true],
        ["home", { type: "activity.held", ...held }, false],
        ["stn", { type: "visit.feedback", visit: "v", score: 5 }, false],
        ["home", { type: "visit.feedback", visit: "v", score: 5 }, true],
        ["stn", { type: "visit.settled", visit: "v", amount_fen: 1 }, false],
        ["dept", { type: "visit.settled", visit: "v", amount_fen: 1 }, true],
        ["org", { type: "complaint.closed", complaint: "c", result: "r" }, false],
      ];
      let id = 0;
      for (const [site, event, allowed] of rows) {
        const before = await messages(stack);
        const refused = (await refusals(stack)).not_authorised ?? 0;
        stack.publish(`care/v1/${site}/desk/event`, { id: `e-${id++}`, ts: Date.now(), ...event });
        await until("it is folded", async () => (await messages(stack)) > before);
        const more = ((await refusals(stack)).not_authorised ?? 0) - refused;
        assert.equal(more, allowed ? 0 : 1, `${site} says ${event.type}`);
      }
      // Nor does a site get another kind by saying so.
      stack.publish("care/v1/home/gw/roster", { site: { kind: "department" }, devices: [] }, { retain: true });
      stack.publish("care/v1/home/gw/event", { id: "x", ts: now, type: "visit.settled", visit: "v", amount_fen: 1 });
      await until("it is folded", async () => ((await refusals(stack)).not_authorised ?? 0) === 6);
      assert.equal((await stack.get("/api/v1/sites/home")).kind, "home");
    },
  ));

test("what the broker kept raises no alarm; a reading for another site is refused", options, () =>
  withStack(rules, async (stack) => {
    await stack.stop("carewatch");
    stack.publish("care/v1/s-1/bed/telemetry", { spo2: 50 }, { retain: true });
    stack.publish("care/v1/s-1/desk/event", { id: "c", type: "call.pressed", bed: "1" }, { retain: true });
    // A new client has no session at the broker: all it gets of these is the retained copy.
    await stack.daemon(null, { "mqtt.client_id": "another" });
    await until("both are refused", async () => (await refusals(stack)).retained === 2);
    stack.publish("care/v1/s-1/bed/telemetry", { spo2: 51, site: "s-2" });
    await until("the other site's is refused", async () => (await refusals(stack)).wrong_site === 1);
    assert.deepEqual(await stack.alarms("all"), []);
  }));

test("a registration is answered as it was applied, mistakes with what is wrong", options, () =>
  withStack(rules, async (stack) => {
    const put = (body) =>
      fetch(`${stack.url()}/api/v1/sites/s-9`, {
        method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
    assert.equal((await put({ kind: "home", lat: 30.6, lon: 104 })).status, 201);
    for (const bad of [{ kind: "base", lat: 300, lon: 0 }, { kind: "base", lat: 30 }, { kind: "castle" }, { colour: "red" }]) {
      const answer = await put(bad);
      assert.equal(answer.status, 400);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.match((await answer.json()).detail, /\S\.$/);
    }
    assert.equal((await stack.get("/api/v1/sites/s-9")).kind, "home");
    const statuses = {
      "/api/v1/alarms?limit=1001": 400, "/api/v1/alarms?colour=red": 400, "/api/v1/alarms?state=ajar": 400,
      "/api/v1/alarms?after=x": 400, "/api/v1/alarms/none": 404, "/api/v1/none": 404, "/api/v1/alarms/": 404,
      "/api/v1/series?device=d": 400, "/api/v1/stream?topics=none": 400,
    };
    for (const [path, status] of Object.entries(statuses)) {
      const answer = await fetch(stack.url() + path);
      assert.equal(answer.status, status, path);
      assert.equal((await answer.json()).status, status, path);
    }
    const wrong = await fetch(`${stack.url()}/api/v1/alarms`, { method: "DELETE" });
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get("allow"), "GET, HEAD, POST");
  }));
