// queue.js - which alarms are shown, and in what order. Pure.
import { byUrgency, waits, weight } from "../base/urgency.js";

// What the URL asks for: {state, priorities, text}.
export function filterOf(query) {
  const asked = query.get("state");
  return {
    state: ["waiting", "closed"].includes(asked) ? asked : "open",
    priorities: (query.get("priority") ?? "").split(",").filter((p) => p in weight),
    text: (query.get("q") ?? "").trim().toLowerCase(),
  };
}

export function fits(alarm, filter, nameOf) {
  if (filter.state === "waiting" && !waits(alarm)) return false;
  if (filter.priorities.length && !filter.priorities.includes(alarm.priority)) return false;
  if (!filter.text) return true;
  return [alarm.site, nameOf(alarm.site), alarm.district, alarm.bed, alarm.device, alarm.text?.zh, alarm.text?.en]
    .some((part) => part?.toLowerCase().includes(filter.text));
}

// The list, and how many that wait for a person the filter hides.
export function select(alarms, filter, nameOf) {
  const list = [];
  let hidden = 0;
  for (const alarm of alarms) {
    if (fits(alarm, filter, nameOf)) list.push(alarm);
    else if (waits(alarm)) hidden++;
  }
  if (filter.state !== "closed") list.sort(byUrgency);
  return { list, hidden };
}
