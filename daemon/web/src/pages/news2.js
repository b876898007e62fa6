// news2.js - the early warning score of what was measured last, part by part. Pure.
//
// Royal College of Physicians, NEWS2 (2017), chart 1. The alarm is the daemon's
// (plugins/detect_news2.c); here one sees which vital sign gives which points, what is missing
// and what is too old to count.
const HOUR = 3600000;
// part: the highest value that still gives these points, ascending; then how long it counts.
const bands = {
  resp: [[[8, 3], [11, 1], [20, 0], [24, 2], [Infinity, 3]], HOUR],
  spo2: [[[91, 3], [93, 2], [95, 1], [Infinity, 0]], HOUR],
  sys: [[[90, 3], [100, 2], [110, 1], [219, 0], [Infinity, 3]], 12 * HOUR],
  hr: [[[40, 3], [50, 1], [90, 0], [110, 1], [130, 2], [Infinity, 3]], HOUR],
  temp: [[[35, 3], [36, 1], [38, 0], [39, 1], [Infinity, 2]], 12 * HOUR],
};
// Scale 2, for hypercapnic failure with a target of 88-92 %: too much is bad only on oxygen.
const scale2 = (value, onO2) => {
  if (value <= 83) return 3;
  if (value <= 85) return 2;
  if (value <= 87) return 1;
  if (value <= 92 || !onO2) return 0;
  return value <= 94 ? 1 : value <= 96 ? 2 : 3;
};

const PARTS = ["resp", "spo2", "on_o2", "sys", "hr", "consciousness", "temp"];

function pointsOf(name, value, scale, onO2) {
  if (name === "on_o2") return value ? 2 : 0;
  if (name === "consciousness") return value === "A" ? 0 : 3;
  if (name === "spo2" && scale === 2) return scale2(value, onO2);
  // The chart has whole numbers (tenths of a degree): between two of them the lower row counts.
  const rounded = name === "temp" ? Math.round(value * 10) / 10 : Math.round(value);
  return bands[name][0].find(([most]) => rounded <= most)[1];
}

// measured: {name: {value, at}} in ms. {parts: [{name, value, points, old}], total, red, missing};
// without oxygen or consciousness being told, air and alert are taken, as in the daemon.
export function news2(measured, now, scale = 1) {
  const onO2 = measured.on_o2?.value === true;
  const parts = [];
  for (const name of PARTS) {
    const one = measured[name];
    if (!one) continue;
    const old = now - one.at > (bands[name]?.[1] ?? (name === "on_o2" ? 24 : 12) * HOUR);
    parts.push({ name, value: one.value, at: one.at, old, points: old ? null : pointsOf(name, one.value, scale, onO2) });
  }
  const counted = parts.filter((part) => part.points !== null);
  const has = (name) => counted.some((part) => part.name === name);
  return {
    parts,
    total: counted.reduce((sum, part) => sum + part.points, 0),
    red: counted.some((part) => part.points === 3),
    missing: ["resp", "spo2", "sys", "hr", "temp"].filter((name) => !has(name)),
  };
}
