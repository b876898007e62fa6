// site.jsx - one place: is it heard, what is open there, who is there, and behind a letter each
// its beds, devices, services, residents, inspections and lists.
import { districtName } from "../base/districts.js";
import { both, hoursText, serviceName, t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { useRead } from "../base/read.js";
import { ask, isWaiting, openAt, readAll } from "../base/store.js";
import { clock } from "../base/time.js";
import { isAside, priorities } from "../base/urgency.js";
import { link } from "../base/url.js";
import { ago, Answer, Connection, Day, DueOf, Facts, Share, State, Table, Tabs, yuan } from "../parts/kit.jsx";
import { VisitTable } from "../parts/visit_table.jsx";
import { Trail } from "../parts/trail.jsx";
import { Beds } from "./beds.jsx";
import { Devices } from "./devices.jsx";
import "./words.js";

const none = (problem) => {
  if (problem.status === 404) return null;
  throw problem;
};
const ofToday = (visit) => new Date(visit.start ?? 0).toDateString() === new Date().toDateString();

function Alarms({ open, site }) {
  return (
    <section>
      <h3>
        {t("alarms")} {open.length}
      </h3>
      {open.length === 0 && <p class="dim">{t("noneOpen")}</p>}
      <ul class="plain">
        {open.slice(0, 20).map((alarm) => (
          <li key={alarm.id}>
            <i class={`glyph ${alarm.priority} ${isWaiting(alarm) ? "flash" : ""}`} aria-hidden="true" /> {t(alarm.priority)}{" "}
            <span class="number dim">{clock(alarm.raised_at)}</span>{" "}
            <a href={link("alarms", "", { id: alarm.id })}>{both(alarm.text) || alarm.rule}</a> {alarm.bed || alarm.resident || alarm.device} ·{" "}
            {word(alarm.state)}
          </li>
        ))}
      </ul>
      {open.length > 0 && <a href={link("alarms", "", { site })}>{t("inQueue")}</a>}
    </section>
  );
}

// Of those on the roster, for a place answers for them; of what is not heard nobody knows if it works.
function Online({ devices }) {
  if (!devices) return null;
  const rostered = devices.filter((device) => device.rostered);
  const all = rostered.length ? rostered : devices;
  return <span>{t("devicesOnline", all.filter((device) => device.connection === "online").length, all.length)}</span>;
}

// What is registered of it, and how it stands now, in one line each.
function Head({ site, registration, open, visits, staff, staffing, ratings, devices }) {
  const r = registration ?? {};
  const today = visits.filter(ofToday);
  const done = today.filter((visit) => ["verified", "checked_out", "settled"].includes(visit.state)).length;
  const late = today.filter((visit) => (visit.standing ?? []).some((one) => one === "late" || one === "missed")).length;
  const counts = priorities.map((p) => [p, open.filter((alarm) => alarm.priority === p && !isAside(alarm)).length]);
  return (
    <>
      <p class="figures large">
        <span>
          <Connection name={site.connection} /> <span class="dim">{t("heardAgo", ago(site.heard_at))}</span>
        </span>
        {counts.map(([p, n]) => (
          <span key={p} class={n ? "" : "dim"}>
            <i class={n ? `glyph ${p}` : "none"} aria-hidden="true" /> {t(p)} {n}
          </span>
        ))}
        {r.beds !== undefined && (
          <span>
            {t("occupancy")} <Share part={r.occupied ?? 0} whole={r.beds} />{" "}
            {r.occupied_at && <small title={r.occupied_at}>{t("asOf", clock(r.occupied_at))}</small>}
          </span>
        )}
        <OnDuty of={staffing} staff={staff} />
        <Patrols of={staffing} />
        <Online devices={devices} />
        {today.length > 0 && (
          <span>
            {t("servicesToday", done, today.length)}
            {late > 0 && ` · ${t("lateN", late)}`}
          </span>
        )}
        <Ratings of={ratings} />
      </p>
      <Facts
        list={[
          ["kind", word(site.kind)],
          ["district", districtName(site.district)],
          ["operators", r.operators?.map((org) => <a key={org} href={link("org", org)}>{orgName(org)} </a>)],
          ["grade", r.grade],
          ["price", r.price_fen !== undefined && t("perMonth", yuan(r.price_fen))],
          ["hours", hoursText(r.hours)],
          ["address", r.address],
          ["services", r.services?.map(serviceName).join(" · ")],
          ["certificates", r.certificates && <Certificates list={r.certificates} />],
          ["opened", r.opened],
        ]}
      />
    </>
  );
}

const Certificates = ({ list }) =>
  Object.entries(list).map(([name, until]) => (
    <span key={name}>
      {word(name)} {t("until").toLowerCase()} <Day iso={until} />
      {Date.parse(until) < Date.now() && <b> {t("expired")}</b>}{" "}
    </span>
  ));

// On duty as the place itself says, beside what the rule asks for; how old that is stands with it.
function OnDuty({ of, staff }) {
  const { on_duty: on = {}, on_duty_ms: at = {}, needed = {} } = of ?? {};
  const roles = Object.keys({ ...needed, ...on });
  if (roles.length === 0) return staff.length ? <span>{t("staffListed", staff.length)}</span> : null;
  return (
    <span id="on-duty">
      {t("onDutyNow")}{" "}
      {roles.map((role) => (
        <span key={role} class={on[role] < needed[role] ? "late" : ""}>
          {word(role)} {on[role] ?? t("notSaid")}
          {needed[role] !== undefined && ` / ${needed[role]}`}
          {on[role] < needed[role] && ` ! ${t("tooFew")}`}{" "}
          {at[role] && <small title={iso(at[role])}>{t("asOf", clock(iso(at[role])))}</small>}{" "}
        </span>
      ))}
    </span>
  );
}
const iso = (ms) => new Date(ms).toISOString();

// What recipients gave in a year: the mean never without its n, and how often each score came.
function Ratings({ of }) {
  if (!of?.n) return null;
  const most = Math.max(...of.hist);
  return (
    <span id="ratings">
      {t("ratings")} ★ <b>{of.mean.toFixed(1)}</b> (n={of.n}){" "}
      <svg viewBox="0 0 50 16" role="img" aria-label={t("ratingsEach", ...of.hist)}>
        {of.hist.map((n, i) => (
          <rect key={i} x={i * 10 + 1} width="8" y={15 - (14 * n) / most} height={1 + (14 * n) / most}>
            <title>{t("ratingsOf", i + 1, n)}</title>
          </rect>
        ))}
      </svg>
    </span>
  );
}

// Rounds of this night beside how many there have to be.
function Patrols({ of }) {
  if (!of?.patrols_needed && !of?.patrols) return null;
  return (
    <span id="patrols">
      {t("patrolsOf", of.patrols, of.patrols_needed ?? "—")}
      {of.poor_nights > 0 && <b> ! {t("poorNights", of.poor_nights)}</b>}
    </span>
  );
}

function Oversight({ data }) {
  const { inspections, evaluations, duties, complaints } = data;
  return (
    <>
      <h3>{t("inspections")}</h3>
      <Table
        id="inspections"
        rows={inspections}
        keyOf={(row) => row.id}
        columns={[
          ["inspection", (row) => <a href={link("inspection", row.id)}>{row.id}</a>],
          ["domain", (row) => word(row.domain)],
          ["state", (row) => <State name={row.state} />],
          ["dueBy", (row) => <DueOf row={row} />],
          ["finding", (row) => row.text],
          ["clause", (row) => row.clause],
        ]}
      />
      <h3>{t("evaluations")}</h3>
      <Table
        id="evaluations"
        rows={evaluations}
        keyOf={(row) => row.id}
        columns={[
          ["scheme", (row) => <a href={link("evaluation", row.id)}>{word(row.scheme)}</a>],
          ["grade", (row) => row.grade],
          ["computed", (row) => row.computed_grade],
          ["state", (row) => <State name={row.state} />],
          ["until", (row) => <Day iso={row.valid_until} />],
        ]}
      />
      <h3>{t("duties")}</h3>
      <Table
        id="duties"
        rows={duties}
        keyOf={(row) => row.id}
        columns={[
          ["duty", (row) => `${word(row.duty)} ${row.period ?? ""}`],
          ["state", (row) => <State name={row.state} />],
          ["result", (row) => word(row.result)],
          ["dueBy", (row) => <DueOf row={row} />],
        ]}
      />
      <h3>{t("complaints")}</h3>
      <Table
        id="complaints"
        rows={complaints}
        keyOf={(row) => row.id}
        columns={[
          ["complaint", (row) => row.id],
          ["complaintChannel", (row) => word(row.channel)],
          ["state", (row) => <State name={row.state} />],
          ["dueBy", (row) => <DueOf row={row} />],
          ["result", (row) => row.result],
        ]}
      />
    </>
  );
}

const Lists = ({ rows }) => (
  <Table
    id="lists"
    rows={rows}
    keyOf={(row) => row.id}
    columns={[
      ["creditList", (row) => word(row.list)],
      ["organisation", (row) => <a href={link("org", row.org)}>{orgName(row.org)}</a>],
      ["state", (row) => <State name={row.state} />],
      ["decision", (row) => row.decision],
      ["authority", (row) => row.authority],
      ["clause", (row) => row.clause],
      ["from", (row) => <Day iso={row.from} />],
      ["until", (row) => <Day iso={row.until} />],
    ]}
  />
);

const Residents = ({ rows, site }) => (
  <Table
    id="residents"
    rows={rows}
    keyOf={(row) => row.resident}
    columns={[
      ["resident", (row) => <a href={link("resident", row.resident, { site })}>{row.resident}</a>],
      ["bed", (row) => row.bed],
      ["careLevel", (row) => word(row.care_level)],
      ["ability", (row) => word(row.ability)],
      ["state", (row) => word(row.status)],
      ["assessed", (row) => <Day iso={row.assessed} />],
    ]}
  />
);

// Cases of the place itself and of the organisations that run it.
async function oversightOf(site, operators) {
  const all = async (kind) => {
    const lists = await Promise.all([
      readAll(`/api/v1/${kind}?site=${site}`),
      ...operators.map((org) => readAll(`/api/v1/${kind}?org=${org}`)),
    ]);
    return [...new Map(lists.flat().map((one) => [one.id, one])).values()];
  };
  const [inspections, evaluations, duties, complaints] = await Promise.all(["inspections", "evaluations", "duties", "complaints"].map(all));
  return { inspections: inspections.filter((one) => !one.site || one.site === site), evaluations, duties, complaints };
}

const tabs = [
  ["beds", "beds", "b"],
  ["devices", "devices", "v"],
  ["service", "visits", "s"],
  ["residents", "residents", "r"],
  ["oversight", "inspections", "i"],
  ["lists", "creditLists", "g"],
  ["history", "history", "h"],
];

export function Page({ id, query }) {
  const path = `/api/v1/sites/${encodeURIComponent(id)}`;
  const about = useRead(path, 5, id);
  const registration = useRead(() => ask(`${path}/registration`).catch(none), 15, id);
  const staffing = useRead(`${path}/staffing`, 10, id);
  const visits = useRead(() => readAll(`${path}/visits`), 10, id);
  const ratings = useRead(`${path}/ratings`, 60, id);
  const persons = useRead(
    async () => {
      const [beds, residents, staff] = await Promise.all(["beds", "residents", "staff"].map((one) => readAll(`${path}/${one}`)));
      return { beds, residents, staff: staff.filter((one) => one.status !== "left") };
    },
    30,
    id,
  );
  const devices = useRead(() => readAll(`${path}/devices`), 5, id);
  const operators = registration.data?.operators ?? [];
  const oversight = useRead(() => oversightOf(id, operators), 30, `${id}/${operators}`);
  const credit = useRead(
    async () => (await Promise.all([id, ...operators].map((org) => readAll(`/api/v1/credit?org=${org}`)))).flat(),
    30,
    `${id}/${operators}`,
  );
  const tab = query.get("tab") ?? (persons.data?.beds.length === 0 || (!persons.data && persons.problem) ? "devices" : "beds");
  const site = about.data;
  const open = openAt(id);
  if (!site) return <Answer of={about} />;
  const show = {
    beds: () => <Answer of={persons}><Beds {...persons.data} site={id} open={open} devices={devices.data ?? []} /></Answer>,
    devices: () => <Answer of={devices}><Devices list={devices.data} site={id} /></Answer>,
    service: () => <Answer of={visits}><VisitTable list={visits.data} /></Answer>,
    residents: () => <Answer of={persons}><Residents rows={persons.data?.residents} site={id} /></Answer>,
    oversight: () => <Answer of={oversight}><Oversight data={oversight.data} /></Answer>,
    lists: () => <Answer of={credit}><Lists rows={credit.data} /></Answer>,
    history: () => <Trail path={`${path}/history`} />,
  };
  return (
    <section id="site">
      <h2>
        {site.name || site.site} {site.name && <small class="dim">{site.site}</small>}
      </h2>
      {about.problem && <p class="notice">{t("failed", about.problem.message)}</p>}
      <Head site={site} registration={registration.data} open={open} visits={visits.data ?? []} staff={persons.data?.staff ?? []} staffing={staffing.data} ratings={ratings.data} devices={devices.data} />
      <Alarms open={open} site={id} />
      <Tabs names={tabs} chosen={Object.hasOwn(show, tab) ? tab : "devices"}>
        {(show[tab] ?? show.devices)()}
      </Tabs>
    </section>
  );
}
