// recovery.mjs - how long a start takes, and how fast a database that was away is caught up with.
//
//   start_whole      after kill -9, the fold over the whole journal, no snapshot
//   start_snapshot   after kill -9, from a snapshot
//   catch_up         values per second written while the same kept coming live, and how many
//                    times the live rate that is (needs influxd)
//
// RECORDS (1,000,000) messages lie in the journal; LIVE (1,000) values a second come while the
// database is away for AWAY (60) seconds. Prints NAME VALUE UNIT, one a line.
import { test } from "node:test";
import { have, rules, Stack, until } from "../e2e/stack.mjs";
import { Publisher } from "../faults/publisher.mjs";

const number = (name, preset) => Number(process.env[name] ?? preset);
const RECORDS = number("RECORDS", 1_000_000), LIVE = number("LIVE", 1000), AWAY = number("AWAY", 60);
const say = (name, value, unit) => console.log(`${name} ${value} ${unit}`);
const status = (stack) => stack.get("/api/v1/status");

function publish(publisher, n) {
  const [site, bed] = [n % 50, n % 400];
  publisher.publish(`care/v1/s-${site}/bed-${bed}/telemetry`, { ts: Date.now(), hr: 60 + (n % 9) });
}

async function restart(stack, settings, name) {
  await stack.stop("carewatch", "SIGKILL");
  const begun = performance.now();
  await stack.daemon(null, settings);
  const ready = Math.round(performance.now() - begun);
  const [, snapshot, records, ms] = [...stack.log("carewatch").matchAll(/restored snapshot=(\S+) records=(\d+) ms=(\d+)/g)].at(-1);
  say(`${name}_ready`, ready, "ms");
  say(`${name}_fold`, ms, `ms for ${records} records, snapshot=${snapshot}`);
}

test("recovery", { skip: have("mosquitto") ? false : "mosquitto is not installed" }, async () => {
  const stack = new Stack();
  const never = { "limits.snapshot_records": 100_000_000, "journal.segment": "64MiB" };
  let publisher;
  try {
    await stack.broker();
    await stack.daemon(rules, never);
    publisher = await Publisher.open(stack.mqttPort, "bench");
    for (let n = 0; n < RECORDS; ) {
      for (const end = Math.min(RECORDS, n + 2000); n < end; n++) publish(publisher, n);
      await until("the broker follows", () => publisher.sent - publisher.acked < 4000, 120);
    }
    await until("all are taken in", async () => (await status(stack)).messages >= RECORDS, 600);
    await restart(stack, never, "start_whole");
    await stack.stop("carewatch"); // a clean stop writes one
    await stack.daemon(null, never);
    await restart(stack, never, "start_snapshot");
  } finally {
    publisher?.close();
    await stack.end();
  }
});

test("catch-up", { skip: have("mosquitto") && have("influxd") ? false : "mosquitto or influxd is not installed" }, async () => {
  const stack = new Stack();
  let publisher;
  try {
    await stack.broker();
    await stack.influx();
    await stack.daemon(rules);
    publisher = await Publisher.open(stack.mqttPort, "bench");
    await until("the database is in use", async () => (await status(stack)).influx.up);
    await stack.stop("influxd");
    publisher.start(LIVE, (n) => publish(publisher, n));
    await new Promise((done) => setTimeout(done, AWAY * 1000));
    const sent = publisher.sent;
    await stack.influx();
    const rows = async () => Number((await stack.influxRows('SELECT count("hr") FROM vitals'))[0]?.[1] ?? 0);
    await until("it is written to again", async () => (await rows()) > 0, 60);
    const begun = performance.now(), before = await rows();
    await until("nothing is behind", async () => (await status(stack)).influx.behind_intervals === 0, 600);
    const seconds = (performance.now() - begun) / 1000, rate = Math.round(((await rows()) - before) / seconds);
    publisher.stop();
    say("catch_up", rate, `values/s, ${(rate / LIVE).toFixed(1)} times the live rate; ${sent} were behind`);
    await until("all is there", async () => (await rows()) >= publisher.sent - 1, 60).catch(() => undefined);
    say("missing", publisher.sent - (await rows()), "values");
  } finally {
    publisher?.close();
    await stack.end();
  }
});
