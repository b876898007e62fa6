// test_channels.mjs - from a call button to the people: signed, once, in spite of a target that
// fails.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { carewatch, have, rules, Stack, until } from "./stack.mjs";
import { Target } from "./target.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const good = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };

async function withTarget(answer, run) {
  const stack = new Stack();
  const target = await Target.open(answer);
  try {
    await run(stack, target);
  } catch (error) {
    try {
      error.message += `\n--- carewatch.log\n${stack.log("carewatch")}`;
    } catch {
      // it never started
    }
    throw error;
  } finally {
    await stack.end();
    target.close();
  }
}

function secret(stack, name, text) {
  const path = join(stack.dir, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const dingtalk = (stack, target, name, path, more = "") => `
  { name = "${name}"; notifier = "dingtalk"; url = "${target.url}${path}";
    token_file = "${secret(stack, "token", "tok+1")}"; secret_file = "${secret(stack, "sec", "SECtest")}"; ${more} }`;
const webhook = (stack, target, name, path, more = "") => `
  { name = "${name}"; notifier = "webhook"; url = "${target.url}${path}"; source = "/carewatch/e2e";
    secret_file = "${secret(stack, "hook", "hush")}"; ${more} }`;
const routed = (channels, names) =>
  `${rules}channels = (${channels.join(",")} );
routes = ( { channel = [ ${names.map((name) => `"${name}"`).join(", ")} ]; changes = [ "raised" ]; } );`;

const press = (stack, n) =>
  stack.publish("care/v1/s-1/desk/event", { id: `c-${n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n}` });

function signedByDingtalk(url) {
  const at = url.searchParams.get("timestamp");
  assert.ok(Math.abs(Number(at) - Date.now()) < 60000);
  assert.equal(url.searchParams.get("access_token"), "tok+1");
  const sign = createHmac("sha256", "SECtest").update(`${at}\nSECtest`).digest("base64");
  assert.equal(url.searchParams.get("sign"), sign);
}

function signedByWebhook({ headers, body }) {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers["x-carewatch-signature"]);
  assert.equal(v1, createHmac("sha256", "hush").update(`${t}.${body}`).digest("hex"));
}

test("a call reaches webhook and robot once, signed; a failure is tried again by the same id", options, () =>
  withTarget(
    ({ path }, n) => (path === "/hook" && n === 1 ? { status: 500 } : good),
    async (stack, target) => {
      await stack.broker();
      await stack.daemon(
        routed([webhook(stack, target, "desk", "/hook"), dingtalk(stack, target, "ding", "/robot")], ["desk", "ding"]),
      );
      press(stack, 1);
      await until("the webhook was told again", () => target.of("/hook").length === 2);
      await until("both are delivered", async () => {
        const { notify } = await stack.get("/api/v1/status");
        return notify.every((channel) => channel.done === 1 && channel.ok);
      });
      const [alarm] = await stack.alarms();
      const [first, second] = target.of("/hook").map(({ body }) => JSON.parse(body));
      assert.equal(first.id, `${alarm.id}:1`);
      assert.deepEqual([second.id, second.source], [first.id, first.source]);
      target.of("/hook").forEach(signedByWebhook);

      const robot = target.of("/robot");
      assert.equal(robot.length, 1);
      signedByDingtalk(robot[0].url);
      assert.match(JSON.parse(robot[0].body).text.content, /^【高】s-1 b-1 呼叫 \d\d:\d\d:\d\d$/);
      const metrics = await (await fetch(`${stack.url()}/metrics`)).text();
      assert.match(metrics, /carewatch_notifications_total\{channel="desk",result="retried"\} 1\n/);
      assert.match(metrics, /carewatch_notifications_total\{channel="ding",result="done"\} 1\n/);
    },
  ));

test("notify-test sends a drill, shows the request without its secrets, and exits by the answer", () =>
  withTarget(
    ({ path }) => (path === "/no" ? { status: 200, body: '{"errcode":310000,"errmsg":"sign not match"}' } : good),
    async (stack, target) => {
      const file = join(stack.dir, "t.conf");
      writeFileSync(
        file,
        `channels = (${dingtalk(stack, target, "yes", "/yes")}, ${dingtalk(stack, target, "no", "/no")}, ${webhook(stack, { url: "http://127.0.0.1:9" }, "away", "/?token=tok%2B1")});`,
      );
      const run = (...args) =>
        new Promise((done) => {
          execFile(carewatch, ["notify-test", ...args], (error, stdout) => done({ code: error?.code ?? 0, stdout }));
        });
      const dry = await run("yes", "-c", file, "--dry-run");
      assert.equal(dry.code, 0);
      assert.equal(target.requests.length, 0);
      assert.match(dry.stdout, /^POST http:\/\/127\.0\.0\.1:\d+\/yes\?access_token=\*\*\*&timestamp=\d{13}&sign=\*\*\*\n/);
      assert.match(dry.stdout, /\nContent-Type: application\/json; charset=utf-8\n\n\{"msgtype":"text",/);
      assert.doesNotMatch((await run("away", "-c", file, "--dry-run")).stdout, /tok\+1|tok%2B1|hush/);

      const yes = await run("yes", "-c", file);
      assert.equal(yes.code, 0);
      assert.match(yes.stdout, /^yes: delivered \(200, \d+ ms\)\n$/);
      assert.match(JSON.parse(target.of("/yes")[0].body).text.content, /演练/);
      const no = await run("no", "-c", file);
      assert.equal(no.code, 1);
      assert.match(no.stdout, /310000: sign not match/);
      assert.equal((await run("away", "-c", file)).code, 3);
      assert.equal((await run("nobody", "-c", file)).code, 2);
    },
  ));
