// hours.js - the rows of a report by hour as the last 24 hours, the oldest first. Pure.
export const HOURS = 24;
export const HOUR = 3600000;

// An hour without alarms has no row in the report; its rows say which hour, with their zone.
export function hoursOf(rows, now) {
  const hours = Array(HOURS).fill(0);
  for (const { group, most_in_10min: most } of rows) {
    const ago = Math.floor((now - Date.parse(group)) / HOUR);
    if (ago >= 0 && ago < HOURS) hours[HOURS - 1 - ago] = most;
  }
  return hours;
}
