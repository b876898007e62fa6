// test_health.mjs - the daemon's own trouble is an alarm like any other, and ends by itself.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { test } from "node:test";
import { carewatch, freePort, have, rules, Stack, until } from "../e2e/stack.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };

// The same rules, told sooner.
const soon = (hook) => `
rules = (
  { name = "influx-behind"; detector = "system"; condition = "influx_behind"; after = "1s"; },
  { name = "broker-down"; detector = "system"; condition = "broker_down"; after = "1s"; },
  { name = "channel-dead"; detector = "system"; condition = "channel_dead"; after = "1s"; },
${rules.slice(rules.indexOf("(") + 1)}
channels = ( { name = "desk"; notifier = "webhook"; url = "http://127.0.0.1:${hook}/"; max_backoff = "1s"; } );
routes = ( { channel = [ "desk" ]; } );
`;

const find = async (stack, rule) => (await stack.alarms("all")).find((a) => a.rule === rule);
const active = (stack, rule) => until(`${rule} is told`, async () => (await find(stack, rule))?.active);
const over = (stack, rule) =>
  until(`${rule} is over`, async () => (await find(stack, rule))?.active === false, 40);

test("broker, database and channel: told when they fail, cleared when they are back", options, async () => {
  const stack = new Stack();
  const hook = await freePort();
  const bodies = [];
  const server = createServer((request, answer) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      bodies.push(JSON.parse(text));
      answer.end("{}");
    });
  });
  try {
    await stack.broker();
    stack.influxPort = await freePort(); // nobody listens there
    await stack.daemon(soon(hook));
    stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
    await active(stack, "influx-behind");
    await active(stack, "channel-dead");
    const dead = await find(stack, "channel-dead");
    assert.equal(dead.category, "technical");
    assert.equal(dead.priority, "high");
    assert.match(dead.text.en, /notification channel.* \(desk\)/);
    assert.ok(dead.text.zh && dead.action.zh && dead.action.en);
    assert.match((await stack.get(`/api/v1/alarms/${dead.id}/history`)).items[0].note, /./);

    await stack.stop("mosquitto");
    await active(stack, "broker-down");
    assert.equal((await fetch(`${stack.url()}/readyz`)).status, 503);

    // Killed meanwhile: nothing is told twice, and what is over by then is cleared.
    await stack.stop("carewatch", "SIGKILL");
    await stack.broker();
    server.listen(hook, "127.0.0.1");
    await stack.daemon(null);
    await over(stack, "broker-down");
    await over(stack, "channel-dead");
    for (const rule of ["influx-behind", "broker-down", "channel-dead"])
      assert.equal((await stack.alarms("all")).filter((a) => a.rule === rule && a.count === 1).length, 1, rule);
    assert.ok((await find(stack, "influx-behind")).active);
    await until("the channel got what waited", () => bodies.some((b) => JSON.stringify(b).includes("spo2-low")));
  } finally {
    server.close();
    await stack.end();
  }
});

// A loop that stood still (a storm, a disk, a stopped process) has told nothing for so long.
test("whoever lags behind says so", options, async () => {
  const stack = new Stack();
  const lagging = `rules = ( { name = "lagging"; detector = "system"; condition = "lagging"; after = "1s"; } );`;
  try {
    await stack.broker();
    await stack.daemon(lagging);
    const { pid } = stack.children.get("carewatch");
    process.kill(pid, "SIGSTOP");
    const stopped = Date.now();
    await until("it stood still for longer than is allowed", () => Date.now() - stopped > 11500);
    process.kill(pid, "SIGCONT");
    await active(stack, "lagging");
    const alarm = await find(stack, "lagging");
    assert.deepEqual([alarm.priority, alarm.category, alarm.state], ["high", "technical", "unack"]);
    assert.match((await stack.get(`/api/v1/alarms/${alarm.id}/history`)).items[0].note, /^1\d s behind$/);
    const metrics = await (await fetch(`${stack.url()}/metrics`)).text();
    assert.ok(Number(/^carewatch_loop_lag_seconds (\S+)$/m.exec(metrics)[1]) > 9, "the metric says so, too");
    // The worst of a minute is what counts, so it takes that long.
    if (process.env.CAREWATCH_LONG) await until("lagging is over", async () => !(await find(stack, "lagging")).active, 120);
  } finally {
    await stack.end();
  }
});

test("a clean start and stop tells nothing", options, async () => {
  const stack = new Stack();
  try {
    await stack.broker();
    await stack.daemon(rules);
    stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 97 });
    await until("it is taken", async () => (await stack.get("/api/v1/status")).messages >= 1);
    await stack.stop("carewatch");
    await stack.daemon(null);
    assert.deepEqual(await stack.alarms("all"), []);
    execFileSync(carewatch, ["journal", "verify", `${stack.dir}/journal`]);
  } finally {
    await stack.end();
  }
});
