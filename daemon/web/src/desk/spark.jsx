// spark.jsx - how busy the desk was in each of the last 24 hours: the most alarms in any ten
// minutes, beside the ten for each operator at which a person no longer keeps up (ISA-18.2).
import { t } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { ask } from "../base/store.js";

const HOURS = 24;
const HOUR = 3600000;
const FLOOD = 10;
const two = (n) => String(n).padStart(2, "0");
const nameOf = (at) => {
  const d = new Date(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}`;
};

// An hour without alarms has no row in the report. Pure.
export function hoursOf(rows, now) {
  const most = new Map(rows.map((row) => [row.group, row.most_in_10min]));
  return Array.from({ length: HOURS }, (_, i) => {
    const name = nameOf(now - (HOURS - 1 - i) * HOUR);
    return { name, most: most.get(name) ?? 0 };
  });
}

async function read() {
  const from = new Date(Date.now() - HOURS * HOUR).toISOString();
  const [{ items }, { operators }] = await Promise.all([ask(`/api/v1/reports/load?by=hour&from=${from}`), ask("/api/v1/load")]);
  return { hours: hoursOf(items, Date.now()), flood: FLOOD * Math.max(1, operators) };
}

export function Spark() {
  const { data } = useRead(read, 60, "spark");
  if (!data) return null; // not for every role
  const { hours, flood } = data;
  const top = Math.max(flood * 1.2, ...hours.map((one) => one.most));
  const y = (n) => 40 * (1 - n / top);
  const label = t("sparkOf", Math.max(...hours.map((one) => one.most)), flood);
  return (
    <figure id="spark">
      <svg viewBox="0 0 240 40" preserveAspectRatio="none" role="img" aria-label={label}>
        {hours.map((one, i) => (
          <rect key={one.name} x={i * 10 + 1} y={y(one.most)} width="8" height={40 - y(one.most)}>
            <title>{`${one.name}:00 · ${one.most}`}</title>
          </rect>
        ))}
        <line x1="0" x2="240" y1={y(flood)} y2={y(flood)} />
      </svg>
      <figcaption class="fine">{label}</figcaption>
    </figure>
  );
}
