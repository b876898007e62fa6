// site.jsx - one place: is it heard, what is open there, its devices, its visits of the day.
import { districtName } from "../base/districts.js";
import { both, metricName, t, unit, word } from "../base/i18n.js";
import { age, clock } from "../base/time.js";
import { byUrgency } from "../base/urgency.js";
import { useRead } from "../base/read.js";
import { isWaiting, now, readAll, state } from "../base/store.js";
import { link } from "../base/url.js";
import { VisitTable } from "./visits.jsx";
import "./words.js";

const worst = { silent: 0, clock_fault: 1, alive_no_data: 2, unknown: 3, online: 4, retired: 5 };

function Connection({ name }) {
  return (
    <>
      <i class={`mark ${name}`} aria-hidden="true" /> {word(name)}
    </>
  );
}
const ago = (iso) => (iso ? age(now() - Date.parse(iso)) : "—");

function Alarms({ site }) {
  const open = [...state.alarms.values()].filter((alarm) => alarm.site === site).sort(byUrgency);
  return (
    <section>
      <h2>
        {t("alarms")} {open.length}
      </h2>
      {open.length === 0 && <p class="dim">{t("noneOpen")}</p>}
      <ul class="plain">
        {open.slice(0, 50).map((alarm) => (
          <li key={alarm.id}>
            <i class={`glyph ${alarm.priority} ${isWaiting(alarm) ? "flash" : ""}`} aria-hidden="true" />{" "}
            {t(alarm.priority)} <span class="number dim">{clock(alarm.raised_at)}</span>{" "}
            <a href={link("alarms", "", { id: alarm.id })}>{both(alarm.text) || alarm.rule}</a>{" "}
            {alarm.bed || alarm.device} · {word(alarm.state)}
          </li>
        ))}
      </ul>
      <a class="dim" href={link("alarms", "", { q: site })}>
        {t("inQueue")}
      </a>
    </section>
  );
}

function value(name, v) {
  if (name === "door") return `${metricName(name)} ${t(v ? "doorOpen" : "doorShut")}`;
  if (typeof v === "boolean") return `${metricName(name)} ${t(v ? "yes" : "no")}`;
  return `${metricName(name)} ${typeof v === "number" ? Math.round(v * 10) / 10 : v} ${unit(name)}`.trim();
}

// The last values of a device that is not heard are dim, and say how old they are.
function Devices({ list }) {
  const sorted = [...list].sort(
    (a, b) => (worst[a.connection] ?? 3) - (worst[b.connection] ?? 3) || ((a.bed ?? "~") < (b.bed ?? "~") ? -1 : 1),
  );
  return (
    <section>
      <h2>
        {t("devices")} {list.length}
      </h2>
      <div class="wide" tabIndex={0}>
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
                <td>{device.device}</td>
                <td>{word(device.kind)}</td>
                <td>
                  <Connection name={device.connection} />
                </td>
                <td class="number" title={device.heard_at}>
                  {ago(device.heard_at)}
                </td>
                <td>
                  {Object.entries(device.last ?? {})
                    .map(([name, v]) => value(name, v))
                    .join(" · ")}
                  {device.data_at && device.connection !== "online" && ` (${t("old", ago(device.data_at))})`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function Page({ id }) {
  const path = `/api/v1/sites/${encodeURIComponent(id)}`;
  const about = useRead(path, 5, id);
  const devices = useRead(() => readAll(`${path}/devices`), 5, id);
  const visits = useRead(`${path}/visits?limit=200`, 10, id);
  const site = about.data;
  if (!site) return <p class="empty">{about.problem ? t("failed", about.problem.message) : t("reading")}</p>;
  return (
    <section id="site">
      <h2>
        {site.name || site.site} {site.name && <small class="dim">{site.site}</small>}
      </h2>
      <p class="facts">
        <span>
          <Connection name={site.connection} />
        </span>
        <span title={site.heard_at}>
          {t("heard")} {ago(site.heard_at)}
        </span>
        <span>{word(site.kind)}</span>
        <span>{districtName(site.district)}</span>
        <span>
          {t("residents")} {site.n_residents}
        </span>
        <span>
          {t("devices")} {site.n_devices}
          {site.n_silent > 0 && ` (${site.n_silent} ${t("silent")})`}
        </span>
      </p>
      {about.problem && <p class="notice">{t("failed", about.problem.message)}</p>}
      <Alarms site={site.site} />
      <section>
        <h2>{t("visits")}</h2>
        <VisitTable list={visits.data?.items ?? []} />
      </section>
      {devices.data && <Devices list={devices.data} />}
    </section>
  );
}
