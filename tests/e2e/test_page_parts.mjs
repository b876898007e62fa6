// test_page_parts.mjs - the pure parts of the page: what is shown, in what order, and which rows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withGaps } from "../../daemon/web/src/parts/gaps.js";
import { hoursOf } from "../../daemon/web/src/desk/hours.js";
import { filterOf, select } from "../../daemon/web/src/desk/queue.js";
import { schematic } from "../../daemon/web/src/desk/schematic.js";
import { clock, day } from "../../daemon/web/src/base/time.js";
import { due } from "../../daemon/web/src/parts/sound.js";
import { nearest, roundTicks, timeTicks } from "../../daemon/web/src/parts/ticks.js";
import { windowOf } from "../../daemon/web/src/parts/window.js";

const alarm = (id, priority, state, active, minute, site = "s-1") => ({
  id, priority, state, active, site, raised_at: `2026-11-23T10:${minute}:00.000Z`, text: { zh: "血氧过低", en: "Low" },
});
const name = (id) => (id === "s-2" ? "福寿院" : id);
const all = [
  alarm("a", "low", "unack", true, "01"),
  alarm("b", "high", "acked", true, "02"),
  alarm("c", "high", "unack", true, "05"),
  alarm("d", "high", "unack", true, "03", "s-2"),
  alarm("e", "high", "rtn_unack", false, "01"),
];
const ids = (query) => {
  const { list, hidden } = select(all, filterOf(new URLSearchParams(query)), name);
  return `${list.map((a) => a.id).join("")} ${hidden}`;
};

test("what waits comes first, then the worse, then what goes on, then the older", () => {
  assert.equal(ids(""), "dceab 0");
});

test("filters narrow the list and count what they hide", () => {
  for (const [query, expected] of [
    ["state=waiting", "dcea 0"],
    ["priority=high", "dceb 1"],
    ["priority=high,low", "dceab 0"],
    ["priority=nonsense", "dceab 0"],
    ["q=福寿", "d 3"],
    ["q=S-2", "d 3"],
    ["q=血氧&priority=low", "a 3"],
    ["q=nobody", " 4"],
  ]) assert.equal(ids(query), expected, query);
});

test("a moment says its day when that is not today, and its year when it is not this one", () => {
  const now = new Date();
  assert.match(clock(now.toISOString()), /^\d\d:\d\d:\d\d$/);
  assert.match(clock(new Date(now.getFullYear(), now.getMonth() === 0 ? 5 : 0, 2, 3, 4, 5).toISOString()), /^\d\d-02 03:04:05$/);
  assert.equal(clock(new Date(2019, 10, 27, 10).toISOString()), "2019-11-27 10:00:00");
  assert.equal(day("2026-12-01"), "2026-12-01");
  assert.equal(day(new Date(2026, 11, 1).toISOString()), "2026-12-01");
});

test("districts that no tile is known for fill a wide screen, what has none is the last", () => {
  const { shapes } = schematic(["", "9-1", "9-2", "9-3", "9-4", "9-5", "9-6"].map((district, i) => ({ site: `s-${i}`, district })));
  const right = Math.max(...shapes.flatMap(({ rings }) => rings[0].map(([x]) => x)));
  const below = Math.max(...shapes.flatMap(({ rings }) => rings[0].map(([, y]) => y)));
  assert.ok(right / below > 1.2 && right / below < 2.5, `${right} by ${below}`);
  assert.equal(shapes.at(-1).code, "");
});

test("only the rows in view are drawn, and no row in view is missing", () => {
  for (const [n, top, height] of [[0, 0, 900], [3, 0, 900], [5000, 0, 900], [5000, 110000, 900], [5000, 220000, 900], [10, 9999, 900]]) {
    const { from, to } = windowOf(n, top, height, 44);
    assert.ok(0 <= from && from <= to && to <= n && to - from <= 40, `${from} to ${to} of ${n}`);
    for (let i = 0; i < n; i++) if ((i + 1) * 44 > top && i * 44 < top + height) assert.ok(i >= from && i < to, `${i}`);
  }
});

test("what waits sounds at once, again by its priority, and stops when acknowledged", () => {
  const memory = { known: new Set(), last: {} };
  const wait = (id, priority, count = 1, historical = false) => ({ id, priority, count, historical });
  const high = wait("h", "high"), medium = wait("m", "medium"), low = wait("l", "low");
  const rows = [
    [0, [low], false, "low"],
    [1, [low], false, null],
    [60, [low], false, null], // once
    [61, [low, medium], false, "medium"],
    [62, [low, medium, high], false, "high"],
    [71, [low, medium, high], false, null],
    [72, [low, medium, high], false, "high"],
    [80, [low], false, null], // acknowledged
    [81, [low, wait("l", "low", 2)], false, "low"], // raised again
    [90, [wait("old", "high", 1, true)], false, null], // a late upload is no news
    [100, [], true, "stale"],
    [101, [], true, null],
    [115, [], true, "stale"],
    [116, [], false, null],
  ];
  for (const [second, waiting, stale, expected] of rows) {
    assert.equal(due(memory, waiting, stale, second * 1000), expected, `at ${second} s`);
  }
});

test("a pause of more than three usual steps is a gap, never a line", () => {
  for (const [times, expected] of [
    [[], []],
    [[1000], [1]],
    [[1000, 2000, 3000], [1, 1, 1]],
    [[0, 1000, 2000, 60000, 61000], [1, 1, 1, null, 1, 1]],
    [[0, 60000, 120000, 200000], [1, 1, 1, 1]], // a slow device
    [[0, 60000, 120000, 420000], [1, 1, 1, null, 1]],
    [[0, 0, 1000, 1000, 2000, 2000], [1, 1, 1, 1, 1, 1]], // pairs of smallest and largest
  ]) {
    const [t, v] = withGaps(times, times.map(() => 1));
    assert.deepEqual(v, expected);
    assert.ok(t.every((time, i) => i === 0 || time >= t[i - 1]));
  }
});

test("the lines of an axis are round numbers, and not more than fit", () => {
  for (const [low, high, most, expected] of [
    [0, 100, 5, [0, 20, 40, 60, 80, 100]],
    [84.6, 97.4, 6, [85, 90, 95]],
    [-0.1, 1.1, 5, [0, 0.5, 1]],
    [36.55, 36.65, 5, [36.55, 36.6, 36.65]],
  ]) assert.deepEqual(roundTicks(low, high, most), expected, `${low} to ${high}`);
});

test("the lines of a time axis are whole minutes, hours and days of the clock here", () => {
  const at = (day, hour, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();
  const shown = (list) => list.map((one) => new Date(one).toTimeString().slice(0, 5)).join(" ");
  assert.equal(shown(timeTicks(at(23, 10, 2), at(23, 11, 2), 8)), "10:10 10:20 10:30 10:40 10:50 11:00");
  assert.equal(shown(timeTicks(at(23, 10, 2), at(24, 10, 2), 8)), "12:00 15:00 18:00 21:00 00:00 03:00 06:00 09:00");
  assert.equal(shown(timeTicks(at(1, 5), at(8, 5), 8)), Array(7).fill("00:00").join(" "));
});

test("the value under the cursor is the nearest one", () => {
  assert.equal(nearest([], 5), null);
  for (const [at, index] of [[-9, 0], [4, 0], [6, 1], [14, 1], [19, 2], [99, 2]]) assert.equal(nearest([0, 10, 20], at), index, `${at}`);
});

test("an hour of the report is that hour, whatever its zone; one without alarms is none", () => {
  const now = Date.parse("2026-11-23T10:20:00Z");
  const rows = [
    { group: "2026-11-23T18:00+08:00", most_in_10min: 7 },
    { group: "2026-11-23T17:00+08:00", most_in_10min: 3 },
    { group: "2026-11-22T19:00+08:00", most_in_10min: 2 },
    { group: "2026-11-22T17:00+08:00", most_in_10min: 9 },
  ];
  const hours = hoursOf(rows, now);
  assert.deepEqual([hours.length, hours[23], hours[22], hours[21], hours[0]], [24, 7, 3, 0, 2]);
});
