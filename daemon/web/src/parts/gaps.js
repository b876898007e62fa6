// gaps.js - where a series has a hole. Pure.
// A pause of more than three usual steps is a gap: null in the columns.
export function withGaps(times, values) {
  const steps = [];
  for (let i = 1; i < times.length; i++) if (times[i] > times[i - 1]) steps.push(times[i] - times[i - 1]);
  steps.sort((a, b) => a - b);
  const most = Math.max(5000, 3 * (steps[steps.length >> 1] ?? 0));
  const t2 = [];
  const v2 = [];
  times.forEach((time, i) => {
    if (i > 0 && time - times[i - 1] > most) {
      t2.push(times[i - 1] + 1);
      v2.push(null);
    }
    t2.push(time);
    v2.push(values[i]);
  });
  return [t2, v2];
}
