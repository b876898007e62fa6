// test_channels.mjs - from a call button to the people: signed, once, in spite of a target that
// fails, one that hangs and one that takes no more than so many a minute.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Mailbox } from "./mailbox.mjs";
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
        return notify.every((channel) => channel.done === 1 && channel.ok && channel.queued === 0);
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

test("what waits to be told says nothing that the resident has withdrawn meanwhile", options, () => {
  let up = false;
  return withTarget(
    () => (up ? good : { status: 503 }),
    async (stack, target) => {
      const roster = (vitals) =>
        stack.publish("care/v1/s-1/gw/roster", {
          devices: [{ device: "band-1", kind: "wristband", resident: "r-1" }],
          residents: [{ resident: "r-1", consent: { vitals } }],
        });
      await stack.broker();
      await stack.daemon(routed([webhook(stack, target, "desk", "/hook")], ["desk"]));
      roster(true);
      stack.publish("care/v1/s-1/band-1/telemetry", { ts: Date.now(), spo2: 81 });
      await until("it was refused", () => target.of("/hook").length > 0);
      const [before] = target.of("/hook").map(({ body }) => JSON.parse(body));
      assert.equal(before.data.value, 81);
      roster(false);
      await until("the consent is withdrawn", async () => (await stack.alarms())[0].withheld === "vitals");
      up = true;
      await until("it is delivered", async () => (await stack.get("/api/v1/status")).notify[0].done === 1);
      const last = JSON.parse(target.of("/hook").at(-1).body);
      assert.equal(last.id, before.id);
      assert.equal(last.data.withheld, "vitals");
      assert.ok(!("value" in last.data) && !("limit" in last.data));
    },
  );
});

test("a target that never answers and one that always fails delay no other", options, () =>
  withTarget(
    ({ path }) => (path === "/hangs" ? null : path === "/fails" ? { status: 503 } : good),
    async (stack, target) => {
      await stack.broker();
      await stack.daemon(
        routed(
          [
            webhook(stack, target, "hangs", "/hangs", 'timeout = "30s";'),
            webhook(stack, target, "fails", "/fails"),
            dingtalk(stack, target, "ding", "/robot", 'rate = "none";'),
          ],
          ["hangs", "fails", "ding"],
        ),
      );
      const n = 150;
      await stack.publishLines(
        "care/v1/s-1/desk/event",
        Array.from({ length: n }, (_, i) =>
          JSON.stringify({ id: `c-${i}`, ts: Date.now(), type: "call.pressed", bed: `b-${i}` }),
        ),
      );
      const sent = Date.now();
      await until("the robot was told of each", () => target.of("/robot").length === n);
      assert.ok(target.requests.at(-1).at - sent < 10000);
      const contents = target.of("/robot").map(({ body }) => JSON.parse(body).text.content.split(" ")[1]);
      assert.equal(new Set(contents).size, n);
      // The breaker: one request at a time goes to who does not answer or fails.
      assert.ok(target.of("/hangs").length <= 8, `${target.of("/hangs").length} hang`);
      assert.ok(target.of("/fails").length <= 20, `${target.of("/fails").length} failed`);
      await until("what was not delivered waits", async () => {
        const { notify } = await stack.get("/api/v1/status");
        const queued = Object.fromEntries(notify.map((channel) => [channel.name, channel.queued]));
        return queued.fails === n && queued.hangs === n && queued.ding === 0;
      });
    },
  ));

test("no more than the rate; high alarms go before others", options, () =>
  withTarget(
    () => good,
    async (stack, target) => {
      await stack.broker();
      const low = rules.replace('metric = "spo2"', 'metric = "battery"').replace('"high"', '"low"').replace("spo2-low", "battery-low");
      await stack.daemon(
        routed([dingtalk(stack, target, "ding", "/robot", 'rate = "8/1h"; burst = 4; digest = 0;')], ["ding"]).replace(rules, low),
      );
      for (let i = 0; i < 10; i++) stack.publish(`care/v1/s-1/dev-${i}/telemetry`, { ts: Date.now(), battery: 5 });
      await until("three ordinary ones were told", () => target.of("/robot").length === 3);
      press(stack, 1);
      await until("the call was told", () => target.of("/robot").length === 4);
      assert.match(JSON.parse(target.of("/robot")[3].body).text.content, /呼叫/);
      const metrics = await (await fetch(`${stack.url()}/metrics`)).text();
      assert.match(metrics, /carewatch_notifications_held_total\{channel="ding"\} [1-9]/);
      await until("the others wait", async () => {
        const { notify } = await stack.get("/api/v1/status");
        return notify[0].queued === 7 && notify[0].done === 4;
      });
    },
  ));

const ordinary = rules.replace('metric = "spo2"', 'metric = "battery"').replace('"high"', '"low"').replace("spo2-low", "battery-low");

test("what the rate would hold back is told as one; a high alarm is told by itself", options, () =>
  withTarget(
    () => good,
    async (stack, target) => {
      await stack.broker();
      await stack.daemon(
        routed([dingtalk(stack, target, "ding", "/robot", 'rate = "8/1h"; burst = 4;')], ["ding"]).replace(rules, ordinary),
      );
      const devices = Array.from({ length: 40 }, (_, i) => `dev-${i}`);
      // One message: what comes one by one is told one by one, until the rate has no room for a digest.
      stack.publish("care/v1/s-1/gw/telemetry", devices.map((d) => ({ bn: `${d}:`, n: "battery", v: 5 })));
      press(stack, 1);
      await until("all were told", async () => {
        const { notify } = await stack.get("/api/v1/status");
        return notify[0].done === 41 && notify[0].queued === 0;
      }, 60);
      const texts = target.of("/robot").map(({ body }) => JSON.parse(body).text.content);
      assert.ok(texts.length <= 8, `${texts.length} messages`);
      assert.ok(texts.some((text) => /^【高】s-1 b-1 呼叫/.test(text)), texts.join("\n"));
      const counts = texts.map((text) => Number(/(\d+) 条通知合并/.exec(text)?.[1] ?? 1));
      assert.equal(counts.reduce((sum, n) => sum + n), 41, texts.join("\n"));
      assert.match(texts.find((text) => text.includes("合并")), /^【低】s-1 \d+ 条通知合并：新报警 \d+（中 0、低 \d+），恢复 0；血氧过低×\d+/);
      const metrics = await (await fetch(`${stack.url()}/metrics`)).text();
      assert.match(metrics, /carewatch_notifications_digests_total\{channel="ding"\} [1-9]/);
    },
  ));

test("mail, program and the facility itself are told; what a server refuses for good is given up", options, () =>
  withTarget(
    () => good,
    async (stack) => {
      const mailbox = await Mailbox.open((step, text) => (step === "rcpt" && text.includes("gone@") ? "550 no such user" : "250 ok"));
      const out = join(stack.dir, "rang");
      const program = join(stack.dir, "ring");
      writeFileSync(program, `#!/bin/sh\ncat >> ${out}\nprintf '%s %s\\n' "$1" "$CAREWATCH_ID" >> ${out}\n`, { mode: 0o755 });
      const mail = (name, to) => `{ name = "${name}"; notifier = "email"; url = "${mailbox.url}"; tls = "no";
        from = "care@example.cn"; to = [ ${to} ]; user = "care"; password_file = "${secret(stack, "pass", "hu sh")}"; }`;
      await stack.broker();
      const facility = spawn("mosquitto_sub", ["-h", "127.0.0.1", "-p", `${stack.mqttPort}`, "-q", "1", "-t", "care-down/v1/s-1/alarm"], { stdio: ["ignore", "pipe", "inherit"] });
      let heard = "";
      facility.stdout.on("data", (part) => (heard += part));
      try {
        await stack.daemon(
          routed(
            [
              mail("mail", '"desk@example.cn", "head@example.cn"'),
              mail("gone", '"gone@example.cn"'),
              `{ name = "ring"; notifier = "exec"; program = "${program}"; arguments = [ "--loud" ]; }`,
              `{ name = "down"; notifier = "mqtt"; }`,
            ],
            ["mail", "gone", "ring", "down"],
          ).replace('changes = [ "raised" ]', 'changes = [ "raised", "cleared" ]'),
        );
        press(stack, 1);
        await until("the call is an alarm", async () => (await stack.alarms()).length === 1);
        stack.publish("care/v1/s-1/desk/event", { id: "a-1", ts: Date.now(), type: "call.answered", bed: "b-1", by: "n-1" });
        await until("everybody is told twice", async () => {
          const { notify } = await stack.get("/api/v1/status");
          return notify.every(({ name, done, failed, queued }) => queued === 0 && (name === "gone" ? failed === 2 : done === 2));
        });
        const [alarm] = await stack.alarms();
        assert.equal(mailbox.mails.length, 2);
        const [first, second] = mailbox.mails;
        assert.deepEqual([first.from, first.to, first.login], ["care@example.cn", ["desk@example.cn", "head@example.cn"], ["care", "hu sh"]]);
        assert.match(first.subject, /^【高】s-1 b-1 呼叫 \d\d:\d\d:\d\d$/);
        assert.match(first.body, /^【高】s-1 b-1 呼叫/);
        assert.equal(first.headers["message-id"], `<${alarm.id}.1@example.cn>`);
        assert.equal(second.headers["in-reply-to"], first.headers["message-id"]);
        assert.equal(first.headers["x-server-login"], undefined);
        const rang = readFileSync(out, "utf8").trim().split("\n");
        assert.equal(JSON.parse(rang[0]).id, alarm.id);
        assert.equal(rang[1], `--loud ${alarm.id}:1`);
        const messages = heard.trim().split("\n").map((line) => JSON.parse(line));
        assert.deepEqual(messages.map(({ change }) => change), ["raised", "cleared"]);
        assert.equal(messages[0].alarm.id, alarm.id);
      } finally {
        facility.kill();
        mailbox.close();
      }
    },
  ));

test("a channel that no drill went through for its time is an alarm, also after a restart", options, () =>
  withTarget(
    () => ({ status: 200 }),
    async (stack, target) => {
      await stack.broker();
      const conf = routed([webhook(stack, target, "desk", "/desk", 'test_every = "3s";')], ["desk"]);
      await stack.daemon(conf);
      const { tested } = (await stack.get("/api/v1/status")).notify[0];
      assert.ok(Math.abs(Date.parse(tested) - Date.now()) < 60000);
      await until("the test is overdue", async () => (await stack.alarms()).some(({ rule, active }) => rule === "untested" && active));
      await stack.stop("carewatch");
      await stack.daemon(conf);
      assert.equal((await stack.get("/api/v1/status")).notify[0].tested, tested);
    },
  ));

test("an Alertmanager is told again of what holds, and once of what is over", options, () =>
  withTarget(
    () => ({ status: 200 }),
    async (stack, target) => {
      await stack.broker();
      await stack.daemon(
        routed([`{ name = "am"; notifier = "alertmanager"; url = "${target.url}"; resend = "1s"; }`], ["am"]).replace(
          'changes = [ "raised" ]',
          'changes = [ "raised", "cleared" ]',
        ),
      );
      press(stack, 1);
      await until("it was told again and again", () => target.of("/api/v2/alerts").length >= 4);
      const labels = target.requests.map(({ body }) => JSON.stringify(JSON.parse(body)[0].labels));
      assert.equal(new Set(labels).size, 1);
      for (const { body, at } of target.requests) assert.ok(Date.parse(JSON.parse(body)[0].endsAt) > at);
      stack.publish("care/v1/s-1/desk/event", { id: "a-1", ts: Date.now(), type: "call.answered", bed: "b-1", by: "n-1" });
      const over = () => target.requests.filter(({ body, at }) => Date.parse(JSON.parse(body)[0].endsAt) <= at);
      await until("it was told of the end", () => over().length === 1);
      const n = target.requests.length;
      press(stack, 2);
      await until("the other one is told again", () => target.requests.length >= n + 3);
      assert.equal(over().length, 1);
      assert.ok(target.requests.slice(n).every(({ body }) => JSON.parse(body)[0].labels.bed === "b-2"));
    },
  ));

test("notify-test sends a drill, shows the request without its secrets, and exits by the answer", () =>
  withTarget(
    ({ path }) => (path === "/no" ? { status: 200, body: '{"errcode":310000,"errmsg":"sign not match"}' } : good),
    async (stack, target) => {
      const file = join(stack.dir, "t.conf");
      writeFileSync(
        file,
        `channels = (${dingtalk(stack, target, "yes", "/yes")}, ${dingtalk(stack, target, "no", "/no")}, ${webhook(stack, { url: "http://127.0.0.1:9" }, "away", "/?token=tok%2B1")},
          { name = "sms"; notifier = "sms"; url = "${target.url}/sms"; body = "{{phone}} {{line}}"; });`,
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

      const onDuty = await run("sms", "-c", file, "--dry-run", "--address", "+86 138");
      assert.match(onDuty.stdout, /\n\n\+86 138 【演练·低】drill /);
      assert.equal((await run("sms", "-c", file, "--dry-run")).code, 1); // to nobody on duty

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

// A roster names an id; number and address are in the table of names, and in no file in the open.
test("who is on duty is told by telephone and mail, and the number is in no file", options, () =>
  withTarget(
    ({ body }) => ({ status: 200, body: body.includes("555") ? '{"Code":"BAD","to":"5550001111"}' : '{"Code":"OK"}' }),
    async (stack, target) => {
      await stack.broker();
      const mailbox = await Mailbox.open(() => "250 ok");
      try {
        await stack.daemon(`${rules}
channels = (
  { name = "sms"; notifier = "sms"; url = "${target.url}/sms"; ok_body = "\\"Code\\":\\"OK\\"";
    body = "{\\"to\\":\\"{{phone}}\\",\\"text\\":\\"{{line}}\\"}"; },
  { name = "mail"; notifier = "email"; url = "${mailbox.url}"; tls = "no"; from = "care@example.cn"; } );
rosters = (
  { name = "first"; members = [ "li" ]; channel = [ "sms", "mail" ]; },
  { name = "second"; members = [ "wang" ]; channel = [ "sms" ]; },
  { name = "third"; members = [ "zhao" ]; channel = [ "sms" ]; } );
escalations = ( { name = "all"; priority = "high"; repeat = "1h";
  steps = [ "1s roster:first", "2s roster:second", "3s roster:third" ]; } );`);
        const put = (person, contact) =>
          fetch(`${stack.url()}/api/v1/duty/${person}/contact`, {
            method: "PUT",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(contact),
          });
        assert.equal((await put("li", { phone: "13900001111", email: "li@example.cn" })).status, 204);
        assert.equal((await put("wang", { phone: "5550001111" })).status, 204);
        // Who has no number is known before anybody calls.
        const missing = async (name) => {
          const { items } = await stack.get("/api/v1/rosters");
          return items.find(({ roster }) => roster === name).unreachable;
        };
        await until("zhao is missed", async () => (await missing("third")).length === 1);
        await until("wang is not", async () => (await missing("second")).length === 0);
        assert.deepEqual(await missing("third"), [
          { person: "zhao", channel: "sms", needs: "phone", on_duty: true, next: false },
        ]);
        assert.deepEqual(await missing("first"), []);
        assert.deepEqual((await stack.get("/api/v1/status")).duty, {
          unreachable: 1,
          unreachable_on_duty: 1,
          unreachable_next: 0,
        });
        press(stack, 1);
        await until("li, wang and zhao had their turn", async () => {
          const { notify } = await stack.get("/api/v1/status");
          const [sms, mail] = ["sms", "mail"].map((name) => notify.find((channel) => channel.name === name));
          return sms.done === 1 && sms.failed === 1 && sms.unreached === 1 && mail.done === 1;
        });
        const numbers = target.of("/sms").map(({ body }) => JSON.parse(body).to);
        assert.deepEqual(numbers, ["13900001111", "5550001111"]); // nobody knows zhao's
        assert.match(JSON.parse(target.of("/sms")[0].body).text, /^【高·升级】s-1 b-1 呼叫/);
        assert.deepEqual(mailbox.mails[0].to, ["li@example.cn"]);
        const [alarm] = await stack.alarms();
        const told = alarm.notified.map(({ channel, to, ok }) => `${channel} ${to} ${ok}`).sort();
        assert.deepEqual(told, ["mail li true", "sms li true", "sms wang false", "sms zhao false"]);
        const { items } = await stack.get("/api/v1/audit");
        const looks = items.filter(({ role }) => role === "daemon").map(({ what, of, status }) => `${what} · ${of} · ${status}`);
        assert.deepEqual(looks.sort(), [
          `mail address for channel mail · li ${alarm.id} · 200`,
          `telephone number for channel sms · li ${alarm.id} · 200`,
          `telephone number for channel sms · wang ${alarm.id} · 200`,
          `telephone number for channel sms · zhao ${alarm.id} · 404`,
        ]);
        // What the channel said last is its own, and nothing of a number that nobody has.
        const { notify } = await stack.get("/api/v1/status");
        assert.doesNotMatch(notify.find(({ name }) => name === "sms").last_error, /zhao/);
        const metrics = await (await fetch(`${stack.url()}/metrics`)).text();
        assert.match(metrics, /carewatch_notifications_total\{channel="sms",result="unreached"\} 1\n/);
        assert.match(metrics, /carewatch_duty_unreachable\{when="on_duty"\} 1\n/);
        // A contact that is given is seen at once.
        assert.equal((await put("zhao", { phone: "13700001111" })).status, 204);
        await until("zhao is found", async () => (await missing("third")).length === 0);
        await stack.stop("carewatch");
        for (const secretText of ["13900001111", "5550001111", "li@example.cn"])
          assert.throws(() => execFileSync("grep", ["-rqaF", secretText, stack.dir]), `${secretText} is in a file`);
      } finally {
        mailbox.close();
      }
    },
  ));
