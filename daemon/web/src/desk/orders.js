// orders.js - what a person does to an alarm: one row for each order of the API.
//
//   key     its key on the duty desk
//   may     whether the alarm's state allows it; the daemon has the last word (409)
//   fields  what has to be said with it: asked for in a dialog, or sent at once when none
//   roles   who may; none: dispatchers and supervisors
//   again   it means the same when only the daemon has changed the alarm meanwhile
//
// Every order names the revision that the seat has seen (If-Match). When somebody else was
// first, the answer is who, and the alarm as it is now.
import { ask, keepAlarm, readSnapshot, state } from "../base/store.js";
import { isAside, waits } from "../base/urgency.js";

const ORDER_MS = 10000; // then it may be said again: by its key it is done once

const stands = (alarm) => alarm.state !== "closed" && !isAside(alarm);

// In the order of their digits.
const causes = [
  "handled", "answered", "false_alarm", "device_fault", "pressed_by_mistake", "exercise", "duplicate", "handed_over", "other",
];
const lasting = ["15m", "1h", "4h", "8h"];
const services = ["120", "119", "110"];

export const orders = {
  ack: { key: "a", may: waits, fields: [], again: true },
  assign: { key: "d", may: stands, fields: [{ name: "assignee", kind: "person", required: true }, { name: "note" }], again: true },
  arrive: { key: "v", may: (alarm) => stands(alarm) && !alarm.arrived_at, fields: [], again: true },
  escalate: { key: "e", may: stands, fields: [] },
  handover: {
    key: "h",
    may: stands,
    fields: [
      { name: "to", kind: "choice", choices: services, required: true },
      { name: "answerer", kind: "id", required: true },
      { name: "note" },
    ],
  },
  shelve: {
    key: "s",
    may: (alarm) => stands(alarm) && alarm.priority !== "high" && !alarm.vital,
    roles: ["supervisor"],
    fields: [{ name: "for", kind: "choice", choices: lasting, required: true, preset: "1h" }, { name: "note", required: true }],
  },
  unshelve: { key: "s", may: (alarm) => alarm.state === "shelved", fields: [] },
  close: {
    key: "c",
    may: (alarm) => ["acked", "rtn_unack", "shelved"].includes(alarm.state),
    fields: [
      { name: "cause", kind: "choice", choices: causes, required: true },
      { name: "note", required: (values) => values.cause === "other" },
    ],
  },
  note: { key: "n", may: () => true, fields: [{ name: "note", required: true }], again: true },
};

const mayOrder = (name) =>
  state.status?.auth === "none" || (orders[name].roles ?? ["dispatcher", "supervisor"]).includes(state.status?.role);
export const isOffered = (name, alarm) => mayOrder(name) && orders[name].may(alarm);
// The order of a key for this alarm; S is two orders, and one of them fits.
export const orderOfKey = (key, alarm) =>
  Object.keys(orders).find((name) => orders[name].key === key && isOffered(name, alarm));

// This seat: what it said itself a moment before is no other's word. Without sign-in all have one name.
const isMe = (by) => state.status?.auth === "token" && by === state.session?.by;

// The last other person who changed it after that revision; "" when there was none, null when
// that cannot be read.
async function whoChanged(path, rev) {
  const steps = await ask(`${path}/history`).catch(() => null);
  return steps && (steps.items.filter((step) => step.by && !isMe(step.by) && step.rev > rev).pop()?.by ?? "");
}

const meansTheSame = (name, alarm, changed) =>
  (orders[name]?.again || name === "unack") && changed.priority === alarm.priority;

// null, or {text} why not, or {changed, by}: how it is now, and who was first. What the daemon
// alone has changed meanwhile (it came again, it was escalated) is no reason to lose a person's word.
export async function send(name, alarm, body = {}, key = `${alarm.id}-${alarm.rev}-${name}`) {
  const path = `/api/v1/alarms/${encodeURIComponent(alarm.id)}`;
  try {
    const answer = await ask(`${path}/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "If-Match": `"${alarm.rev}"`, "Idempotency-Key": key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ORDER_MS),
    });
    keepAlarm(answer);
    return null;
  } catch (error) {
    if (error.status !== 412 && error.status !== 409) return { text: error.message };
    const changed = await ask(path).catch(() => null);
    if (!changed) {
      readSnapshot();
      return { text: error.message };
    }
    keepAlarm(changed);
    // Of the same revision: nobody was first, the state does not allow it.
    if (changed.rev === alarm.rev) return { text: error.message };
    const by = await whoChanged(path, alarm.rev);
    if (by === "" && error.status === 412 && meansTheSame(name, alarm, changed)) return send(name, changed, body, `${key}-${changed.rev}`);
    return { changed, by };
  }
}
