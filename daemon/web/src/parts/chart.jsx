// chart.jsx - one measured value over a window of time: the line with its gaps, the rules'
// limits dashed, alarms as ticks. All charts of a page share the window and the cursor.
import { useMemo, useState } from "preact/hooks";
import { metricName, t, unit } from "../base/i18n.js";
import { clock } from "../base/time.js";
import { withGaps } from "./gaps.js";
import { colour, dashed, grey, Plot, upright } from "./plot.jsx";

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

function drawMarks(ctx, box, limits, alarms) {
  ctx.strokeStyle = ctx.fillStyle = grey;
  for (const limit of limits) dashed(ctx, box, limit, String(limit));
  for (const alarm of alarms) {
    const at = Date.parse(alarm.device_at ?? alarm.raised_at);
    ctx.strokeStyle = ctx.fillStyle = colour[alarm.priority];
    upright(ctx, box, at);
    drawGlyph(ctx, alarm.priority, box.x(at), box.top, 5);
  }
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
export function timeText(at, from, to) {
  const d = new Date(at);
  const time = `${String(d.getHours()).padStart(2, "0")}:${String(d.getMinutes()).padStart(2, "0")}`;
  return to - from < 86400000 ? time : `${d.getMonth() + 1}-${d.getDate()} ${time}`;
}

// All that was measured, limits that are not far from it, and some air.
export function reachOf(measured, limits) {
  if (measured.length === 0) return [0, 1];
  const [low, high] = [Math.min(...measured), Math.max(...measured)];
  const all = [low, high, ...limits.filter((one) => Math.abs(one - (low + high) / 2) < 3 * (high - low + 5))];
  const pad = (Math.max(...all) - Math.min(...all)) * 0.08 || 1;
  return [Math.min(...all) - pad, Math.max(...all) + pad];
}

// series: {t, v}; from, to in ms.
export function Chart({ metric, series, from, to, limits = [], alarms = [], note }) {
  const [index, setIndex] = useState(null);
  const columns = useMemo(() => series && withGaps(series.t, series.v.map(Number)), [series]);
  const flag = series ? isFlag(series.v) : false;
  const measured = columns?.[1].filter((v) => v !== null) ?? [];

  if (!series) return <p class="fine">{t("reading")}</p>;
  const now = index === null ? null : columns[1][index];
  const said = [1, 0].filter((one) => measured.includes(one)).map((one) => t(one ? "yes" : "no"));
  const summary = measured.length
    ? flag
      ? `${metricName(metric)}: ${said.join(" · ")}`
      : t("trend", metricName(metric), shown(Math.min(...measured)), shown(Math.max(...measured)), unit(metric))
    : `${metricName(metric)}: ${t("noneMeasured")}`;
  const more = [
    limits.length > 0 && !flag && t("dashed", limits.join(" · ")),
    alarms.length > 0 && t("alarmsShown", alarms.length),
    columns[1].includes(null) && t("hasGaps"),
    note,
  ].filter(Boolean);
  return (
    <figure class="trend">
      <div role="img" aria-label={[summary, ...more].join(". ")}>
        <Plot
          times={columns[0]}
          values={columns[1]}
          {...{ from, to }}
          height={HEIGHT}
          version={`${limits} ${alarms.length}`}
          isFlag={flag}
          reach={flag ? [-0.1, 1.1] : reachOf(measured, limits)}
          valueOf={(v) => (!flag ? String(v) : v === 0 ? t("no") : v === 1 ? t("yes") : "")}
          timeOf={(at) => timeText(at, from, to)}
          draw={(ctx, box) => drawMarks(ctx, box, limits, alarms)}
          onPoint={setIndex}
        />
      </div>
      <figcaption class="fine">
        {now === null || now === undefined
          ? [summary, ...more].join(" · ")
          : `${metricName(metric)} · ${clock(new Date(columns[0][index]).toISOString())} · ${flag ? t(now ? "yes" : "no") : `${shown(now)} ${unit(metric)}`}`}
      </figcaption>
    </figure>
  );
}
