// lanes.js - visits of a day laid out: a lane for each worker (or site), what overlaps goes
// onto a line below. Pure.
const ms = (iso) => (iso ? Date.parse(iso) : NaN);

// From the first to the last thing that was planned or happened, whole hours.
export function hoursOf(visits, dayFrom, dayTo) {
  let from = Infinity;
  let to = -Infinity;
  for (const visit of visits) {
    for (const at of [ms(visit.start), ms(visit.end), ms(visit.checkin_at), ms(visit.checkout_at)]) {
      if (at < dayFrom || at > dayTo || Number.isNaN(at)) continue;
      from = Math.min(from, at);
      to = Math.max(to, at);
    }
  }
  if (from > to) return { from: dayFrom + 8 * 3600000, to: dayFrom + 18 * 3600000 };
  const hour = 3600000;
  return { from: Math.max(dayFrom, Math.floor(from / hour) * hour), to: Math.min(dayTo, Math.max(Math.ceil(to / hour), Math.floor(from / hour) + 2) * hour) };
}

// What a visit is on the screen, the worst first.
export function lookOf(visit) {
  const standing = visit.standing ?? [];
  if (visit.state === "cancelled") return "cancelled";
  if (visit.state === "missed" || standing.includes("missed")) return "missed";
  if (standing.length > 0) return "exception";
  if (visit.verified) return "verified";
  return visit.checkin_at ? "actual" : "planned";
}

// [{name, site, lines: [[visit..]..]}] by name; visits without a worker come last. A worker's id is
// the site's own: w-1 of another site is another person, whose lane says of which.
export function lanesOf(visits, by) {
  const lanes = new Map();
  const keyOf = (visit) => (by === "worker" && visit.worker ? `${visit.worker} ${visit.site ?? ""}` : (visit[by] ?? ""));
  for (const visit of [...visits].sort((a, b) => ms(a.start) - ms(b.start))) {
    const key = keyOf(visit);
    if (!lanes.has(key)) lanes.set(key, { name: visit[by] ?? "", site: visit.site, lines: [] });
    const { lines } = lanes.get(key);
    const begin = Math.min(ms(visit.start), ms(visit.checkin_at) || Infinity);
    const line = lines.find((one) => one.end <= begin) ?? lines[lines.push({ end: 0, list: [] }) - 1];
    line.list.push(visit);
    line.end = Math.max(ms(visit.end), ms(visit.checkout_at) || 0);
  }
  return [...lanes]
    .sort(([a], [b]) => (a === "") - (b === "") || (a < b ? -1 : 1))
    .map(([key, { name, site, lines }]) => ({ key, name, site, lines: lines.map((line) => line.list) }));
}

// Left edge and width in percent, cut to the window; null when outside.
export function placeOf(begin, end, { from, to }) {
  const a = Math.max(from, ms(begin));
  const b = Math.min(to, ms(end));
  if (!(b > a)) return null;
  return { left: `${(100 * (a - from)) / (to - from)}%`, width: `${Math.max(0.4, (100 * (b - a)) / (to - from))}%` };
}
