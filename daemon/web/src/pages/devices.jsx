// devices.jsx - devices with what they said last. The values of one that is not heard are dim,
// and say how old they are.
import { metricName, t, unit, word } from "../base/i18n.js";
import { now } from "../base/store.js";
import { link } from "../base/url.js";
import { ago, Connection, Table } from "../parts/kit.jsx";

const worst = { silent: 0, clock_fault: 1, alive_no_data: 2, unknown: 3, online: 4, retired: 5 };

export function shown(name, v) {
  if (name === "door") return t(v ? "doorOpen" : "doorShut");
  if (typeof v === "boolean") return t(v ? "yes" : "no");
  return `${typeof v === "number" ? Math.round(v * 10) / 10 : v} ${unit(name)}`.trim();
}

export const measuredAt = (device, name) => device.last_at?.[name] ?? device.values_at;

// Of one that is heard, too, a value may be old: it says so.
const HOUR_MS = 3600e3;
function withAge(device, name, v) {
  const at = measuredAt(device, name);
  const isOld = device.connection === "online" && now() - Date.parse(at) > HOUR_MS;
  return `${metricName(name)} ${shown(name, v)}${isOld ? ` (${t("old", ago(at))})` : ""}`;
}

export const LastValues = ({ device }) => (
  <>
    {Object.entries(device.last ?? {})
      .map(([name, v]) => withAge(device, name, v))
      .join(" · ")}
    {device.data_at && device.connection !== "online" && ` (${t("old", ago(device.data_at))})`}
  </>
);

export function Devices({ list, site }) {
  const sorted = [...list].sort(
    (a, b) => (worst[a.connection] ?? 3) - (worst[b.connection] ?? 3) || ((a.bed ?? "~") < (b.bed ?? "~") ? -1 : 1),
  );
  return (
    <Table
      id="devices"
      label={t("devices")}
      rows={sorted}
      most={500}
      keyOf={(device) => device.device}
      lookOf={(device) => (device.connection === "online" ? "" : "off")}
      columns={[
        ["bed", (device) => device.bed],
        ["device", (device) => <a href={link("device", device.device, { site })}>{device.device}</a>],
        ["kind", (device) => word(device.kind)],
        ["connection", (device) => <Connection name={device.connection} />],
        ["heard", (device) => <span title={device.heard_at}>{ago(device.heard_at)}</span>, "number"],
        ["lastValues", (device) => <LastValues device={device} />],
      ]}
    />
  );
}
