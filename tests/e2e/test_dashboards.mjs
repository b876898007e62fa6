// test_dashboards.mjs - conf/grafana and conf/prometheus ask for what there is: every metric is
// in the daemon's table, every PromQL expression parses, every InfluxQL query is answered by a
// real database that the daemon has written to, with the columns it names.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { carewatch, have, rules, Stack, until } from "./stack.mjs";

const source = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const dashboards = readdirSync(join(source, "conf/grafana/dashboards")).map((name) => ({
  name,
  ...JSON.parse(readFileSync(join(source, "conf/grafana/dashboards", name), "utf8")),
}));
const targets = dashboards.flatMap(({ name, panels }) =>
  panels.flatMap(({ title, datasource, targets = [] }) => targets.map((target) => ({ at: `${name}, ${title}`, datasource, ...target }))),
);
const promql = targets.filter(({ expr }) => expr);
const influxql = targets.filter(({ query }) => query);

test("dashboards have an identity, and sources that are provisioned", () => {
  const provisioned = readFileSync(join(source, "conf/grafana/provisioning/datasources/carewatch.yaml"), "utf8");
  assert.equal(new Set(dashboards.map(({ uid }) => uid)).size, dashboards.length);
  for (const { panels, name } of dashboards) assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, name);
  for (const { datasource, at } of targets) assert.match(provisioned, new RegExp(`uid: ${datasource.uid}\n`), at);
  assert.ok(promql.length > 20 && influxql.length > 10);
});

test("Prometheus accepts rules, configuration and expressions", { skip: have("promtool") ? false : "promtool is not installed" }, () => {
  const promtool = (...args) => execFileSync("promtool", args, { encoding: "utf8", stdio: "pipe" });
  promtool("check", "rules", join(source, "conf/prometheus/carewatch.rules.yml"));
  promtool("check", "config", join(source, "conf/prometheus/prometheus.yml"));
  promtool("test", "rules", join(source, "tests/e2e/carewatch.rules.test.yml"));
  const folder = mkdtempSync(join(tmpdir(), "carewatch-promql-"));
  try {
    const records = promql.map(({ expr }, i) => ({ record: `panel:${i}`, expr }));
    writeFileSync(join(folder, "panels.json"), JSON.stringify({ groups: [{ name: "panels", rules: records }] }));
    promtool("check", "rules", join(folder, "panels.json"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every metric that is asked for is in the daemon's table", () => {
  const known = new Set(JSON.parse(execFileSync(carewatch, ["schema", "metrics"], { encoding: "utf8" })).map(({ name }) => name));
  const asked = promql.map(({ expr }) => expr).join("\n") + readFileSync(join(source, "conf/prometheus/carewatch.rules.yml"), "utf8");
  const names = new Set(asked.match(/\bcarewatch_[a-z0-9_]+/g));
  assert.ok(names.size > 15);
  for (const name of names) assert.ok(known.has(name.replace(/_(bucket|sum|count)$/, "")), name);
});

// Grafana's macros and variables, as for one hour of all sites.
const asGrafana = (query) =>
  query.replaceAll("$timeFilter", "time > now() - 1h").replaceAll("$__interval", "10s").replaceAll("/^$site$/", "/^.*$/");

async function fill(stack) {
  const ts = Date.now();
  const at = (minutes) => new Date(ts + minutes * 60_000).toISOString();
  const send = (topic, payload) => stack.publish(`care/v1/s-1/${topic}`, payload);
  send("bed-1/telemetry", { ts, hr: 71, resp: 15, spo2: 80, battery: 88 });
  send("room-1/telemetry", { ts, room_temp: 21.5, co2: 700 });
  send("desk/event", { id: "v1", ts, type: "visit.planned", visit: "v-1", service: "bath", recipient: "r-1", worker: "w-1", start: at(-5), end: at(55) });
  for (const category of ["service", "training", "publicity"])
    send("desk/event", { id: category, ts, type: "activity.held", activity: category, category, service: "lecture", start: at(-60), end: at(-5), persons: 12 });
}

test("every query of the time series is answered by the database", { skip: have("mosquitto") && have("influxd") ? false : "mosquitto or influxd is not installed" }, async () => {
  const stack = new Stack();
  const ask = async (query) => {
    const answer = await fetch(`${stack.influxUrl()}/query?db=care&q=${encodeURIComponent(asGrafana(query))}`);
    const { results, error } = await answer.json();
    assert.ok(!error && !results[0].error, `${query}: ${error ?? results?.[0].error}`);
    return results[0].series ?? [];
  };
  try {
    await stack.broker();
    await stack.influx();
    await stack.daemon(`${rules} sites = ( { site = "s-1"; kind = "base"; district = "west"; } );`, {});
    await fill(stack);
    for (const { at, query } of influxql)
      await until(`${at}: an answer`, async () => (await ask(query)).some(({ values }) => values.length > 0), 60).catch((error) => {
        error.message += `\n${query}`;
        throw error;
      });
    for (const { name, templating } of dashboards)
      for (const { query } of templating.list) assert.ok((await ask(query)).length > 0, `${name}: ${query}`);
  } finally {
    await stack.end();
  }
});
