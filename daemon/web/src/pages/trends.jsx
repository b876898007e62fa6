// trends.jsx - what devices measured over one window of time, chart under chart.
import { t } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { ask } from "../base/store.js";
import { Chart, limitsOf } from "../parts/chart.jsx";
import { Span, windowIn } from "../parts/span.jsx";

const MOST = 10;
const order = ["hr", "resp", "spo2", "sys", "dia", "temp", "glucose", "in_bed", "motion", "fall", "door", "room_temp", "humidity", "co2", "battery", "rssi"];
const place = (metric) => (order.indexOf(metric) + order.length + 1) % (order.length + 1);

// A series that is not there any more (404), or withheld by now (403), is an empty one.
const none = { t: [], v: [] };
const readSeries = (site, { device, metric }, { from, to }) =>
  ask(
    `/api/v1/series?site=${encodeURIComponent(site)}&device=${encodeURIComponent(device)}` +
      `&metric=${encodeURIComponent(metric)}&from=${from}&to=${to}&points=1000`,
  ).catch((problem) => {
    if ([403, 404].includes(problem.status)) return none;
    throw problem;
  });

// The metrics of these devices that can be drawn, in the order one reads them.
const drawable = (devices) =>
  devices
    .flatMap((device) =>
      Object.entries(device.last ?? {})
        .filter(([, v]) => typeof v !== "string")
        .map(([metric]) => ({ device: device.device, metric })),
    )
    .sort((a, b) => place(a.metric) - place(b.metric) || (a.device < b.device ? -1 : 1));

const isOf = (alarm, one) => alarm.device === one.device && (!alarm.metric || alarm.metric === one.metric);

export function Trends({ site, devices, query, alarms }) {
  const window = windowIn(query);
  const { from, to, live, span } = window;
  const list = drawable(devices).slice(0, MOST);
  const names = list.map((one) => `${one.device}/${one.metric}`).join(",");
  const rules = useRead(async () => (await ask("/api/v1/rules")).items, 300, "rules");
  const found = useRead(
    async () => ({ from, to, names, all: await Promise.all(list.map((one) => readSeries(site, one, window))) }),
    live ? 5 : 60,
    `${site}/${names}/${span}/${to}`,
    true,
  );
  const data = found.data?.names === names ? found.data : null;
  return (
    <section id="trends">
      <h3>{t("trends")}</h3>
      <Span query={query} />
      {found.problem && <p class="notice">{t("failed", found.problem.message)}</p>}
      {list.length === 0 && <p class="dim">{t("noneMeasured")}</p>}
      {list.map((one, i) => (
        <div key={`${one.device}/${one.metric}`}>
          <Chart
            metric={one.metric}
            series={data?.all[i]}
            from={data?.from ?? from}
            to={data?.to ?? to}
            limits={limitsOf(rules.data ?? [], one.metric, site, one.device)}
            alarms={alarms.filter((alarm) => isOf(alarm, one))}
            note={devices.length > 1 ? one.device : ""}
          />
        </div>
      ))}
    </section>
  );
}
