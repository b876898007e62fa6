// test_erase.mjs - a resident is forgotten by the whole program: journal (sealed and compressed
// files, too), a broker's door, quarantine, store, both snapshots, logs and a backup. Proven at
// once, by a search of every file.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { carewatch, door, have, rules, Stack, until } from "./stack.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };
const NAME = "Canary Bird", ZH = "金丝雀", PHONE = "13912345678";
const free = ["her hip hurts", "as her son asked", "visits her sister"]; // about the pseudonym, without a word of the name
const traces = [NAME, ZH, PHONE, "\\u91d1\\u4e1d\\u96c0", ...free];

const files = (dir) =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? files(path) : entry.isFile() ? [path] : []; // a door has a pipe
  });

// Every file as it is, what the quarantine has in base64, and every journal as `journal dump` reads
// it, which is what compressed files hold.
function dump(dir) {
  for (let i = 0; i < 10; i++) {
    const { status, stdout } = spawnSync(carewatch, ["journal", "dump", dir], { maxBuffer: 1 << 28 });
    if (status === 0) return stdout; // else a file of it was given up meanwhile
  }
  assert.fail(`${dir} cannot be dumped`);
}

function existing(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

function whereIs(stack, text) {
  const holds = (path) => {
    const bytes = existing(path); // else it was compressed meanwhile: `journal dump` reads that
    const encoded = path.includes("quarantine") ? bytes.toString("latin1").match(/[A-Za-z0-9+/]{16,}={0,2}/g) ?? [] : [];
    return bytes.includes(text) || encoded.some((word) => Buffer.from(word, "base64").includes(text));
  };
  const found = files(stack.dir).filter(holds);
  for (const dir of [join(stack.dir, "journal"), join(stack.dir, "door")])
    if (dump(dir).includes(text)) found.push(`${dir} (dump)`);
  return found.map((path) => relative(stack.dir, path));
}

const put = (stack, path, body) =>
  fetch(stack.url() + path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
const well = async (answer) => assert.ok(answer.ok, `${answer.status} ${await answer.clone().text()}`);

// What people say and write of the resident, on every way into a file.
async function talk(stack) {
  const event = (payload) => stack.publish("care/v1/home-1/gw/event", payload);
  const roster = (...residents) => ({ devices: [{ device: "bed-9", bed: "3-12", resident: "r-88" }, { device: "bed-10", resident: "r-89" }], residents });
  stack.publish("care/v1/home-1/gw/roster", roster(), { retain: true });
  event({ id: "e1", type: "incident.reported", kind: "fall", text: `${ZH}来电, tel ${PHONE}` });
  event('{"id":"e2","type":"incident.reported","kind":"fall","text":"\\u91d1\\u4e1d\\u96c0"}');
  event({ id: "e3", type: "no.such.type", text: NAME });
  event({ id: "e4", type: "resident.away", resident: "r-88", text: free[2] });
  stack.publish("care/v1/home-1/bed-9/telemetry", { spo2: 80 });
  const alarm = await until("the alarm", async () => (await stack.alarms()).find(({ resident }) => resident === "r-88"));
  stack.publish("care/v1/home-1/gw/roster", roster({ resident: "r-88", consent: { vitals: false } }), { retain: true });
  await until("its value is hidden", async () => (await stack.get(`/api/v1/alarms/${alarm.id}`)).withheld === "vitals");
  await well(await stack.post(`/api/v1/alarms/${alarm.id}/ack`, { note: `called ${NAME}, ${free[0]}` }));
  await well(await stack.post("/api/v1/residents/r-88/limits?site=home-1", { metric: "hr", high: 130, note: free[1] }));
  await well(await stack.post("/api/v1/silences", { for: "1h", comment: `for ${NAME}`, matchers: [{ name: "rule", value: "x" }] }));
  await well(await stack.post("/api/v1/alarms", { site: "home-1", resident: "r-88", text: `${ZH} rang` }));
  await well(await stack.post("/api/v1/alarms", { site: "home-1", bed: "9", text: `${NAME} is not in bed 9` })); // of somebody else
  await well(await stack.post("/api/v1/residents/r-89/limits?site=home-1", { metric: "hr", high: 120, note: `the neighbour of ${ZH}` }));
  const say = (payload) => stack.publish("care/v1/dept/desk/event", payload);
  say({ id: "d1", type: "inspection.planned", inspection: "i-1", site: "home-1", domain: "safety", inspectors: ["a-1", "a-2"] });
  say({ id: "d2", type: "inspection.finding", inspection: "i-1", clause: "5.2", text: `${NAME} fell here`, evidence: [`photo of ${NAME}`] });
  await until("the finding", async () => (await stack.get("/api/v1/inspections/i-1")).text?.includes(NAME));
  say({ id: "d3", type: "inspection.finding", inspection: "i-1", clause: "5.2", text: `twice: ${NAME}`, evidence: [`photo of ${NAME}`] });
  // More than one command of the fold names.
  const many = Array.from({ length: 40 }, (_, i) => ({ id: `d4-${i}`, type: "inspection.planned", inspection: `j-${i}`, site: "home-1", domain: "safety", inspectors: ["a-1", "a-2"] }));
  const found = many.map(({ id, inspection }) => ({ id: `${id}f`, type: "inspection.finding", inspection, clause: "5.2", text: `in ${inspection}: ${ZH}`, evidence: ["seen"] }));
  await stack.publishLines("care/v1/dept/desk/event", [...many, ...found].map((one) => JSON.stringify(one)));
  await until("all of them", async () => (await stack.get("/api/v1/inspections?limit=100")).items.filter(({ text }) => text?.includes(ZH)).length === 40);
  await until("it is corrected", async () => (await stack.get("/api/v1/inspections/i-1")).text?.includes("twice"));
  return alarm.id;
}

// Both snapshots are written while its records are in the newest file, which is sealed then: so
// the journal may not forget it by itself.
async function fill(stack) {
  const held = (name) => {
    const path = join(stack.dir, "journal", name);
    return existsSync(path) && readFileSync(path).includes(free[1]);
  };
  for (const name of ["snapshot", "snapshot.prev"]) {
    await stack.publishLines("care/v1/home-1/bed-1/telemetry", Array.from({ length: 1000 }, (_, i) => `{"hr":${60 + (i % 30)}}`));
    await until(`${name} has what was written down`, () => held(name));
  }
  const report = (i) => JSON.stringify({ id: `f${i}`, type: "incident.reported", kind: "other", text: "x".repeat(3000) });
  await stack.publishLines("care/v1/home-1/gw/event", Array.from({ length: 400 }, (_, i) => report(i)));
  const status = JSON.stringify({ online: true, class: "90s", pad: "x".repeat(60000) });
  await stack.publishLines("care/v1/home-1/gw/status", Array.from({ length: 50 }, () => status));
  await until("its files are sealed", () => ["journal", "door"].every((name) => files(join(stack.dir, name)).filter((path) => /seg/.test(path)).length > 1));
  await until("ours are compressed", () => files(join(stack.dir, "journal")).some((path) => path.endsWith(".zst")));
}

test("whoever is erased is in no file any more, at once", options, async () => {
  const stack = new Stack();
  try {
    const gate = door(stack);
    await stack.broker(gate.broker);
    const settings = { ...gate.settings, "journal.segment": "1MiB", "journal.quota": "64MiB", "journal.reserve": "1MiB", "limits.snapshot_records": "1000" };
    const key = join(stack.dir, "names.key");
    writeFileSync(key, `${"5a".repeat(32)}\n`, { mode: 0o600 });
    await stack.daemon(`${gate.daemon}names: { key_file = "${key}"; };\nsites = ( { site = "dept"; kind = "department"; } );\n${rules}`, settings);
    stack.publish("care/v1/home-1/bed-1/telemetry", { hr: 70 });
    await until("the site", async () => (await stack.get("/api/v1/sites")).items.some(({ site }) => site === "home-1"));
    await well(await put(stack, "/api/v1/residents/r-88/name?site=home-1", { name: NAME, phone: PHONE, contacts: [{ name: ZH, relation: "女儿" }] }));
    assert.deepEqual(whereIs(stack, NAME), []);
    assert.equal((await stack.get("/api/v1/residents/r-88/name?site=home-1")).person.name, NAME);
    assert.deepEqual(whereIs(stack, "5a".repeat(32)), ["names.key"]); // nor in the recorded configuration
    const alarm = await talk(stack);
    await fill(stack);
    mkdirSync(join(stack.dir, "backup"));
    execFileSync(carewatch, ["store", "backup", join(stack.dir, "carewatch.db"), join(stack.dir, "backup", "copy.db")]);
    const places = traces.flatMap((text) => whereIs(stack, text)).join("\n");
    for (const place of [/journal \(dump\)/, /door\/\d+\.seg/, /snapshot$/m, /snapshot\.prev/, /quarantine/, /carewatch\.db/, /backup\/copy\.db/])
      assert.match(places, place);

    const answer = await stack.post("/api/v1/residents/r-88/erase?site=home-1", {});
    await well(answer);
    const said = await answer.json();
    assert.ok(said.journal_records >= 7 && said.words === 3, JSON.stringify(said));
    const left = () => traces.flatMap((text) => whereIs(stack, text).map((path) => `${text}: ${path}`));
    const inBackup = (line) => line.includes("backup/");
    assert.deepEqual(left().filter((line) => !inBackup(line)), []);
    // A backup of before has free text until it is erased, too; the name went with its key.
    assert.ok(left().length > 0);
    execFileSync(carewatch, ["store", "erase", join(stack.dir, "backup", "copy.db"), "home-1", "r-88", "-"], { input: `${NAME}\n${ZH}\n${PHONE}\n` });
    assert.deepEqual(left(), []);

    // What is left is a state that a kill does not harm.
    await stack.stop("carewatch", "SIGKILL");
    await stack.daemon(null, settings);
    assert.deepEqual(left(), []);
    const [again] = (await stack.alarms("all")).filter(({ id }) => id === alarm);
    assert.deepEqual([again.state, again.resident], ["acked", "r-88"]);
    assert.deepEqual([again.withheld, again.value, again.limit], ["vitals", undefined, undefined]);
    for (const dir of ["journal", "door"]) execFileSync(carewatch, ["journal", "verify", join(stack.dir, dir)]);
    execFileSync(carewatch, ["audit", "verify", "--store", join(stack.dir, "carewatch.db")]);
  } catch (error) {
    if (stack.children.has("carewatch")) error.message += `\n${stack.log("carewatch").split("\n").slice(-30).join("\n")}`;
    throw error;
  } finally {
    await stack.end();
  }
});
