// test_network.mjs - the link to the broker is half open: no packet goes through in either
// direction, and nobody says so. It is noticed within 30 s; when the link is back all comes that
// was published meanwhile.
//
// Broker and daemon are in network namespaces of their own, joined by a pair of interfaces; the
// machine's network is not touched. Without that right the broker is stopped (SIGSTOP) instead:
// then the kernel still answers, but no broker does.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { have, rules, Stack, until } from "../e2e/stack.mjs";

const NOTICED_MS = 30_000;
const OURS = "10.77.0.1", BROKER = "10.77.0.2";
const mayUnshare = have("ip") && spawnSync("unshare", ["-n", "ip", "link", "set", "lo", "up"]).status === 0;
const inside = process.env.CAREWATCH_INSIDE;
const noBroker = have("mosquitto") ? false : "mosquitto is not installed";

const call = (n) => ({ id: `c-${n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n}` });
const calls = async (stack) => (await stack.alarms()).filter((a) => a.rule === "help-call").length;
const connected = async (stack) => (await stack.get("/api/v1/status")).mqtt.filter((s) => s.connected).length;

// The broker in a namespace of its own, at the other end of a wire that can be cut.
class FarBroker {
  constructor(stack) {
    this.stack = stack;
    this.holder = stack.spawn("holder", "unshare", ["-n", "sleep", "600"]);
    this.inside = ["-n", "-t", `${this.holder.pid}`];
  }
  ip(...args) {
    execFileSync("ip", args);
  }
  there(...args) {
    return execFileSync("nsenter", [...this.inside, ...args], { encoding: "utf8" });
  }
  async begin() {
    this.ip("link", "set", "lo", "up");
    await until("the namespace", () => this.there("ip", "link", "set", "lo", "up") === "");
    this.ip("link", "add", "here", "type", "veth", "peer", "name", "there", "netns", `${this.holder.pid}`);
    this.ip("addr", "add", `${OURS}/30`, "dev", "here");
    this.ip("link", "set", "here", "up");
    this.there("ip", "addr", "add", `${BROKER}/30`, "dev", "there");
    this.there("ip", "link", "set", "there", "up");
    const mac = JSON.parse(this.there("ip", "-j", "link", "show", "there"))[0].address;
    this.ip("neigh", "replace", BROKER, "lladdr", mac, "dev", "here"); // no "host unreachable"
    await this.stack.broker([], { host: "0.0.0.0", command: ["nsenter", ...this.inside] });
  }
  // The packets still arrive, for an address that nobody has.
  cut() {
    this.there("ip", "addr", "del", `${BROKER}/30`, "dev", "there");
  }
  mend() {
    this.there("ip", "addr", "add", `${BROKER}/30`, "dev", "there");
  }
  publish(topic, payload) {
    const args = ["-h", "127.0.0.1", "-p", `${this.stack.mqttPort}`, "-q", "1", "-t", topic, "-m", JSON.stringify(payload)];
    this.there("mosquitto_pub", ...args);
  }
}

class StoppedBroker {
  constructor(stack) {
    this.stack = stack;
  }
  async begin() {
    await this.stack.broker();
  }
  cut() {
    this.stack.children.get("mosquitto").kill("SIGSTOP");
  }
  mend() {
    this.stack.children.get("mosquitto").kill("SIGCONT");
  }
  publish(topic, payload) {
    this.after ??= [];
    this.after.push([topic, payload]); // it takes nothing now
  }
}

async function halfOpen(t, Broker, settings) {
  const stack = new Stack();
  try {
    const broker = new Broker(stack);
    await broker.begin();
    await stack.daemon(rules, settings(stack));
    broker.publish("care/v1/s-1/desk/event", call(1));
    for (const [topic, payload] of broker.after?.splice(0) ?? []) stack.publish(topic, payload);
    await until("the first call", async () => (await calls(stack)) === 1);
    assert.equal(await connected(stack), 2);

    broker.cut();
    const begun = performance.now();
    broker.publish("care/v1/s-1/desk/event", call(2));
    await until("both sessions are known to be dead", async () => (await connected(stack)) === 0, 60);
    const ms = Math.round(performance.now() - begun);
    assert.ok(ms <= NOTICED_MS, `noticed after ${ms} ms`);
    t.diagnostic(`noticed after ${ms} ms`);

    broker.mend();
    for (const [topic, payload] of broker.after ?? []) stack.publish(topic, payload);
    await until("what was published meanwhile", async () => (await calls(stack)) === 2, 60);
    await until("both sessions", async () => (await connected(stack)) === 2);
  } catch (error) {
    error.message += `\n--- carewatch.log\n${stack.log("carewatch").split("\n").slice(-40).join("\n")}`;
    throw error;
  } finally {
    stack.children.get("mosquitto")?.kill("SIGCONT");
    await stack.end();
  }
}

if (inside) {
  test("a hole on the way to the broker", (t) =>
    halfOpen(t, FarBroker, (stack) => ({ "mqtt.url": `tcp://${BROKER}:${stack.mqttPort}` })));
} else if (mayUnshare) {
  test("a hole on the way to the broker is noticed within 30 s", { skip: noBroker }, (t) => {
    const env = { ...process.env, CAREWATCH_INSIDE: "1" };
    delete env.NODE_TEST_CONTEXT; // it is a run of its own
    const args = ["-n", process.execPath, "--test", fileURLToPath(import.meta.url)];
    const { status, stdout, stderr } = spawnSync("unshare", args, { env, encoding: "utf8" });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
    assert.match(stdout, /# noticed after/);
    for (const [, what] of stdout.matchAll(/^ *# (noticed .*)$/gm)) t.diagnostic(what);
  });
} else {
  test("a broker that answers no more is noticed within 30 s", { skip: noBroker }, (t) =>
    halfOpen(t, StoppedBroker, () => ({})));
}
