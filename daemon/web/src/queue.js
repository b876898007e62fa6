// queue.js - which alarms are shown, and in what order. Pure.
//
// Unacknowledged first, high before low, what goes on before what is over, oldest first.
const weight = { high: 0, medium: 1, low: 2 };
export const waits = (alarm) => alarm.state === "unack" || alarm.state === "rtn_unack";

export const byUrgency = (a, b) =>
  waits(b) - waits(a) ||
  weight[a.priority] - weight[b.priority] ||
  b.active - a.active ||
  (a.raised_at < b.raised_at ? -1 : a.raised_at > b.raised_at ? 1 : 0) ||
  (a.id < b.id ? -1 : 1);

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

// The rows to draw of `n` of height `row`, with some above and below.
export function windowOf(n, top, height, row, spare = 6) {
  const from = Math.max(0, Math.min(n, Math.floor(top / row)) - spare);
  const to = Math.min(n, Math.ceil((top + height) / row) + spare);
  return { from, to, above: from * row, below: (n - to) * row };
}
