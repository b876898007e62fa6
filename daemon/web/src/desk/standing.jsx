// standing.jsx - what stands over a shift: who is on duty, and what nobody is told of meanwhile.
// A supervisor takes a shift over for somebody, sets a number, begins and ends silences and
// maintenance here. High alarms and calls are told all the same: the daemon sees to that.
import { useState } from "preact/hooks";
import { t } from "../base/i18n.js";
import { readAgain, useRead } from "../base/read.js";
import { is } from "../base/steps.js";
import { ask, siteName } from "../base/store.js";
import { Form } from "../parts/form.jsx";
import { Answer, Moment, Table } from "../parts/kit.jsx";
import "./words.js";

const lengths = ["1h", "4h", "8h", "24h"];
const order = (path, method, body) =>
  ask(`/api/v1/${path}`, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });

function End({ path, title }) {
  const [problem, setProblem] = useState("");
  if (!is("supervisor")) return null;
  return (
    <>
      <button class="quiet" onClick={() => order(path, "DELETE").then(readAgain, ({ message }) => setProblem(t("failed", message)))}>
        {t(title)}
      </button>
      {problem && <small class="notice">{problem}</small>}
    </>
  );
}

// A table of what stands, or one line that there is nothing.
function Part({ id, path, columns, keyOf, children }) {
  const found = useRead(`/api/v1/${path}`, 15, path);
  const rows = found.data?.items ?? [];
  return (
    <section id={id}>
      <h2>{t(`standing.${id}`)}</h2>
      <Answer of={found}>
        {rows.length === 0 ? <p class="dim">{t("noneOf")}</p> : <Table label={t(`standing.${id}`)} {...{ rows, columns, keyOf }} />}
      </Answer>
      {children?.(rows)}
    </section>
  );
}

const persons = (rosters) => [...new Set(rosters.flatMap((roster) => [...roster.members, roster.on_duty]).filter(Boolean))].sort();

// Where somebody is reached: looked at by name, for each look is a line of the audit.
function Contacts({ rosters }) {
  const fields = [
    { name: "person", label: "person", options: persons(rosters), nameOf: String, required: true },
    { name: "phone", label: "phone" },
    { name: "email", label: "email" },
    { name: "name", label: "name" },
  ];
  const send = ({ person, ...contact }) => order(`duty/${encodeURIComponent(person)}/contact`, "PUT", contact);
  return <Form id="contact" title="setContact" fields={fields} send={send} />;
}

function Rosters() {
  return (
    <Part
      id="duty"
      path="rosters"
      keyOf={(row) => row.roster}
      columns={[
        ["rosterName", (row) => row.roster],
        ["dutyNow", (row) => row.on_duty || t("nobodyOnDuty")],
        ["members", (row) => row.members.join(" · ")],
        ["channels", (row) => row.channels.join(" · ")],
        ["standsIn", (row) => row.overrides.map((one) => <div key={one.from}>{one.person || t("nobodyOnDuty")} <Moment iso={one.from} /> – <Moment iso={one.until} /></div>)],
      ]}
    >
      {(rows) => rows.length > 0 && (
        <>
          {is("supervisor") && (
            <Form
              id="stand-in"
              title="standIn"
              fields={[
                { name: "roster", label: "rosterName", options: rows.map((row) => row.roster), nameOf: String, required: true },
                { name: "person", label: "person", options: persons(rows), nameOf: String, required: true },
                { name: "for", label: "howLong", options: lengths },
                { name: "note", label: "note" },
              ]}
              send={({ roster, ...body }) => order(`rosters/${encodeURIComponent(roster)}/override`, "POST", body)}
            />
          )}
          {is("supervisor", "admin") && <Contacts rosters={rows} />}
        </>
      )}
    </Part>
  );
}

const matched = (one) => `${one.name}${one.isEqual === false ? "!" : ""}${one.isRegex ? "~" : "="}${one.value}`;

const Silences = () => (
  <Part
    id="silences"
    path="silences"
    keyOf={(row) => row.id}
    columns={[
      ["what", (row) => row.matchers.map(matched).join(" · ")],
      ["until", (row) => <Moment iso={row.until} />],
      ["note", (row) => [row.comment, row.by].filter(Boolean).join(" · ")],
      ["action", (row) => <End path={`silences/${encodeURIComponent(row.id)}`} title="endSilence" />],
    ]}
  >
    {() => is("supervisor") && (
      <Form
        id="silence"
        title="beginSilence"
        fields={[
          { name: "rule", label: "ofRule" },
          { name: "site", label: "site" },
          { name: "device", label: "device" },
          { name: "for", label: "howLong", options: lengths },
          { name: "note", label: "note", required: true },
        ]}
        send={({ rule, site, device, ...body }) => {
          const all = Object.entries({ rule, site, device }).filter(([, value]) => value);
          return order("silences", "POST", { ...body, matchers: all.map(([name, value]) => ({ name, value })) });
        }}
      />
    )}
  </Part>
);

const Maintenance = () => (
  <Part
    id="maintenance"
    path="maintenance"
    keyOf={(row) => row.id}
    columns={[
      ["where", (row) => [siteName(row.site), row.device].filter(Boolean).join(" · ")],
      ["sinceAt", (row) => <Moment iso={row.begun_at} />],
      ["until", (row) => <Moment iso={row.until} />],
      ["setBy", (row) => row.by],
      ["action", (row) => <End path={`maintenance/${encodeURIComponent(row.id)}`} title="endMaintenance" />],
    ]}
  >
    {() => is("supervisor") && (
      <Form
        id="maintain"
        title="beginMaintenance"
        fields={[
          { name: "site", label: "site", required: true },
          { name: "device", label: "device" },
          { name: "for", label: "howLong", options: lengths },
          { name: "note", label: "note", required: true },
        ]}
        send={(body) => order("maintenance", "POST", body)}
      />
    )}
  </Part>
);

export const Standing = () => (
  <>
    {is("dispatcher", "supervisor", "admin") && <Rosters />}
    <Silences />
    <Maintenance />
  </>
);
