// device.jsx - one device: is it heard, how good is what it sends, and what it measured.
import { metricName, t, word } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { ask, now, readAll, siteName } from "../base/store.js";
import { link } from "../base/url.js";
import { ago, Answer, Connection, Facts } from "../parts/kit.jsx";
import { Happened } from "./happened.jsx";
import { shown } from "./devices.jsx";
import { Trends } from "./trends.jsx";
import "./words.js";

// What speaks against believing the newest values.
export function doubts(device) {
  const old = device.data_at && now() - Date.parse(device.data_at) > 2 * (device.class_s || 90) * 1000;
  return [
    device.connection !== "online" && word(device.connection),
    !device.rostered && t("notRostered"),
    device.connection === "online" && old && t("noNewValues", ago(device.data_at)),
    Number(device.last?.battery) < 20 && t("batteryLow"),
    Number(device.last?.rssi) < -85 && t("signalWeak"),
  ].filter(Boolean);
}

export function Page({ id, query }) {
  const site = query.get("site") ?? "";
  const found = useRead(async () => (await readAll(`/api/v1/sites/${encodeURIComponent(site)}/devices`)).find((one) => one.device === id) ?? null, 5, `${site}/${id}`);
  const past = useRead(() => ask(`/api/v1/alarms?state=all&site=${encodeURIComponent(site)}&limit=1000`), 10, `${site}/${id}`);
  const alarms = (past.data?.items ?? []).filter((alarm) => alarm.device === id);
  const device = found.data;
  if (device === null) return <p class="empty">{t("noSuchDevice", id, site)}</p>;
  if (!device) return <Answer of={found} />;
  const doubt = doubts(device);
  return (
    <section id="device" class={device.connection === "online" ? "" : "unheard"}>
      <h2>
        {device.device} <small class="dim">{word(device.kind)}</small>
      </h2>
      <Facts
        list={[
          ["connection", <Connection name={device.connection} />],
          ["heard", <span title={device.heard_at}>{ago(device.heard_at)}</span>],
          ["site", <a href={link("site", site)}>{siteName(site)}</a>],
          ["bed", device.bed],
          ["resident", device.resident && <a href={link("resident", device.resident, { site })}>{device.resident}</a>],
          ["supervised", t("every", `${device.class_s} s`)],
          ["quality", doubt.length > 0 ? `! ${doubt.join(" · ")}` : t("noDoubts")],
          ...Object.entries(device.last ?? {})
            .filter(([name]) => name === "battery" || name === "rssi" || name === "firmware")
            .map(([name, v]) => [metricName(name), shown(name, v)]),
        ]}
      />
      <Trends {...{ site, query, alarms }} devices={[device]} />
      <Happened alarms={alarms} hasMore={!!past.data?.next} />
    </section>
  );
}
