// test_amtool.mjs - the API of an Alertmanager by its own tool: alerts are queried, silences
// added, queried and expired; and a Prometheus' alerts become alarms until they end.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { have, rules, Stack, until } from "./stack.mjs";

const options = {
  skip: !have("mosquitto") ? "mosquitto is not installed" : !have("amtool") ? "amtool is not installed" : false,
};

const low = rules.replace(
  "rules = (",
  `rules = ( { name = "battery-low"; metric = "battery"; detector = "threshold"; below = 20.0; priority = "low";
     category = "technical"; text = { zh = "电量低"; en = "Battery low"; }; },`,
);

async function withDaemon(run) {
  const stack = new Stack();
  try {
    await stack.broker();
    await stack.daemon(low);
    await run(stack, (...args) =>
      new Promise((done) => {
        execFile("amtool", [`--alertmanager.url=${stack.url()}`, "--no-version-check", ...args], (error, out, err) =>
          done({ code: error?.code ?? 0, out: out.trim(), err }),
        );
      }),
    );
  } finally {
    await stack.end();
  }
}

const press = (stack, n) =>
  stack.publish("care/v1/s-1/desk/event", { id: `c-${n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n}` });

test("amtool queries alerts by label, state and pattern", options, () =>
  withDaemon(async (stack, amtool) => {
    press(stack, 1);
    stack.publish("care/v1/s-2/dev-1/telemetry", { ts: Date.now(), battery: 5 });
    await until("two alarms", async () => (await stack.alarms()).length === 2);
    const names = async (...args) => {
      const { code, out, err } = await amtool("alert", "query", "-o", "json", ...args);
      assert.equal(code, 0, err);
      return JSON.parse(out).map(({ labels }) => labels.alertname).sort();
    };
    assert.deepEqual(await names(), ["battery-low", "help-call"]);
    assert.deepEqual(await names("help-call"), ["help-call"]);
    assert.deepEqual(await names("site=s-2"), ["battery-low"]);
    assert.deepEqual(await names("alertname=~.*-low"), ["battery-low"]);
    assert.deepEqual(await names("priority!=high"), ["battery-low"]);
    assert.deepEqual(await names("site=nowhere"), []);
    const simple = await amtool("alert", "query");
    assert.match(simple.out, /^Alertname +Starts At +Summary +State/);
    assert.match(simple.out, /help-call .* active/);
    assert.equal((await fetch(`${stack.url()}/api/v2/alerts?filter=site%3D~(`)).status, 400);
  }));

test("amtool adds, queries and expires a silence; a high alarm is told all the same", options, () =>
  withDaemon(async (stack, amtool) => {
    stack.publish("care/v1/s-2/dev-1/telemetry", { ts: Date.now(), battery: 5 });
    await until("an alarm", async () => (await stack.alarms()).length === 1);
    const added = await amtool("silence", "add", "-a", "seat1", "-c", "we know", "-d", "1h", "alertname=battery-low", "site=~s-.*");
    assert.equal(added.code, 0, added.err);
    assert.match(added.out, /^[0-9a-f-]{36}$/);
    const query = JSON.parse((await amtool("silence", "query", "-o", "json")).out);
    assert.equal(query.length, 1);
    assert.equal(query[0].id, added.out);
    assert.deepEqual(
      query[0].matchers.map(({ name, value, isRegex }) => [name, value, isRegex]),
      [["alertname", "battery-low", false], ["site", "s-.*", true]],
    );
    assert.match((await amtool("silence", "query", "alertname=battery-low")).out, new RegExp(added.out));
    assert.doesNotMatch((await amtool("silence", "query", "alertname=other")).out, new RegExp(added.out));
    assert.equal(JSON.parse((await amtool("alert", "query", "-o", "json")).out).length, 0);
    const silenced = JSON.parse((await amtool("alert", "query", "-s", "-o", "json")).out);
    assert.deepEqual(silenced[0].status, { inhibitedBy: [], silencedBy: [added.out], state: "suppressed" });
    // The daemon's own list has it, and the audit who and why.
    assert.equal((await stack.get("/api/v1/silences")).items[0].id, added.out);
    const audit = (await stack.get("/api/v1/audit")).items;
    assert.ok(audit.some(({ what, why }) => what === "POST /api/v2/silences" && why === "we know"));

    const expired = await amtool("silence", "expire", added.out);
    assert.equal(expired.code, 0, expired.err);
    assert.equal(JSON.parse((await amtool("silence", "query", "-o", "json")).out).length, 0);
    assert.equal(JSON.parse((await amtool("alert", "query", "-o", "json")).out).length, 1);
    assert.notEqual((await amtool("silence", "expire", "nothing-like-it")).code, 0);
  }));

test("what a Prometheus pushes is an alarm until it ends or is not said again", options, () =>
  withDaemon(async (stack, amtool) => {
    const push = (alerts) => stack.post("/api/v2/alerts", alerts);
    const alert = (more = {}, end = 60000) => ({
      labels: { alertname: "DiskFull", severity: "warning", instance: "db1", ...more },
      annotations: { summary: "Disk of db1 is full" },
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + end).toISOString(),
      generatorURL: "http://prometheus/graph",
    });
    const open = async () => (await stack.alarms()).filter(({ rule, active }) => rule === "external-alert" && active);
    assert.equal((await push([alert()])).status, 200);
    await until("it is an alarm", async () => (await open()).length === 1);
    const [alarm] = await open();
    assert.deepEqual([alarm.priority, alarm.kind, alarm.device, alarm.text.en], ["medium", "DiskFull", "db1", "Disk of db1 is full"]);
    // Said again it is the same one, and no record.
    const { journal } = await stack.get("/api/v1/status");
    for (let i = 0; i < 20; i++) assert.equal((await push([alert()])).status, 200);
    assert.equal((await open())[0].count, 1);
    assert.equal((await open())[0].rev, alarm.rev);
    assert.ok((await stack.get("/api/v1/status")).journal.appended - journal.appended < 20);
    assert.equal(JSON.parse((await amtool("alert", "query", "-o", "json", "kind=DiskFull")).out).length, 1);
    // Another label is another alert; resolved is cleared; not said again is cleared as well.
    await push([alert({ instance: "db2" }, 1500), alert({ instance: "db3" })]);
    await until("three alarms", async () => (await open()).length === 3);
    await push([alert({}, -1000)]);
    await until("one was resolved, one forgotten", async () => {
      const now = await open();
      return now.length === 1 && now[0].device === "db3";
    });
    for (const bad of [{}, [{}], [{ labels: { a: 1 } }], [3]]) assert.equal((await push(bad)).status, 400, JSON.stringify(bad));
  }));
