// test_door.mjs - the broker's own door: what comes through it and what does not, who may, what
// happens when there is no room, when nobody opens it, and when its folder is another one.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { carewatch, door, freePort, have, rules, Stack, until } from "./stack.mjs";
import { Sender } from "../faults/sender.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const HEALTH = `
  { name = "door-down"; detector = "system"; condition = "door_down"; after = "1s"; },
  { name = "broker-down"; detector = "system"; condition = "broker_down"; after = "1s"; },`;
const quickly = rules.replace("rules = (", `rules = (${HEALTH}`);

const journal = (...args) => spawnSync(carewatch, ["journal", ...args], { encoding: "utf8" });
const records = (dir) => journal("dump", dir).stdout.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
const topics = (dir) => records(dir).filter(({ kind }) => kind === "message").map(({ topic }) => topic.replace("care/v1/", ""));
// Both sessions are there, and subscribed to what they should: no more and no less.
const heard = (stack) =>
  until("both sessions", async () => (await stack.get("/api/v1/status")).mqtt.every(({ connected }) => connected));
const doorOf = async (stack) => (await stack.get("/api/v1/status")).doors[0];
const active = (stack, rule) =>
  until(`${rule} is told`, async () => (await stack.alarms()).find((alarm) => alarm.rule === rule && alarm.active));
const over = (stack, rule) =>
  until(`${rule} is over`, async () => !(await stack.alarms()).some((alarm) => alarm.rule === rule && alarm.active));

async function inside(body) {
  const stack = new Stack();
  try {
    await body(stack);
  } catch (error) {
    for (const name of ["carewatch", "mosquitto"])
      if (stack.children.has(name)) error.message += `\n--- ${name}\n${stack.log(name).split("\n").slice(-40).join("\n")}`;
    throw error;
  } finally {
    await stack.end();
  }
}

test("telemetry and events come through the door, the rest by the session", options, () =>
  inside(async (stack) => {
    const gate = door(stack);
    await stack.broker(gate.broker);
    await stack.daemon(gate.daemon + rules, gate.settings);
    stack.publish("care/v1/s-1/d-1/telemetry", { spo2: 80 });
    stack.publish("care/v1/s-1/d-1/event", { id: "e1", type: "call.pressed", bed: "1" });
    stack.publish("care/v1/s-1/gw/status", { online: true, class: "90s" }, { retain: true });
    stack.publish("care/v1/s-1/gw/roster", { devices: [{ device: "d-1", class: "90s" }] }, { retain: true });
    stack.publish("other/topic", "x");
    stack.publish("care/v1/s-1/d-1/thoughts", "x");
    await until("both alarms", async () => {
      const told = (await stack.alarms()).map(({ rule }) => rule);
      return told.includes("spo2-low") && told.includes("help-call");
    });
    await until("status and roster", async () => (await stack.get("/api/v1/sites/s-1/devices")).items.length >= 2);
    assert.deepEqual(topics(gate.dir), ["s-1/d-1/telemetry", "s-1/d-1/event"]);
    await until("the session's records", () => {
      const own = topics(join(stack.dir, "journal"));
      return own.length === 2 && own.sort().join() === "s-1/gw/roster,s-1/gw/status";
    });
    const status = await doorOf(stack);
    assert.deepEqual([status.broker, status.telemetry, status.events, status.merged], [true, 1, 1, 2]);
    const metrics = await (await fetch(`${stack.url()}/metrics`)).text();
    assert.match(metrics, /carewatch_door_up\{door="city"\} 1/);
    assert.match(metrics, /carewatch_door_records_total\{door="city"\} 2/);
    assert.match(journal("verify", gate.dir).stdout, /^2 records, 0 damaged places/);
    assert.match(journal("stat", gate.dir).stdout, /message +2/);
    const capture = journal("dump", "--capture", join(stack.dir, "journal")).stdout;
    for (const kind of ["telemetry", "event", "status", "roster"]) assert.match(capture, new RegExp(`/${kind}"`));
  }));

test("a retained publish is live, and a last will is a status", options, () =>
  inside(async (stack) => {
    const gate = door(stack);
    await stack.broker(gate.broker);
    await stack.daemon(gate.daemon + rules, gate.settings);
    stack.publish("care/v1/s-1/d-1/telemetry", { spo2: 80 }, { retain: true });
    await active(stack, "spo2-low");
    assert.deepEqual(records(gate.dir).map(({ retain }) => retain), [false]);
    stack.publish("care/v1/s-1/gw/roster", { devices: [{ device: "gw", class: "1h" }] }, { retain: true });
    const will = ["--will-topic", "care/v1/s-1/gw/status", "--will-payload", '{"online":false}', "--will-retain"];
    const gateway = stack.spawn("gateway", "mosquitto_sub", ["-i", "gateway", "-h", "127.0.0.1", "-p", `${stack.mqttPort}`, "-t", "x", ...will]);
    await until("the gateway is connected", () => stack.log("mosquitto").includes("as gateway"));
    gateway.kill("SIGKILL");
    await until("the will is taken", async () => {
      const { items } = await stack.get("/api/v1/sites/s-1/devices");
      return items.find(({ device }) => device === "gw")?.connection === "silent";
    });
  }));

test("who speaks for another site is not taken, and nobody sends it again", options, () =>
  inside(async (stack) => {
    const gate = door(stack, { site_check: true, any_site: "bridge" });
    const passwords = join(stack.dir, "passwords");
    for (const [i, user] of ["s-1", "bridge", "carewatch", "nobody"].entries())
      execFileSync("mosquitto_passwd", ["-b", ...(i ? [] : ["-c"]), passwords, user, "x"]);
    await stack.broker([...gate.broker, `password_file ${passwords}`]);
    const secret = join(stack.dir, "secret");
    writeFileSync(secret, "x");
    await stack.daemon(gate.daemon + rules, { ...gate.settings, "mqtt.user": "carewatch", "mqtt.password_file": secret });
    const say = async (user, version, site, n) => {
      const topic = `care/v1/${site}/d-${n}/telemetry`;
      const who = user ? ["-u", user, "-P", "x"] : [];
      execFileSync("mosquitto_pub", ["-h", "127.0.0.1", "-p", `${stack.mqttPort}`, "-V", version, "-q", "1", "-t", topic, "-m", '{"hr":70}', ...who], { stdio: "pipe" });
    };
    let n = 0;
    for (const version of ["311", "5"]) {
      await say("s-1", version, "s-1", ++n);
      await say("s-1", version, "s-2", ++n); // acknowledged: it would come again and again
      await say("bridge", version, "s-2", ++n);
      await say(null, version, "s-1", ++n);
    }
    await until("it was counted", async () => (await doorOf(stack)).wrong_site === 4);
    assert.deepEqual(topics(gate.dir).map((topic) => topic.split("/")[1]), ["d-1", "d-3", "d-5", "d-7"]);
  }));

test("a door that is full: no acknowledgement for telemetry, calls go on, and it goes on by itself", options, () =>
  inside(async (stack) => {
    const gate = door(stack, { segment: "128KiB", quota: "1MiB", reserve: "256KiB" });
    await stack.broker(gate.broker);
    const gateway = new Sender(stack.mqttPort, "gateway");
    const desk = new Sender(stack.mqttPort, "desk");
    try {
      const filler = "x".repeat(400);
      for (let n = 0; n < 3000; n++) gateway.publish(`care/v1/s-1/d-${n % 20}/telemetry`, { hr: 70, mark: n, filler });
      await until("the door is full", () => stack.log("mosquitto").includes("is not acknowledged"));
      const taken = gateway.acked;
      assert.ok(taken > 500 && taken < 3000, `${taken} acknowledged`);
      for (let n = 0; n < 20; n++) desk.publish("care/v1/s-1/desk/event", { id: `e${n}`, type: "call.pressed", bed: `${n}` });
      await until("the calls are taken", () => desk.waiting === 0);
      execFileSync("mosquitto_pub", ["-h", "127.0.0.1", "-p", `${stack.mqttPort}`, "-q", "0", "-t", "care/v1/s-1/d-1/telemetry", "-m", '{"hr":1}']);
      assert.ok(gateway.waiting > 0, "telemetry waits outside");
      // The daemon comes, takes what there is and clears it away: everything goes on.
      await stack.daemon(gate.daemon + rules, { ...gate.settings, "limits.snapshot_records": 500 });
      await until("the gateway got rid of everything", () => gateway.waiting === 0, 60);
      await until("everything is merged", async () => (await doorOf(stack)).behind_bytes === 0);
      const status = await doorOf(stack);
      assert.ok(status.refused > 0 && status.dropped === 1, JSON.stringify(status));
      assert.equal(status.damaged, 0);
      await until("the calls are alarms", async () => (await stack.alarms()).filter(({ rule }) => rule === "help-call").length === 20);
      assert.ok(!readdirSync(gate.dir).includes("0000000000000000.seg"), "the first segment is gone");
      // Merged is not applied yet.
      let telemetry;
      await until("every value is applied", async () => ({ telemetry } = await stack.get("/api/v1/status")) && telemetry >= 3000)
        .catch((error) => {
          error.message += `: ${telemetry} of 3000`;
          throw error;
        });
    } finally {
      gateway.close();
      desk.close();
    }
  }));

// A second broker beside the stack's own, with a door of its own.
async function anotherBroker(stack) {
  const dir = join(stack.dir, "door2");
  const port = await freePort();
  const conf = join(stack.dir, "second.conf");
  const lines = door(stack, { dir }).broker;
  writeFileSync(conf, [`listener ${port} 127.0.0.1`, "allow_anonymous true", process.getuid() ? "" : "user root", ...lines].join("\n"));
  const start = async () => {
    stack.spawn("second", "/usr/sbin/mosquitto", ["-c", conf]);
    const hello = ["-h", "127.0.0.1", "-p", `${port}`, "-t", "up", "-m", "x"];
    await until("the second broker listens", () => execFileSync("mosquitto_pub", hello, { stdio: "pipe" }));
  };
  await start();
  return { dir, port, start };
}

test("two doors at once: each message once, whoever is killed, and a replay says the same", options, () =>
  inside(async (stack) => {
    const gate = door(stack);
    await stack.broker(gate.broker);
    const second = await anotherBroker(stack);
    await stack.daemon(
      `doors = ( { name = "city"; dir = "${gate.dir}"; }, { name = "town"; dir = "${second.dir}"; } );
       mqtt = { brokers = ( { url = "tcp://127.0.0.1:${second.port}"; client_id = "second"; door = "town"; } ); };${rules}`,
      gate.settings);
    const senders = [new Sender(stack.mqttPort, "a"), new Sender(second.port, "b")];
    const N = 600, CALL_EVERY = 30;
    const say = (sender, w, n) =>
      n % CALL_EVERY === 0
        ? sender.publish(`care/v1/s-${w}/desk/event`, { id: `e-${n}`, type: "call.pressed", bed: `${w}-${n}` })
        : sender.publish(`care/v1/s-${w}/d-${n % 5}/telemetry`, { hr: 70, mark: n });
    try {
      for (let n = 1; n <= N; n++) {
        senders.forEach((sender, w) => say(sender, w, n));
        if (n === N / 3) {
          await stack.stop("carewatch", "SIGKILL");
          await stack.daemon(null, gate.settings);
        }
        if (n === (2 * N) / 3) {
          await stack.stop("second", "SIGKILL");
          await second.start();
        }
        if (n % 50 === 0) await until("they keep up", () => senders.every(({ waiting }) => waiting < 200));
      }
      await until("both brokers took everything", () => senders.every(({ waiting }) => waiting === 0));
    } finally {
      for (const sender of senders) sender.close();
    }
    const calls = 2 * (N / CALL_EVERY);
    const alarms = await until("every call", async () => {
      const told = (await stack.alarms()).filter(({ rule }) => rule === "help-call");
      return told.length >= calls && told;
    });
    assert.equal(alarms.length, calls);
    assert.ok(alarms.every(({ count }) => count === 1), "each once");
    await until("both doors are merged", async () =>
      (await stack.get("/api/v1/status")).doors.every(({ behind_bytes }) => behind_bytes === 0));
    await stack.stop("carewatch");
    const folder = join(stack.dir, "journal");
    const replay = (...args) => execFileSync(carewatch, ["replay", ...args, folder], { encoding: "utf8", maxBuffer: 1 << 28 });
    const text = replay("-o", "json");
    assert.equal(replay("-o", "json"), text, "two replays differ");
    const said = new Map(text.trim().split("\n").map((line) => JSON.parse(line)).map(({ alarm }) => [alarm.id, alarm]));
    for (const { id, bed } of alarms) assert.equal(said.get(id)?.bed, bed);
    const lines = replay("--lines");
    for (const w of [0, 1]) {
      const marks = new Set([...lines.matchAll(new RegExp(`site=s-${w}.*\\bmark=(\\d+)`, "g"))].map(([, mark]) => Number(mark)));
      assert.equal(marks.size, N - N / CALL_EVERY, `values of s-${w} are lost`);
    }
    const merged = new Set(records(folder).filter(({ kind }) => kind === "merge").map(({ payload }) => payload.source));
    assert.deepEqual([...merged].sort(), ["city", "town"]);
  }));

test("wrong options are refused with a sentence", options, () =>
  inside(async (stack) => {
    const rows = [
      [{ dir: undefined }, /plugin_opt_dir is missing/],
      [{ quotta: "1GiB" }, /plugin_opt_quotta is not an option of the door, did you mean plugin_opt_quota\?/],
      [{ quota: "many" }, /plugin_opt_quota/],
      [{ sync_interval: "20" }, /plugin_opt_sync_interval/],
      [{ topics_data: "care/v1/#/x" }, /is no MQTT filter/],
      [{ segment: "1MiB", quota: "2MiB" }, /more than a quarter/],
      [{ dir: "/proc/door" }, /cannot be made/],
    ];
    for (const [settings, wanted] of rows) {
      const lines = door(stack, settings).broker.filter((line) => !line.endsWith("undefined"));
      const conf = join(stack.dir, "wrong.conf");
      writeFileSync(conf, [`listener ${await freePort()} 127.0.0.1`, process.getuid() ? "" : "user root", ...lines].join("\n"));
      const run = spawnSync("/usr/sbin/mosquitto", ["-c", conf], { encoding: "utf8", timeout: 20_000 });
      assert.match(run.stdout + run.stderr, wanted);
      assert.notEqual(run.status, 0);
    }
  }));

test("two brokers do not share a door", options, () =>
  inside(async (stack) => {
    const gate = door(stack);
    await stack.broker(gate.broker);
    const conf = join(stack.dir, "second.conf");
    writeFileSync(conf, [`listener ${await freePort()} 127.0.0.1`, process.getuid() ? "" : "user root", ...gate.broker].join("\n"));
    const run = spawnSync("/usr/sbin/mosquitto", ["-c", conf], { encoding: "utf8", timeout: 20_000 });
    assert.match(run.stdout + run.stderr, /in use by another instance/);
  }));

test("a door that nobody opens is an alarm; so is a broker that goes", options, () =>
  inside(async (stack) => {
    const gate = door(stack);
    await stack.broker([]); // the plugin was forgotten
    await stack.daemon(gate.daemon + quickly, { ...gate.settings, "mqtt.reconnect_max": "500ms" });
    const down = await active(stack, "door-down");
    assert.equal(down.priority, "high");
    await stack.stop("mosquitto");
    await stack.broker(gate.broker);
    await over(stack, "door-down");
    stack.publish("care/v1/s-1/d-1/telemetry", { spo2: 80 });
    await active(stack, "spo2-low");
    await stack.stop("mosquitto");
    await active(stack, "door-down");
    await active(stack, "broker-down");
    await until("the site is unknown", async () =>
      (await stack.get("/api/v1/sites/s-1")).connection === "unknown");
    await stack.broker();
    await over(stack, "door-down");
    await over(stack, "broker-down");
  }));

test("a folder that was replaced is read from its beginning, with an alarm", options, () =>
  inside(async (stack) => {
    const gate = door(stack);
    await stack.broker(gate.broker);
    await stack.daemon(gate.daemon + quickly, gate.settings);
    stack.publish("care/v1/s-1/d-1/telemetry", { hr: 70 });
    await until("it is merged", async () => (await doorOf(stack)).merged === 1);
    await stack.stop("mosquitto");
    renameSync(gate.dir, `${gate.dir}.old`);
    await until("it is gone", async () => (await doorOf(stack)).last_error?.includes("cannot be opened"));
    await stack.broker();
    stack.publish("care/v1/s-1/d-1/telemetry", { spo2: 80 });
    await active(stack, "spo2-low");
    await active(stack, "door-damaged");
    rmSync(`${gate.dir}.old`, { recursive: true });
  }));

test("what a session had subscribed goes over to the door, and nothing is lost", options, () =>
  inside(async (stack) => {
    const gate = door(stack);
    await stack.broker([]);
    await stack.daemon(rules);
    await heard(stack);
    stack.publish("care/v1/s-1/d-1/telemetry", { hr: 70 });
    await until("by the session", async () => (await stack.get("/api/v1/status")).telemetry === 1);
    await stack.stop("carewatch");
    stack.publish("care/v1/s-1/d-1/telemetry", { hr: 71 }); // waits in the broker's session
    await stack.stop("mosquitto");
    await stack.broker(gate.broker);
    await stack.daemon(gate.daemon + rules, gate.settings);
    await until("what the session had", async () => (await stack.get("/api/v1/status")).telemetry === 2);
    await heard(stack); // until then it comes both ways
    stack.publish("care/v1/s-1/d-1/telemetry", { hr: 72 });
    await until("by the door", async () => (await doorOf(stack)).merged === 1);
    const { telemetry, mqtt } = await until("it is applied", async () => {
      const now = await stack.get("/api/v1/status");
      return now.telemetry > 2 && now;
    });
    assert.equal(telemetry, 3);
    assert.equal(mqtt.find(({ role }) => role === "data").messages, 1);
  }));

test("whoever is erased is out of the door's files, while the broker goes on", options, () =>
  inside(async (stack) => {
    const gate = door(stack);
    await stack.broker(gate.broker);
    await stack.daemon(gate.daemon + rules, gate.settings);
    const person = { name: "Chrysostoma Quellmalz" };
    stack.publish("care/v1/s-1/d-1/telemetry", { hr: 70 });
    await until("the site is known", async () => (await stack.get("/api/v1/sites/s-1")).site);
    const named = await fetch(`${stack.url()}/api/v1/residents/r-1/name?site=s-1`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(person),
    });
    assert.ok(named.ok, await named.text());
    stack.publish("care/v1/s-1/desk/event", { id: "e1", type: "incident.reported", kind: "fall", text: `called ${person.name}` });
    await until("it is merged", async () => (await doorOf(stack)).merged === 2);
    assert.match(journal("dump", gate.dir).stdout, /Chrysostoma/);
    const erased = await stack.post("/api/v1/residents/r-1/erase?site=s-1");
    assert.equal(erased.status, 200, await erased.text());
    const files = readdirSync(gate.dir).filter((name) => name.endsWith(".seg"));
    const everything = files.map((name) => readFileSync(join(gate.dir, name), "latin1")).join("");
    assert.doesNotMatch(everything, /Chrysostoma|Quellmalz/);
    stack.publish("care/v1/s-1/d-1/telemetry", { hr: 71 });
    await until("it goes on", async () => (await doorOf(stack)).merged === 3);
    assert.equal((await doorOf(stack)).damaged, 0);
    await stack.stop("carewatch");
    // A recording that was moved: the door is where the command line says.
    const replay = (...args) => spawnSync(carewatch, ["replay", "--stats", ...args, join(stack.dir, "journal")], { encoding: "utf8" });
    const here = replay();
    assert.equal(here.status, 0, here.stderr);
    renameSync(gate.dir, `${gate.dir}.moved`);
    assert.notEqual(replay().stdout, here.stdout);
    const moved = replay("--door", `city=${gate.dir}.moved`);
    assert.deepEqual([moved.status, moved.stdout], [0, here.stdout], moved.stderr);
  }));

test("at the door's quota what only the database waits for gives way, counted", options, () =>
  inside(async (stack) => {
    const gate = door(stack, { segment: "128KiB", quota: "2MiB", reserve: "256KiB" });
    await stack.broker(gate.broker);
    const nobody = `http://127.0.0.1:${await freePort()}`;
    await stack.daemon(gate.daemon + rules, { ...gate.settings, "influx.url": nobody, "limits.snapshot_records": 500 });
    const gateway = new Sender(stack.mqttPort, "gateway");
    try {
      const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`value_${i}`, 1000 + i]));
      let n = 0;
      gateway.start(1000, () => gateway.publish(`care/v1/s-1/d-${n % 20}/telemetry`, { mark: n++, ...many }));
      const givenUp = async () => /carewatch_points_given_up_total [1-9]/.test(await (await fetch(`${stack.url()}/metrics`)).text());
      await until("the oldest is given up", givenUp, 90);
      const then = gateway.acked;
      await until("and more goes through", () => gateway.acked > then + 1000, 60);
      gateway.stop();
      await until("the rest", () => gateway.waiting === 0, 60);
    } finally {
      gateway.close();
    }
    assert.ok(!readdirSync(gate.dir).includes("0000000000000000.seg"));
    assert.equal((await doorOf(stack)).damaged, 0);
  }));
