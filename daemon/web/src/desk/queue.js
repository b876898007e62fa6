// queue.js - which alarms are shown, in what order, and what is folded under what. Pure.
import { byUrgency, viewOf, waits, weight } from "../base/urgency.js";

export const views = ["open", "waiting", "aside", "drill", "late", "closed"];
export { viewOf };

// What the URL asks for.
export function filterOf(query) {
  const asked = query.get("state");
  return {
    view: views.includes(asked) ? asked : "open",
    priorities: (query.get("priority") ?? "").split(",").filter((p) => p in weight),
    typed: query.get("q") ?? "",
    text: (query.get("q") ?? "").trim().toLowerCase(),
    site: query.get("site") ?? "",
    district: query.get("district") ?? "",
    category: query.get("category") ?? "",
    mine: query.get("mine") === "1",
    all: query.get("all") === "1", // in a flood too
  };
}

const isMine = (alarm, me) => alarm.owner === me || (!alarm.owner && alarm.acked_by === me);

export function fits(alarm, filter, nameOf, me) {
  if (filter.view === "waiting" && !waits(alarm)) return false;
  if (filter.priorities.length && !filter.priorities.includes(alarm.priority)) return false;
  if (filter.site && alarm.site !== filter.site) return false;
  if (filter.district && alarm.district !== filter.district) return false;
  if (filter.category && alarm.category !== filter.category) return false;
  if (filter.mine && !isMine(alarm, me)) return false;
  if (!filter.text) return true;
  return [alarm.site, nameOf(alarm.site), alarm.district, alarm.bed, alarm.device, alarm.owner, alarm.text?.zh, alarm.text?.en]
    .some((part) => part?.toLowerCase().includes(filter.text));
}

// The list; how many that wait for a person the filter hides, and how many the flood does; how
// many stand apart in each view. `flood`: only what is high or vital, unless all are asked for.
export function select(alarms, filter, nameOf, { me = "", flood = false } = {}) {
  const list = [];
  const apart = { aside: 0, drill: 0, late: 0 };
  let hidden = 0;
  let flooded = 0;
  for (const alarm of alarms) {
    const view = viewOf(alarm);
    if (filter.view !== "closed" && view in apart) apart[view]++;
    const isAsked = filter.view === "closed" || view === (filter.view === "waiting" ? "open" : filter.view);
    if (isAsked && fits(alarm, filter, nameOf, me)) {
      const isFolded = flood && !filter.all && view === "open" && alarm.priority !== "high" && !alarm.vital;
      if (isFolded) flooded++;
      else list.push(alarm);
    } else if (waits(alarm) && view === "open") hidden++;
  }
  if (filter.view !== "closed") list.sort(byUrgency);
  return { list, hidden, flooded, apart };
}

// Rows {alarm, under, inside}: `under` are those folded under it, as many as are in the list;
// `inside`: it stands under another that is expanded. A group is as urgent as its most urgent
// one; what has no head in the list stands by itself.
export function fold(list, expanded) {
  const heads = new Map();
  for (const alarm of list) {
    const head = heads.get(alarm.incident);
    if (!alarm.folded && (!head || (alarm.first_out && !head.first_out))) heads.set(alarm.incident, alarm);
  }
  const groups = new Map(); // id of the head -> its row and those under it; in order of the list
  for (const alarm of list) {
    const head = (alarm.folded && heads.get(alarm.incident)) || alarm;
    if (!groups.has(head.id)) groups.set(head.id, { alarm: head, under: [] });
    if (head !== alarm) groups.get(head.id).under.push(alarm);
  }
  return [...groups.values()].flatMap((row) =>
    expanded.has(row.alarm.incident) ? [row, ...row.under.map((alarm) => ({ alarm, under: [], inside: true }))] : [row],
  );
}
