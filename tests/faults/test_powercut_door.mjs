// test_powercut_door.mjs - what a door's folder may look like after the power went, at any moment
// of a busy broker with kills in it; on each such disk the broker has to open its door again, and
// every call that it had acknowledged by then is in it; of telemetry what was synced.
//
// CAREWATCH_IMAGES and CAREWATCH_SEED (printed) choose the run; CAREWATCH_LONG=1 is 300 disks;
// CAREWATCH_KEEP=FILE keeps the record of one that failed.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { carewatch, door, freePort, have, Stack, until } from "../e2e/stack.mjs";
import { lastSync, makeDisk, readLog, whatWasAcknowledged } from "./disk.mjs";
import { randomFrom } from "./random.mjs";
import { Sender } from "./sender.mjs";

const build = process.env.CAREWATCH_BUILD ?? "build";
const options = {
  skip: !have("mosquitto") ? "mosquitto is not installed"
    : process.env.ASAN_OPTIONS || process.env.CAREWATCH_SANITIZE ? "the broker is not ours to sanitize" : false,
};
const images = Number(process.env.CAREWATCH_IMAGES ?? (process.env.CAREWATCH_LONG ? 300 : 40));
const seed = Number(process.env.CAREWATCH_SEED ?? Date.now() % 1_000_000);
const MODELS = ["strict", "ordered"];
const MODES = ["lost", "some", "torn"];
const LIVES = 3;
const BATCH = 30; // each 20 ms

function configuration(stack, name, dir, port) {
  const conf = join(stack.dir, `${name}.conf`);
  const lines = door(stack, { dir, segment: "256KiB", quota: "64MiB" }).broker;
  writeFileSync(conf, [`listener ${port} 127.0.0.1`, "allow_anonymous true", process.getuid() ? "" : "user root", ...lines].join("\n"));
  return ["/usr/sbin/mosquitto", ["-c", conf]];
}
const listens = (port) =>
  until("the broker listens", () => execFileSync("mosquitto_pub", ["-h", "127.0.0.1", "-p", `${port}`, "-t", "up", "-m", "x"], { stdio: "pipe" }));

// Between two notes of the recorder, see there.
async function kill(stack, log) {
  const { pid } = stack.children.get("door");
  const killer = spawn("flock", [`${log}.lock`, "sh", "-c", 'kill -9 "$0"; until [ ! -e "/proc/$0" ]; do :; done', `${pid}`]);
  await new Promise((done) => killer.on("exit", done));
  await stack.stop("door", "SIGKILL");
}

async function record(stack, data) {
  const log = join(stack.dir, "recorded");
  const port = await freePort();
  const [program, args] = configuration(stack, "recorded", join(data, "var", "door"), port);
  const environment = { LD_PRELOAD: join(build, "tests", "faults_recorder.so"), RECORDER_DIR: data, RECORDER_LOG: log };
  let sender, n = 0;
  try {
    for (let life = 0; life < LIVES; life++) {
      stack.spawn("door", program, args, environment);
      await listens(port);
      sender ??= new Sender(port, "gateway");
      for (const end = performance.now() + 1500; performance.now() < end; await pause(20)) {
        for (let i = 0; i < BATCH && sender.waiting < 1500; i++) {
          if (++n % 40 === 0) sender.publish(`care/v1/s-1/desk/event`, { id: `call-${n}`, type: "call.pressed", bed: `b-${n}` });
          else sender.publish(`care/v1/s-1/d-${n % 30}/telemetry`, { hr: 60 + (n % 30), mark: n, filler: "x".repeat(n % 200) });
        }
      }
      if (life + 1 < LIVES) await kill(stack, log);
    }
  } finally {
    sender?.close();
    await stack.stop("door");
  }
  return { log: readLog(log), sent: n };
}

// The broker starts on the disk, opens its door and stops; what is in it then.
async function contentsOf(stack, folder) {
  const port = await freePort();
  const [program, args] = configuration(stack, "image", join(folder, "var", "door"), port);
  stack.spawn("image", program, args);
  await listens(port);
  assert.equal(await stack.stop("image"), 0, stack.log("image"));
  const verify = spawnSync(carewatch, ["journal", "verify", join(folder, "var", "door")], { encoding: "utf8" });
  assert.equal(verify.status, 0, verify.stdout + verify.stderr);
  const text = execFileSync(carewatch, ["journal", "dump", join(folder, "var", "door")], { encoding: "utf8", maxBuffer: 1 << 28 });
  const payloads = text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line)).filter(({ kind }) => kind === "message")
    .map(({ payload }) => payload);
  return { calls: new Set(payloads.map(({ id }) => id)), marks: new Set(payloads.map(({ mark }) => mark)) };
}

test(`power cut on ${images} disks of a door: what was acknowledged is there (seed ${seed})`, options, async (t) => {
  const random = randomFrom(seed);
  const stack = new Stack();
  const data = join(stack.dir, "data");
  mkdirSync(join(data, "var"), { recursive: true });
  try {
    const { log, sent } = await record(stack, data);
    const said = whatWasAcknowledged(log);
    const calls = said.filter(({ id }) => id), values = said.filter(({ mark }) => mark);
    assert.ok(calls.length > 30 && values.length > 1000, `the recorder heard ${calls.length} calls, ${values.length} values`);
    t.diagnostic(`${sent} messages; ${log.length} entries, ${log.filter(({ op }) => op === "S").length} syncs; ` +
      `acknowledged ${calls.length} calls, ${values.length} values`);
    for (let i = 0; i < images; i++) {
      const cut = 1 + Math.floor(random() * log.length);
      const [model, mode] = [MODELS[i % 2], MODES[i % 3]];
      const folder = join(stack.dir, "image");
      rmSync(folder, { recursive: true, force: true });
      makeDisk(log, cut, { model, mode, random, folder, folders: ["var"] });
      try {
        const there = await contentsOf(stack, folder);
        for (const { id, index } of calls) if (index < cut) assert.ok(there.calls.has(id), `${id} was acknowledged`);
        const synced = lastSync(log, cut);
        for (const { mark, index } of values) if (index < synced) assert.ok(there.marks.has(mark), `value ${mark} was acknowledged and synced`);
      } catch (error) {
        if (process.env.CAREWATCH_KEEP) copyFileSync(join(stack.dir, "recorded"), process.env.CAREWATCH_KEEP);
        error.message += `\n--- disk ${i}, cut at ${cut} of ${log.length}, ${model}, ${mode}, seed ${seed}\n` +
          stack.log("image").split("\n").slice(-12).join("\n");
        throw error;
      }
    }
  } finally {
    await stack.end();
  }
});
