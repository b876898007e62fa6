// time.js - moments and ages for people: local, 24 hours; the ISO form belongs in the tooltip.
const two = (n) => String(n).padStart(2, "0");

// With the day when it is not today, so that yesterday's is not taken for today's, and with the
// year when it is not this one.
export function clock(iso) {
  if (!iso) return "";
  const d = new Date(iso);
  const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  const now = new Date();
  if (d.toDateString() === now.toDateString()) return time;
  return `${d.getFullYear() === now.getFullYear() ? "" : `${d.getFullYear()}-`}${two(d.getMonth() + 1)}-${two(d.getDate())} ${time}`;
}

// The same for a row of a list: who looks back over days needs no seconds.
export const shortClock = (iso) => clock(iso).replace(/^(\S+ \d\d:\d\d):\d\d$/, "$1");

// A day as it is here; one that was said as a day stays that one.
export function day(iso) {
  if (!iso) return "—";
  if (/^\d{4}-\d\d-\d\d$/.test(iso)) return iso;
  const d = new Date(iso);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

export function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 3600) return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
  if (s < 86400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} d`;
}
