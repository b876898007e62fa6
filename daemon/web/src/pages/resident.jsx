// resident.jsx - one resident, by pseudonym: care, early warning score, what the devices
// measured, visits. The name is shown to who may see it, when asked for, and that is audited.
import { useState } from "preact/hooks";
import { metricName, t, unit, word } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { ask, now, readAll, siteName, state } from "../base/store.js";
import { link } from "../base/url.js";
import { ago, Answer, Connection, Day, Facts, Table } from "../parts/kit.jsx";
import { VisitTable } from "../parts/visit_table.jsx";
import { doubts } from "./device.jsx";
import { LastValues, measuredAt } from "./devices.jsx";
import { Happened } from "./happened.jsx";
import { Limits } from "./limits.jsx";
import { news2 } from "./news2.js";
import { Trends } from "./trends.jsx";
import "./words.js";

const mayName = () => state.status?.auth === "none" || ["supervisor", "admin"].includes(state.status?.role);

function Name({ id, site }) {
  const [found, setFound] = useState(null);
  if (!mayName()) return null;
  const read = async () => {
    try {
      setFound((await ask(`/api/v1/residents/${encodeURIComponent(id)}/name?site=${encodeURIComponent(site)}`)).person);
    } catch (problem) {
      setFound({ problem: problem.status === 404 ? t("nameUnknown") : t("failed", problem.message) });
    }
  };
  if (!found) {
    return (
      <button id="show-name" class="quiet" onClick={read} title={t("nameAudited")}>
        {t("showName")}
      </button>
    );
  }
  if (found.problem) return <p class="dim">{found.problem}</p>;
  return (
    <Facts
      list={[
        ["name", found.name],
        ["phone", found.phone],
        ["address", found.address],
        ["allergies", found.allergies],
        ["contacts", found.contacts?.map((one) => [one.relation ?? one.role, one.name, one.phone].filter(Boolean).join(" ")).join(" · ")],
      ]}
    />
  );
}

// The newest value of each vital sign over all devices, with its own moment.
function measuredBy(devices) {
  const found = {};
  for (const device of devices) {
    for (const [name, value] of Object.entries(device.last ?? {})) {
      const at = Date.parse(measuredAt(device, name));
      if (!found[name] || found[name].at < at) found[name] = { value, at, device: device.device };
    }
  }
  return found;
}

const risk = ({ total, red }) => (total >= 7 ? "newsHigh" : total >= 5 ? "newsMedium" : red ? "newsRed" : total > 0 ? "newsLow" : "newsNone");

function News2({ devices, scale }) {
  const score = news2(measuredBy(devices), now(), scale);
  if (score.parts.length === 0) return null;
  return (
    <section id="news2">
      <h3>
        NEWS2 <b class="number">{score.total}</b> {t(risk(score))}
        {score.missing.length > 0 && <small class="dim"> {t("newsMissing", score.missing.map(metricName).join(" · "))}</small>}
      </h3>
      <Table
        label="NEWS2"
        rows={score.parts}
        keyOf={(part) => part.name}
        columns={[
          ["vital", (part) => metricName(part.name)],
          ["measuredValue", (part) => `${part.value} ${unit(part.name)}`, "number"],
          ["points", (part) => (part.points === null ? "—" : part.points), "number"],
          ["measuredAgo", (part) => (part.old ? `! ${ago(new Date(part.at).toISOString())} ${t("tooOld")}` : ago(new Date(part.at).toISOString())), "number"],
        ]}
      />
      <p class="fine">{t("newsNote")}</p>
    </section>
  );
}

const Own = ({ devices, site }) => (
  <Table
    id="own"
    label={t("devices")}
    rows={devices}
    keyOf={(device) => device.device}
    columns={[
      ["device", (device) => <a href={link("device", device.device, { site })}>{device.device}</a>],
      ["connection", (device) => <Connection name={device.connection} />],
      ["lastValues", (device) => <LastValues device={device} />],
      ["quality", (device) => doubts(device).map((one) => `! ${one}`).join(" ") || t("noDoubts")],
    ]}
  />
);

export function Page({ id, query }) {
  const site = query.get("site") ?? "";
  const path = `/api/v1/sites/${encodeURIComponent(site)}`;
  const about = useRead(async () => (await readAll(`${path}/residents`)).find((one) => one.resident === id) ?? {}, 30, `${site}/${id}`);
  const devices = useRead(async () => (await readAll(`${path}/devices`)).filter((one) => one.resident === id), 5, `${site}/${id}`);
  const past = useRead(() => ask(`/api/v1/alarms?state=all&site=${encodeURIComponent(site)}&limit=1000`), 10, `${site}/${id}`);
  const visits = useRead(async () => (await ask(`${path}/visits?recipient=${encodeURIComponent(id)}&limit=50`)).items, 30, `${site}/${id}`);
  const who = about.data;
  const own = devices.data ?? [];
  const alarms = (past.data?.items ?? []).filter((alarm) => alarm.resident === id || own.some((one) => one.device === alarm.device));
  if (!who) return <Answer of={about} />;
  return (
    <section id="resident">
      <h2>
        {id} {who.bed && <small class="dim">{t("bedOf", who.bed)}</small>}
      </h2>
      <Facts
        list={[
          ["site", <a href={link("site", site)}>{siteName(site)}</a>],
          ["careLevel", word(who.care_level)],
          ["ability", word(who.ability)],
          ["state", word(who.status)],
          ["visitCategory", who.category?.map(word).join(" · ")],
          ["admitted", who.admitted && <Day iso={who.admitted} />],
          ["assessed", who.assessed && <Day iso={who.assessed} />],
          ["consent", who.consent && Object.entries(who.consent).map(([kind, given]) => `${word(kind)} ${given ? t("yes") : t("no")}`).join(" · ")],
        ]}
      />
      <Name {...{ id, site }} />
      <News2 devices={own} scale={who.spo2_scale ?? 1} />
      <Limits {...{ id, site }} metrics={Object.keys(measuredBy(own))} />
      <Own devices={own} site={site} />
      <Trends {...{ site, query, alarms }} devices={own} />
      <Happened alarms={alarms} hasMore={!!past.data?.next} />
      <section>
        <h3>{t("visits")}</h3>
        <Answer of={visits}>
          <VisitTable list={visits.data} />
        </Answer>
      </section>
    </section>
  );
}
