// ticks.js - where the axes of a plot have their lines, and which value is under the cursor. Pure.
const MINUTE = 60000;
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 43200].map((n) => n * MINUTE);

// Multiples of 1, 2 or 5 times a power of ten, about so many.
export function roundTicks(low, high, most) {
  const least = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * [1, 2, 5, 10].find((n) => n * power >= least);
  const list = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) list.push(Number((i * step).toPrecision(9)));
  return list;
}

// Whole minutes, hours or days, as a clock here shows them.
export function timeTicks(from, to, most) {
  const step = steps.find((one) => (to - from) / one <= most) ?? steps.at(-1);
  const shift = new Date(from).getTimezoneOffset() * MINUTE;
  const list = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) list.push(at);
  return list;
}

// Index of the moment that is nearest to `at`; null when there is none.
export function nearest(times, at) {
  let [low, high] = [0, times.length - 1];
  if (high < 0) return null;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (times[mid] < at) low = mid;
    else high = mid;
  }
  return Math.abs(times[low] - at) <= Math.abs(times[high] - at) ? low : high;
}
