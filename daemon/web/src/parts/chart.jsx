// chart.jsx - one measured value over a window of time: the line with its gaps, the rules'
// limits dashed, alarms as ticks. All charts of a page share the window and the cursor.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { metricName, t, unit } from "../base/i18n.js";
import { clock } from "../base/time.js";
import { withGaps } from "./gaps.js";

const colour = { high: "#ff3b4e", medium: "#f5c400", low: "#22b8cf" };
const grey = "#9fadb9";
const HEIGHT = 150;

// The limits of a metric: every rule that compares it, those for all places first.
export function limitsOf(rules, metric, site, device) {
  const fits = (pattern, id) => !pattern || (pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : id === pattern);
  const found = new Set();
  for (const rule of rules) {
    const own = rule.thresholds;
    if (own?.metric !== metric || !fits(rule.site, site) || !fits(rule.device, device)) continue;
    for (const name of ["above", "below"]) {
      if (own[name] !== undefined && Number.isFinite(Number(own[name]))) found.add(Number(own[name]));
    }
  }
  return [...found].sort((a, b) => a - b);
}

const shown = (value) => (Number.isInteger(value) ? value : Number(value).toFixed(1));
const isFlag = (values) => values.every((v) => v === null || typeof v === "boolean" || v === 0 || v === 1);

function drawMarks(plot, { limits, alarms }) {
  const { ctx, bbox } = plot;
  const dpr = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = dpr;
  ctx.font = `${11 * dpr}px sans-serif`;
  for (const limit of limits) {
    const y = Math.round(plot.valToPos(limit, "y", true));
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = ctx.fillStyle = grey;
    ctx.setLineDash([6 * dpr, 4 * dpr]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.textAlign = "right";
    ctx.fillText(String(limit), bbox.left + bbox.width, y - 3 * dpr);
  }
  ctx.setLineDash([]);
  for (const alarm of alarms) {
    const x = Math.round(plot.valToPos(Date.parse(alarm.device_at ?? alarm.raised_at), "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = colour[alarm.priority];
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    drawGlyph(ctx, alarm.priority, x, bbox.top, 5 * dpr);
  }
  ctx.restore();
}

// Shape beside colour: a square, a triangle, a disc.
function drawGlyph(ctx, priority, x, y, r) {
  ctx.beginPath();
  if (priority === "high") ctx.rect(x - r, y, 2 * r, 2 * r);
  else if (priority === "medium") {
    ctx.moveTo(x, y);
    ctx.lineTo(x + r, y + 2 * r);
    ctx.lineTo(x - r, y + 2 * r);
  } else ctx.arc(x, y + r, r, 0, 7);
  ctx.fill();
}

// The time; with its day where the window is longer than one.
function label(x, [from, to]) {
  const d = new Date(x);
  const time = `${String(d.getHours()).padStart(2, "0")}:${String(d.getMinutes()).padStart(2, "0")}`;
  return to - from < 86400000 ? time : `${d.getMonth() + 1}-${d.getDate()} ${time}`;
}

function options({ width, flag, marks, range, onPoint }) {
  const axis = { stroke: grey, grid: { stroke: "#2c353e", width: 1 }, ticks: { show: false } };
  const valueOf = (list) => list.map((x) => (flag ? (x === 0 ? t("no") : x === 1 ? t("yes") : "") : String(x)));
  const reach = (_, low, high) => {
    if (flag) return [-0.1, 1.1];
    const all = [low, high, ...marks.current.limits.filter((one) => Math.abs(one - (low + high) / 2) < 3 * (high - low + 5))];
    const pad = (Math.max(...all) - Math.min(...all)) * 0.08 || 1;
    return [Math.min(...all) - pad, Math.max(...all) + pad];
  };
  return {
    width,
    height: HEIGHT,
    ms: 1,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, sync: { key: "page" } },
    scales: { x: { time: true, range: () => range.current }, y: { range: reach } },
    axes: [
      { ...axis, space: 80, values: (_, list) => list.map((x) => label(x, range.current)) },
      { ...axis, size: 52, space: 24, values: (_, list) => valueOf(list) },
    ],
    series: [
      {},
      { stroke: "#e6ebf0", width: 1.5, points: { size: 4 }, ...(flag && { paths: uPlot.paths.stepped({ align: 1 }), fill: "#33404c" }) },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks.current)], setCursor: [(plot) => onPoint(plot.cursor.idx)] },
  };
}

// series: {t, v}; from, to in ms.
export function Chart({ metric, series, from, to, limits = [], alarms = [], note }) {
  const host = useRef(null);
  const plot = useRef(null);
  const marks = useRef(null);
  const range = useRef(null);
  const [index, setIndex] = useState(null);
  marks.current = { limits, alarms };
  range.current = [from, to];
  const flag = series ? isFlag(series.v) : false;
  const columns = series ? withGaps(series.t, series.v.map(Number)) : null;
  const measured = columns?.[1].filter((v) => v !== null) ?? [];

  useEffect(() => {
    if (!columns) return undefined;
    const made = new uPlot(
      options({ width: host.current.clientWidth, flag, marks, range, onPoint: setIndex }),
      [[], []],
      host.current,
    );
    plot.current = made;
    const watcher = new ResizeObserver(() => host.current && made.setSize({ width: host.current.clientWidth, height: HEIGHT }));
    watcher.observe(host.current);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [metric, !columns, flag]);
  useEffect(() => {
    if (columns && plot.current) plot.current.setData(columns);
  }, [series, from, to, alarms.length, limits.length]);

  if (!series) return <p class="fine">{t("reading")}</p>;
  const now = index !== null && index !== undefined ? columns[1][index] : null;
  const summary = measured.length
    ? t("trend", metricName(metric), shown(Math.min(...measured)), shown(Math.max(...measured)), unit(metric))
    : `${metricName(metric)}: ${t("noneMeasured")}`;
  const more = [
    limits.length > 0 && !flag && t("dashed", limits.join(" · ")),
    alarms.length > 0 && t("alarmsShown", alarms.length),
    columns[1].includes(null) && t("hasGaps"),
    note,
  ].filter(Boolean);
  return (
    <figure class="trend">
      <div ref={host} role="img" aria-label={[summary, ...more].join(". ")} />
      <figcaption class="fine">
        {now === null || now === undefined
          ? [summary, ...more].join(" · ")
          : `${metricName(metric)} · ${clock(new Date(columns[0][index]).toISOString())} · ${flag ? t(now ? "yes" : "no") : `${shown(now)} ${unit(metric)}`}`}
      </figcaption>
    </figure>
  );
}
