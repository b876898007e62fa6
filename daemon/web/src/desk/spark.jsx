// spark.jsx - how busy the desk was in each of the last 24 hours: the most alarms in any ten
// minutes, beside the ten for each operator at which a person no longer keeps up (ISA-18.2).
import { t } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { ask, now } from "../base/store.js";
import { HOUR, HOURS, hoursOf } from "./hours.js";

const FLOOD = 10;

async function read() {
  const from = new Date(now() - HOURS * HOUR).toISOString();
  const [{ items }, { operators }] = await Promise.all([ask(`/api/v1/reports/load?by=hour&from=${from}`), ask("/api/v1/load")]);
  return { hours: hoursOf(items, now()), flood: FLOOD * Math.max(1, operators) };
}

export function Spark() {
  const { data } = useRead(read, 60, "spark");
  if (!data) return null; // not for every role
  const { hours, flood } = data;
  const top = Math.max(flood * 1.2, ...hours);
  const y = (n) => 40 * (1 - n / top);
  const label = t("sparkOf", Math.max(...hours), flood);
  return (
    <figure id="spark">
      <svg viewBox="0 0 240 40" preserveAspectRatio="none" role="img" aria-label={label}>
        {hours.map((most, i) => (
          <rect key={i} x={i * 10 + 1} y={y(most)} width="8" height={40 - y(most)}>
            <title>{t("sparkHour", HOURS - 1 - i, most)}</title>
          </rect>
        ))}
        <line x1="0" x2="240" y1={y(flood)} y2={y(flood)} />
      </svg>
      <figcaption class="fine">{label}</figcaption>
    </figure>
  );
}
