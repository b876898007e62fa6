// urgency.js - which alarm waits for a person, and which comes first. Pure.
export const priorities = ["high", "medium", "low"];
export const weight = { high: 0, medium: 1, low: 2 };
export const waits = (alarm) => alarm.state === "unack" || alarm.state === "rtn_unack";

const aside = ["shelved", "suppressed", "out_of_service"];
export const isAside = (alarm) => aside.includes(alarm.state);
// Drills and what came late stand apart from what is going on now, and so does what was put
// aside: none of it asks for anybody.
export const viewOf = (alarm) => (alarm.drill ? "drill" : alarm.historical ? "late" : isAside(alarm) ? "aside" : "open");

// Unacknowledged first, high before low, what goes on before what is over, oldest first.
export const byUrgency = (a, b) =>
  waits(b) - waits(a) ||
  weight[a.priority] - weight[b.priority] ||
  b.active - a.active ||
  (a.raised_at < b.raised_at ? -1 : a.raised_at > b.raised_at ? 1 : 0) ||
  (a.id < b.id ? -1 : 1);
