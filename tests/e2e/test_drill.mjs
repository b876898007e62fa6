// test_drill.mjs - an exercise goes the whole way of an alarm: raised, told on every channel,
// escalated, answered, closed, reported. It is marked as one wherever it is seen, and is in no
// figure of real alarms.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { Mailbox } from "./mailbox.mjs";
import { have, rules, Stack, until } from "./stack.mjs";
import { Target } from "./target.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const good = { status: 200, body: '{"errcode":0,"code":0}' };

function secret(stack, name) {
  const path = join(stack.dir, name);
  writeFileSync(path, "hush", { mode: 0o600 });
  return path;
}

function configuration(stack, url, mailUrl) {
  const program = join(stack.dir, "ring");
  const key = secret(stack, "key");
  writeFileSync(program, `#!/bin/sh\ncat > /dev/null\necho "$CAREWATCH_DRILL $CAREWATCH_TEXT" >> ${stack.dir}/rang\n`, { mode: 0o755 });
  return `${rules}
alarms: { operators = 1; };
channels = (
  { name = "webhook"; notifier = "webhook"; url = "${url}/webhook"; source = "/carewatch/e2e"; },
  { name = "wecom"; notifier = "wecom"; url = "${url}/wecom"; key_file = "${key}"; },
  { name = "dingtalk"; notifier = "dingtalk"; url = "${url}/dingtalk"; token_file = "${key}"; secret_file = "${key}"; format = "markdown"; },
  { name = "feishu"; notifier = "feishu"; url = "${url}/feishu"; hook_file = "${key}"; secret_file = "${key}"; },
  { name = "sms"; notifier = "sms"; url = "${url}/sms"; body = "{{text}}"; },
  { name = "alertmanager"; notifier = "alertmanager"; url = "${url}/am"; resend = "none"; },
  { name = "email"; notifier = "email"; url = "${mailUrl}"; tls = "no"; from = "care@example.cn"; to = [ "desk@example.cn" ]; },
  { name = "exec"; notifier = "exec"; program = "${program}"; },
  { name = "mqtt"; notifier = "mqtt"; } );
routes = ( { channel = [ "webhook", "wecom", "dingtalk", "feishu", "sms", "alertmanager", "email", "exec", "mqtt" ]; changes = [ "raised" ]; } );
rosters = ( { name = "night"; members = [ "li" ]; channel = [ "webhook" ]; } );
escalations = ( { name = "all"; priority = "high"; repeat = "1h"; steps = [ "1s roster:night" ]; } );`;
}

const openDrill = async (stack) => {
  const answer = await stack.post("/api/v1/alarms", {
    site: "s-1", bed: "b-1", kind: "call", priority: "high", drill: true, text: { zh: "月度呼叫演练", en: "Monthly call" },
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
};
const order = async (stack, id, name, body) => {
  const answer = await stack.post(`/api/v1/alarms/${id}/${name}`, body);
  assert.ok(answer.ok, `${name}: ${await answer.clone().text()}`);
};
const count = (text, sample) => Number(new RegExp(`^${sample} (\\d+)$`, "m").exec(text)?.[1]);

// What each channel was told, and how it says that this is no alarm.
function isMarkedEverywhere(stack, target, mailbox, heard) {
  const body = (name) => JSON.parse(target.of(`/${name}`)[0].body);
  assert.equal(body("webhook").data.drill, true);
  assert.match(body("wecom").text.content, /^【演练·高】s-1 b-1 月度呼叫演练/);
  assert.match(body("dingtalk").markdown.text, /演练·高/);
  assert.match(JSON.stringify(body("feishu/hush")), /演练·高/);
  assert.equal(target.of("/sms")[0].body, "演练：月度呼叫演练"); // its template has no grade
  assert.equal(body("am/api/v2/alerts")[0].labels.drill, "true");
  assert.match(body("am/api/v2/alerts")[0].annotations.summary, /演练：/);
  assert.match(mailbox.mails[0].subject, /^【演练·高】/);
  assert.match(readFileSync(join(stack.dir, "rang"), "utf8"), /^1 【演练·高】/);
  assert.equal(JSON.parse(heard().split("\n")[0]).alarm.drill, true);
}

test("a drill goes the whole way, is marked on every channel and counted apart", options, async () => {
  const stack = new Stack();
  const target = await Target.open(() => good);
  const mailbox = await Mailbox.open(() => "250 ok");
  let facility, text = "";
  try {
    await stack.broker();
    facility = spawn("mosquitto_sub", ["-h", "127.0.0.1", "-p", `${stack.mqttPort}`, "-q", "1", "-t", "care-down/v1/s-1/alarm"], { stdio: ["ignore", "pipe", "inherit"] });
    facility.stdout.on("data", (part) => (text += part));
    await stack.daemon(configuration(stack, target.url, mailbox.url));
    stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 97 });
    await until("the site is known", async () => (await stack.get("/api/v1/sites")).items.length === 1);
    const { id } = await openDrill(stack);
    await until("every channel has it, and who is on duty", async () => {
      const { notify } = await stack.get("/api/v1/status");
      return notify.every(({ name, done, queued }) => queued === 0 && done === (name === "webhook" ? 2 : 1));
    });
    await until("the facility heard", () => text.includes("\n"));
    isMarkedEverywhere(stack, target, mailbox, () => text);
    assert.equal(JSON.parse(target.of("/webhook")[1].body).data.escalation, 1);

    const load = await stack.get("/api/v1/load");
    assert.deepEqual([load.high, load.unacked, load.presented, load.drills], [0, 0, 0, 1]);
    const metrics = await (await fetch(`${stack.url()}/metrics`)).text();
    assert.equal(count(metrics, 'carewatch_alarms\\{priority="high",state="unack"\\}'), 0);
    assert.equal(count(metrics, "carewatch_alarms_drills"), 1);
    assert.equal(count(metrics, "carewatch_alarms_presented_total"), 0);

    await order(stack, id, "ack", {});
    await order(stack, id, "assign", { assignee: "li" });
    await order(stack, id, "arrive", {});
    await order(stack, id, "close", { cause: "drill" });
    const { items } = await stack.get(`/api/v1/alarms/${id}/history`);
    const steps = items.map(({ change }) => change).filter((change) => change !== "notified");
    assert.deepEqual(steps, ["raised", "escalated", "acked", "assigned", "arrived", "closed"]);

    const [drills] = (await stack.get("/api/v1/reports/drills")).items;
    assert.deepEqual([drills.alarms, drills.told, drills.answered, drills.arrived, drills.closed], [1, 1, 1, 1, 1]);
    assert.deepEqual((await stack.get("/api/v1/reports/response")).items, []);
    assert.deepEqual((await stack.get("/api/v1/reports/load")).items, []);
    const csv = await fetch(`${stack.url()}/api/v1/reports/drills`, { headers: { Accept: "text/csv" } });
    assert.match(await csv.text(), /^group,alarms,.*\r?\n"all",1,/);
  } finally {
    facility?.kill();
    mailbox.close();
    target.close();
    await stack.end();
  }
});

test("the monthly test is overdue until a drill has gone through, which a restart remembers", options, async () => {
  const stack = new Stack();
  const target = await Target.open(() => good);
  const conf = (every) => `${rules}
channels = ( { name = "desk"; notifier = "webhook"; url = "${target.url}/desk"; test_every = "${every}"; } );
routes = ( { channel = [ "desk" ]; changes = [ "raised" ]; } );`;
  const untested = async () => (await stack.alarms("all")).find(({ rule }) => rule === "untested");
  const tested = async () => Date.parse((await stack.get("/api/v1/status")).notify[0].tested);
  try {
    await stack.broker();
    await stack.daemon(conf("3s"));
    const before = await tested();
    await until("the test is overdue", async () => (await untested())?.active);
    stack.publish("care/v1/s-1/desk/event", { id: "c-1", ts: Date.now(), type: "call.pressed", bed: "b-1" });
    await until("a real call was told", () => target.requests.some(({ body }) => JSON.parse(body).data.category === "safety"));
    assert.equal(await tested(), before); // which is no test
    await openDrill(stack);
    await until("the drill counts as the test", async () => (await tested()) > before);
    const last = await tested();
    await stack.stop("carewatch");
    await stack.daemon(conf("1h"));
    assert.equal(await tested(), last);
    await until("it is not overdue any more", async () => (await untested()).active === false);
  } finally {
    target.close();
    await stack.end();
  }
});
