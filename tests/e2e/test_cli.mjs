// test_cli.mjs - the program as hands and scripts meet it: what goes to stdout, what to
// stderr, and the exit code (0 ok, 1 no, 2 usage, 3 cannot reach, 4 refused).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { carewatch, freePort, have, rules, Stack, until } from "./stack.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };

function run(args, { input = "", env = {} } = {}) {
  const done = spawnSync(carewatch, args, { input, encoding: "utf8", env: { ...process.env, ...env } });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

const dir = mkdtempSync(join(tmpdir(), "carewatch-cli-"));
test.after(() => rmSync(dir, { recursive: true, force: true }));
const file = (name, text) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};

const subcommands = run(["--help"]).out.match(/^ {2}\w+ {2}/gm).map((line) => line.trim());

test("every subcommand helps on stdout, and a wrong option is usage on stderr", () => {
  assert.ok(subcommands.includes("serve") && subcommands.includes("replay"));
  for (const name of subcommands) {
    const help = run([name, "--help"]);
    assert.equal(help.code, 0, name);
    assert.match(help.out, new RegExp(`usage: carewatch ${name}`));
    assert.equal(help.err, "");
    const wrong = run([name, "--no-such-option"]);
    assert.equal(wrong.code, 2, name);
    assert.equal(wrong.out, "");
    assert.match(wrong.err, new RegExp(`carewatch ${name}`), "names the subcommand");
  }
});

test("exit codes without a daemon", async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const empty = join(dir, "no-such.db");
  const rows = [
    [[], 2, /usage/],
    [["frobnicate"], 2, /no subcommand "frobnicate"/],
    [["serve"], 2, /-c FILE/],
    [["serve", "-c", join(dir, "none")], 1, /^[^:]*none: cannot read/],
    [["check", "-c", join(dir, "none")], 1, /^[^:]*none: cannot read/],
    [["config", "-p", "influx.url"], 1, /section\.key=value/],
    [["replay", "--diff", "x.conf", "-"], 2, /reads the recording twice/],
    [["status", "--url", nobody], 3, /cannot reach/],
    [["ack", "X", "--url", nobody], 3, /cannot reach/],
    [["journal", "verify", join(dir, "none")], 3, /No such file/],
    [["store", "erase", empty, "home-1", "r-1"], 3, /No such file/],
    [["audit", "verify", "--store", empty], 3, /cannot be opened/],
    [["audit", "verify", "--head", "12", "--store", empty], 2, /usage/],
    [["token", "list", "--store", empty], 3, /there is no store/],
    [["token", "revoke", "12345678", "--store", empty], 3, /there is no store/],
    [["token", "add", "--role", "nobody", "--store", empty], 2, /no role/],
    [["token", "add", "--role", "facility", "--store", empty], 2, /--site/],
  ];
  for (const [args, code, says] of rows) {
    const done = run(args);
    assert.equal(done.code, code, `${args.join(" ")}: ${done.err}`);
    assert.match(done.err, says, args.join(" "));
    assert.equal(done.out, "", args.join(" "));
  }
  assert.ok(!existsSync(empty), "asking about tokens makes no file");
});

test("maintenance, rosters, limits and reports from a terminal", options, async () => {
  const stack = new Stack();
  try {
    await stack.broker();
    await stack.daemon(`registry: { unknown_sites = "register"; };\n${rules}
channels = ( { name = "desk"; notifier = "exec"; program = "/bin/true"; },
  { name = "mail"; notifier = "email"; url = "smtp://127.0.0.1:9"; tls = "no"; from = "care@example.cn"; } );
rosters = ( { name = "night"; members = [ "li", "wang" ]; channel = [ "desk", "mail" ]; } );`);
    stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 97 });
    await until("the site is known", async () => (await stack.get("/api/v1/sites")).items.length === 1);
    const does = (...args) => {
      const done = run([...args, "--url", stack.url()]);
      assert.equal(done.code, 0, `${args.join(" ")}: ${done.err}`);
      return done.out;
    };
    const json = (...args) => JSON.parse(does(...args, "-o", "json")).items;

    does("maintenance", "begin", "s-1", "--device", "bed-1", "--for", "2h", "--note", "new battery");
    const [window] = json("maintenance", "list", "--site", "s-1");
    assert.deepEqual([window.site, window.device], ["s-1", "bed-1"]);
    assert.match(does("maintenance", "list"), new RegExp(`^${window.id} .*s-1 +bed-1 `));
    does("maintenance", "end", window.id);
    assert.deepEqual(json("maintenance", "list"), []);

    await until("nobody has an address", async () => / li,wang \n$/.test(does("roster", "list")));
    assert.match(does("roster", "list"), /^night +li +night +li,wang \n$/);
    assert.match(does("roster", "override", "night", "wang", "--for", "8h"), /^night +wang /);
    assert.equal(json("roster", "list")[0].on_duty, "wang");
    assert.match(does("roster", "restore", "night", "--for", "8h"), /^night +li /);
    does("roster", "contact", "li", "--phone", "+86 138 0000 1111");
    assert.equal((await stack.get("/api/v1/duty/li/contact")).contact.phone, "+86 138 0000 1111");
    does("roster", "forget", "li");
    assert.equal(run(["roster", "forget", "li", "--url", stack.url()]).code, 1);

    does("limit", "set", "r-1", "--site", "s-1", "--metric", "spo2", "--low", "85.5", "--note", "COPD & asthma", "--for", "30d");
    const [limit] = json("limit", "list", "r-1", "--site", "s-1");
    assert.deepEqual([limit.metric, limit.low, limit.note], ["spo2", 85.5, "COPD & asthma"]);
    does("limit", "drop", "r-1", "--site", "s-1", "--metric", "spo2");
    assert.equal(does("limit", "list", "r-1", "--site", "s-1"), "");

    stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2: 80 });
    await until("the alarm", async () => (await stack.alarms()).length === 1);
    await until("it is in the report", () => /^group,alarms,.*\r\n"s-1",1,/.test(does("report", "response", "--by", "site")));
    assert.equal(json("report", "load", "--by", "priority")[0].group, "high");

    const wrong = [["limit", "set", "r-1", "--site", "s-1", "--metric", "hr", "--low", "x", "--note", "y"], ["limit", "set", "r-1", "--device", "d"],
      ["maintenance", "begin"], ["maintenance", "end", "a", "b"], ["roster", "override", "night"], ["roster", "frobnicate"], ["report"]];
    for (const args of wrong) assert.equal(run([...args, "--url", stack.url()]).code, 2, args.join(" "));
    assert.equal(run(["report", "weather", "--url", stack.url()]).code, 1);
  } finally {
    await stack.end();
  }
});

test("the command line outranks the environment outranks the file", () => {
  const conf = file("precedence.conf", 'mqtt: { client_id = "file"; };\n');
  const id = (args, env) => JSON.parse(run(["config", "-c", conf, "-o", "json", ...args], { env }).out).mqtt.client_id;
  const env = { CAREWATCH_MQTT_CLIENT_ID: "env" };
  assert.equal(id([], {}), "file");
  assert.equal(id([], env), "env");
  assert.equal(id(["-p", "mqtt.client_id=line"], env), "line");
});

test("the effective configuration checks, and prints itself", () => {
  const conf = file("rules.conf", rules);
  const printed = file("printed.conf", run(["config", "-c", conf]).out);
  assert.equal(run(["check", "-c", printed]).code, 0);
  assert.equal(run(["config", "-c", printed]).out, readFileSync(printed, "utf8"));
});

test("a live journal is dumped and replayed from a pipe; tokens come and go", options, async () => {
  const stack = new Stack();
  try {
    await stack.broker();
    await stack.daemon(`registry: { unknown_sites = "register"; };\n${rules}`, { "http.auth": "token" });
    const store = join(stack.dir, "carewatch.db");
    const journal = join(stack.dir, "journal");
    const tokens = {};
    for (const role of ["viewer", "dispatcher"]) {
      const made = run(["token", "add", "--role", role, "--label", role, "--store", store]);
      assert.equal(made.code, 0);
      tokens[role] = file(role, made.out);
    }
    const as = (role, ...args) => run([...args, "--url", stack.url(), "--token-file", tokens[role]]);
    await until("a token made while running is known", () => as("viewer", "status").code === 0);
    for (const spo2 of [95, 80]) stack.publish("care/v1/s-1/bed-1/telemetry", { ts: Date.now(), spo2 });
    const alarm = await until("the alarm", () => JSON.parse(as("viewer", "alarms", "-o", "json").out).items[0]);
    assert.equal(run(["status", "--url", stack.url()]).code, 4);
    assert.equal(as("viewer", "ack", alarm.id).code, 4);
    assert.equal(as("dispatcher", "ack", alarm.id, "--rev", "9").code, 1);
    assert.equal(as("dispatcher", "ack", alarm.id).code, 0);
    assert.equal(as("dispatcher", "ack", alarm.id).code, 1);

    // On a live journal: whole, and locked.
    assert.equal(run(["journal", "verify", journal]).code, 0);
    assert.equal(run(["journal", "redact", journal, "1.64", "--by", "me"]).code, 4);
    const list = () => JSON.parse(run(["token", "list", "-o", "json", "--store", store]).out);
    const [viewer] = list().filter((token) => token.label === "viewer");
    assert.equal(run(["token", "revoke", viewer.hash, "--store", store]).code, 0);
    assert.equal(list().length, 1);
    await until("a revoked token is refused", () => as("viewer", "status").code === 4);
    await stack.stop("carewatch");

    const bare = (text) => text.replace(/"position":"[^"]*",/g, "");
    const capture = run(["journal", "dump", "--capture", journal]).out;
    const again = run(["replay", "-c", stack.conf, "-o", "json", "-"], { input: capture });
    assert.equal(again.code, 0, again.err);
    assert.equal(bare(again.out), bare(run(["replay", "-o", "json", journal]).out));
    assert.match(again.out, /"change":"acked"/);

    // And back: the capture as a journal, once.
    const filled = join(stack.dir, "filled");
    assert.match(run(["journal", "fill", filled, "-"], { input: capture }).out, /^[1-9]\d* records$/m);
    assert.equal(run(["journal", "fill", filled, "-"], { input: capture }).code, 4);
    assert.equal(run(["journal", "dump", "--capture", filled]).out.split("\n").length, capture.split("\n").length);
    assert.equal(bare(run(["replay", "-c", stack.conf, "-o", "json", filled]).out), bare(again.out));

    // Only a sealed file may be rewritten, and this journal has one that is not.
    const { position } = JSON.parse(capture.split("\n").find((line) => line.includes('"spo2":80')));
    assert.equal(run(["journal", "redact", journal, position, "--by", "me"]).code, 4);
    assert.equal(run(["journal", "verify", journal]).code, 0);
  } finally {
    await stack.end();
  }
});
