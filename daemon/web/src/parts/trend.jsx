// trend.jsx - what the device measured around a moment: the values, the rule's limit, the
// moment. Gaps are drawn as gaps; a value that did not come is never a line.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { withGaps } from "./gaps.js";
import { metricName, t, unit } from "../base/i18n.js";
import { clock } from "../base/time.js";
import { ask, now } from "../base/store.js";

const AROUND_MS = 10 * 60 * 1000;
const AGAIN_MS = 5000;
const colour = { high: "#ff3b4e", medium: "#f5c400", low: "#22b8cf" };
const grey = "#9fadb9";

// The device's moment when what it says came late, else when it was raised.
function moment(alarm) {
  const raised = Date.parse(alarm.raised_at);
  const device = alarm.device_at ? Date.parse(alarm.device_at) : raised;
  return Math.abs(device - raised) > AROUND_MS / 2 ? device : raised;
}

function options(alarm, at, width, onPoint) {
  const axis = { stroke: grey, grid: { stroke: "#2c353e", width: 1 }, ticks: { show: false } };
  return {
    width,
    height: 170,
    ms: 1,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false },
    scales: { x: { time: true, range: () => [at - AROUND_MS, at + AROUND_MS] } },
    axes: [
      { ...axis, space: 60, values: (_, list) => list.map((x) => clock(new Date(x).toISOString()).slice(-8, -3)) },
      { ...axis, size: 46 },
    ],
    series: [
      {},
      { stroke: "#e6ebf0", width: 1.5, points: { size: 4 } },
      { stroke: colour[alarm.priority], width: 1.5, dash: [6, 4], points: { show: false } },
    ],
    hooks: {
      draw: [
        (plot) => {
          const x = Math.round(plot.valToPos(at, "x", true));
          const { ctx, bbox } = plot;
          ctx.save();
          ctx.strokeStyle = grey;
          ctx.setLineDash([2, 4]);
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
          ctx.restore();
        },
      ],
      setCursor: [(plot) => onPoint(plot.cursor.idx)],
    },
  };
}

function useSeries(alarm, at) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    let over = false;
    setFound(null);
    const path =
      `/api/v1/series?site=${encodeURIComponent(alarm.site)}&device=${encodeURIComponent(alarm.device)}` +
      `&metric=${encodeURIComponent(alarm.metric)}&from=${at - AROUND_MS}&to=${at + AROUND_MS}&points=600`;
    const read = async () => {
      try {
        const { t: times, v } = await ask(path);
        if (!over) setFound({ columns: withGaps(times, v.map(Number)), n: times.length });
      } catch (error) {
        if (!over) setFound({ problem: error.status === 404 ? t("noTrend") : t("failed", error.message) });
      }
    };
    read();
    const timer = setInterval(() => now() < at + AROUND_MS && !document.hidden && read(), AGAIN_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [alarm.id]);
  return found;
}

const shown = (value) => (Number.isInteger(value) ? value : Number(value).toFixed(1));

export function Trend({ alarm }) {
  const at = moment(alarm);
  const found = useSeries(alarm, at);
  const host = useRef(null);
  const plot = useRef(null);
  const [index, setIndex] = useState(null);
  const columns = found?.n > 0 ? found.columns : null;

  useEffect(() => {
    if (!columns) return undefined;
    const made = new uPlot(options(alarm, at, host.current.clientWidth, setIndex), [[], [], []], host.current);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: host.current.clientWidth, height: 170 }));
    watcher.observe(host.current);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [alarm.id, !columns]);
  useEffect(() => {
    if (!columns || !plot.current) return;
    const limit = columns[0].map(() => alarm.limit ?? null);
    // The limit goes from edge to edge, also where nothing was measured.
    const times = [at - AROUND_MS, ...columns[0], at + AROUND_MS];
    const edge = alarm.limit ?? null;
    plot.current.setData([times, [null, ...columns[1], null], [edge, ...limit, edge]]);
  }, [columns]);

  if (!found) return <p class="fine">{t("reading")}</p>;
  if (!columns) return <p class="fine">{found.problem ?? t("noTrend")}</p>;
  const measured = columns[1].filter((v) => v !== null);
  const summary = t(
    "trend",
    metricName(alarm.metric),
    shown(Math.min(...measured)),
    shown(Math.max(...measured)),
    unit(alarm.metric),
  );
  const value = index > 0 ? columns[1][index - 1] : null;
  return (
    <figure class="trend">
      <div ref={host} role="img" aria-label={summary} />
      <figcaption class="fine">
        {value === null || value === undefined
          ? `${summary}${alarm.limit === undefined ? "" : ` · ${t("dashed", alarm.limit)}`}`
          : `${clock(new Date(columns[0][index - 1]).toISOString())} · ${shown(value)} ${unit(alarm.metric)}`}
      </figcaption>
    </figure>
  );
}
