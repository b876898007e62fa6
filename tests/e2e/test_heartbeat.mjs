// test_heartbeat.mjs - the watcher is watched: signs of life go outwards while the work is
// done, none does when it is not, and an address that takes none is an alarm of our own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { have, rules, Stack, until } from "./stack.mjs";
import { Target } from "./target.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };

test("a daemon that works says so; one without its broker falls silent; nobody listening is told", options, async () => {
  const stack = new Stack();
  let status = 200;
  const target = await Target.open(() => ({ status }));
  try {
    await stack.broker();
    await stack.daemon(
      rules.replace(
        "rules = (",
        `heartbeat = { url = "${target.url}/beat"; interval = "1s"; };
         rules = ( { name = "unwatched"; detector = "system"; condition = "unwatched"; after = "1s"; },`,
      ),
    );
    await until("it beats", () => target.of("/beat").length >= 3);
    const beat = JSON.parse(target.of("/beat")[0].body);
    assert.ok(beat.version && beat.uptime_s >= 0 && beat.lag_s < 10);
    assert.equal((await stack.get("/api/v1/status")).heartbeat.ok, true);

    status = 503;
    await until("nobody outside takes it: an alarm", async () => (await stack.alarms()).some(({ rule, active }) => rule === "unwatched" && active));
    status = 200;
    await until("and over", async () => (await stack.alarms()).every(({ rule, active }) => rule !== "unwatched" || !active), 60);

    await stack.stop("mosquitto");
    await until("it falls silent", async () => (await stack.get("/api/v1/status")).heartbeat.withheld >= 2);
    const n = target.of("/beat").length;
    await until("and stays so", async () => (await stack.get("/api/v1/status")).heartbeat.withheld >= 5);
    assert.ok(target.of("/beat").length <= n + 1);
    await stack.broker();
    await until("it beats again", () => target.of("/beat").length > n + 1, 60);
  } finally {
    await stack.end();
    target.close();
  }
});
