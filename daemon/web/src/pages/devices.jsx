// devices.jsx - devices with what they said last. The values of one that is not heard are dim,
// and say how old they are.
import { metricName, t, unit, word } from "../base/i18n.js";
import { link } from "../base/url.js";
import { ago, Connection } from "../parts/kit.jsx";

const worst = { silent: 0, clock_fault: 1, alive_no_data: 2, unknown: 3, online: 4, retired: 5 };

export function shown(name, v) {
  if (name === "door") return t(v ? "doorOpen" : "doorShut");
  if (typeof v === "boolean") return t(v ? "yes" : "no");
  return `${typeof v === "number" ? Math.round(v * 10) / 10 : v} ${unit(name)}`.trim();
}

export const LastValues = ({ device }) => (
  <>
    {Object.entries(device.last ?? {})
      .map(([name, v]) => `${metricName(name)} ${shown(name, v)}`)
      .join(" · ")}
    {device.data_at && device.connection !== "online" && ` (${t("old", ago(device.data_at))})`}
  </>
);

export function Devices({ list, site }) {
  const sorted = [...list].sort(
    (a, b) => (worst[a.connection] ?? 3) - (worst[b.connection] ?? 3) || ((a.bed ?? "~") < (b.bed ?? "~") ? -1 : 1),
  );
  return (
    <div class="wide" role="region" aria-label={t("devices")} tabIndex={0}>
      <table id="devices">
        <thead>
          <tr>
            {["bed", "device", "kind", "connection", "heard", "lastValues"].map((k) => (
              <th key={k} scope="col">
                {t(k)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, 500).map((device) => (
            <tr key={device.device} class={device.connection === "online" ? "" : "off"}>
              <td>{device.bed}</td>
              <td>
                <a href={link("device", device.device, { site })}>{device.device}</a>
              </td>
              <td>{word(device.kind)}</td>
              <td>
                <Connection name={device.connection} />
              </td>
              <td class="number" title={device.heard_at}>
                {ago(device.heard_at)}
              </td>
              <td>
                <LastValues device={device} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
