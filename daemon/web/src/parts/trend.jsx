// trend.jsx - what the device measured around a moment: the values, the rule's limit, the
// moment. Gaps are drawn as gaps; a value that did not come is never a line.
import { useEffect, useState } from "preact/hooks";
import { reachOf, timeText } from "./chart.jsx";
import { withGaps } from "./gaps.js";
import { colour, dashed, grey, Plot, upright } from "./plot.jsx";
import { metricName, t, unit } from "../base/i18n.js";
import { clock } from "../base/time.js";
import { ask, now, state } from "../base/store.js";

const AROUND_MS = 10 * 60 * 1000;
const AGAIN_MS = 5000;

// The device's moment when what it says came late, else when it was raised.
function moment(alarm) {
  const raised = Date.parse(alarm.raised_at);
  const device = alarm.device_at ? Date.parse(alarm.device_at) : raised;
  return Math.abs(device - raised) > AROUND_MS / 2 ? device : raised;
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
  }, [alarm.id, state.consents]);
  return found;
}

const shown = (value) => (Number.isInteger(value) ? value : Number(value).toFixed(1));

export function Trend({ alarm }) {
  const at = moment(alarm);
  const found = useSeries(alarm, at);
  const [index, setIndex] = useState(null);
  const columns = found?.n > 0 ? found.columns : null;
  const [from, to] = [at - AROUND_MS, at + AROUND_MS];
  const limit = alarm.limit ?? null;
  const draw = (ctx, box) => {
    ctx.strokeStyle = colour[alarm.priority];
    if (limit !== null) dashed(ctx, box, limit);
    ctx.strokeStyle = grey;
    ctx.setLineDash([2, 4]);
    upright(ctx, box, at);
  };

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
  const value = index === null ? null : columns[1][index];
  return (
    <figure class="trend">
      <div role="img" aria-label={summary}>
        <Plot
          times={columns[0]}
          values={columns[1]}
          {...{ from, to, draw }}
          height={170}
          version={limit}
          reach={reachOf(measured, limit === null ? [] : [Number(limit)])}
          valueOf={String}
          timeOf={(one) => timeText(one, from, to)}
          onPoint={setIndex}
        />
      </div>
      <figcaption class="fine">
        {value === null || value === undefined
          ? `${summary}${alarm.limit === undefined ? "" : ` · ${t("dashed", alarm.limit)}`}`
          : `${clock(new Date(columns[0][index]).toISOString())} · ${shown(value)} ${unit(alarm.metric)}`}
      </figcaption>
    </figure>
  );
}
