// replayed.mjs - what the journal says, read by `carewatch replay` in one go: of everything that
// was sent, and of what the lives told that were killed in between.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { carewatch } from "../e2e/stack.mjs";

const ask = (stack, ...options) =>
  execFileSync(carewatch, ["replay", ...options, join(stack.dir, "journal")], { encoding: "utf8", maxBuffer: 1 << 30 });

export const replay = (stack) => ask(stack, "-o", "json");

// Every value is in the journal: its lines hold each device's marks, 1 to sent.get(device), without
// a gap. How many came twice.
export function checkTelemetry(stack, sent) {
  const marks = new Map([...sent.keys()].map((device) => [device, []]));
  for (const [, device, mark] of ask(stack, "--lines").matchAll(/device=(d-\d+).*\bmark=(\d+)/g)) marks.get(device).push(Number(mark));
  let twice = 0;
  for (const [device, count] of sent) {
    const have = new Set(marks.get(device));
    const lost = Array.from({ length: count }, (_, i) => i + 1).filter((mark) => !have.has(mark));
    assert.deepEqual(lost, [], `values of ${device} are lost`);
    twice += marks.get(device).length - have.size;
  }
  return twice;
}

const step = (id, rev, { at, change, by }) => `${id} ${rev} ${at} ${change} ${by ?? ""}`;

// What the lives said, restored over kills and snapshots. (A delivery's outcome is no step.)
export async function histories(stack, alarms) {
  const steps = [];
  for (const { id } of alarms) {
    const { items } = await stack.get(`/api/v1/alarms/${id}/history`);
    steps.push(...items.map((one) => step(id, one.rev, one)));
  }
  return steps.sort();
}

// The same is what was replayed, step by step; each step as it was printed.
export function checkReplay(text, told) {
  const steps = text.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(steps.map((one) => step(one.alarm.id, one.alarm.rev, one)).sort(), told, "live and replay differ");
  return steps;
}
