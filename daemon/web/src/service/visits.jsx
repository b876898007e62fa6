// visits.jsx - who was served, really: a day's visits on a timeline or as a list, monthly check
// visits, sessions of stations, bought services against their contracts.
import { districtName } from "../base/districts.js";
import { t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { useRead } from "../base/read.js";
import { ask, readAll, siteName, state } from "../base/store.js";
import { change, link } from "../base/url.js";
import { Answer, Choice, day, Share, State, Table, Tabs, today, yuan } from "../parts/kit.jsx";
import { VisitTable } from "../parts/visit_table.jsx";
import { Timeline } from "./timeline.jsx";
import { Visit } from "./visit.jsx";
import "./words.js";

const tabs = [
  ["day", "theDay", "d"],
  ["monthly", "monthlyVisits", "t"],
  ["stations", "stations", "s"],
  ["projects", "projects", "p"],
];
const exceptions = ["late", "missed", "no_checkout", "short", "off_site", "overlap", "impossible_travel", "duplicate", "copied", "bulk", "not_at_home", "uncorroborated"];

const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "");
const startOf = (text) => new Date(`${text}T00:00:00`).getTime();
const shift = (text, days) => day(new Date(startOf(text) + days * 86400000 + 43200000).toISOString());

function counts(visits) {
  const n = (is) => visits.filter(is).length;
  return [
    ["all", visits.length],
    ["doneN", n((visit) => visit.checkout_at)],
    ["verifiedN", n((visit) => visit.verified)],
    ["standingN", n((visit) => (visit.standing ?? []).length > 0 || visit.state === "missed")],
  ];
}

function Day({ query }) {
  const own = today();
  const chosen = isDay(query.get("day")) ? query.get("day") : own;
  const from = startOf(chosen);
  const isLive = chosen >= shift(own, -1); // a night has two dates
  const found = useRead(() => readAll(`/api/v1/visits?from=${from}&to=${from + 86400000}`), isLive ? 5 : 60, chosen);
  const site = query.get("site") ?? "";
  const exception = query.get("exception") ?? "";
  const by = query.get("by") === "site" ? "site" : "worker";
  const all = found.data ?? [];
  const list = all.filter(
    (visit) => (!site || visit.site === site) && (!exception || (visit.standing ?? []).includes(exception) || visit.state === exception),
  );
  const visit = all.find((one) => `${one.site}/${one.visit}` === query.get("visit"));
  const sites = [...new Set([site, ...all.map((one) => one.site)])].filter(Boolean).sort();
  return (
    <>
      <div class="tools" role="search">
        <button class="quiet" onClick={() => change({ day: shift(chosen, -1) })} aria-label={t("dayBefore")}>
          ←
        </button>
        <input id="day" type="date" aria-label={t("theDay")} value={chosen} onChange={(event) => change({ day: event.target.value === own ? "" : event.target.value })} />
        <button class="quiet" onClick={() => change({ day: shift(chosen, 1) === own ? "" : shift(chosen, 1) })} aria-label={t("dayAfter")}>
          →
        </button>
        <Choice name="site" label="site" value={site} options={[["", t("everything")], ...sites.map((one) => [one, siteName(one)])]} />
        <Choice name="exception" label="exceptionKind" value={exception} options={[["", t("everything")], ...exceptions.map((one) => [one, word(one)])]} />
        <Choice name="by" label="lanes" value={by} options={[["worker", t("serviceWorker")], ["site", t("site")]]} />
        <Choice name="as" label="shownAs" value={query.get("as") ?? ""} options={[["", t("timeAxis")], ["list", t("list")]]} />
      </div>
      <Answer of={found}>
        <p class="figures large">
          {counts(list).map(([title, n]) => (
            <span key={title}>
              {t(title)} <b>{n}</b>
            </span>
          ))}
        </p>
        {all.cut && <p class="notice">{t("moreVisits", all.length)}</p>}
        {list.length === 0 && <p class="empty">{t("noVisits")}</p>}
        <div class="beside">
          {list.length > 0 &&
            (query.get("as") === "list" ? <VisitTable list={list} /> : <Timeline visits={list} {...{ by }} dayFrom={from} chosen={query.get("visit")} />)}
          {visit && <Visit visit={visit} />}
        </div>
        {query.get("as") !== "list" && <p class="fine">{t("legend")}</p>}
      </Answer>
    </>
  );
}

// Who of each category was not visited yet, by community: from the 20th on a list to work off.
function Monthly({ query }) {
  const now = today().slice(0, 7);
  const month = /^\d{4}-\d\d$/.test(query.get("month") ?? "") ? query.get("month") : now;
  const found = useRead(async () => (await ask(`/api/v1/reports/monthly_visits?to=${month}`)).items, 60, month);
  const rows = found.data ?? [];
  const groups = new Map();
  for (const row of rows) {
    const key = `${row.category}/${row.community}`;
    const group = groups.get(key) ?? { category: row.category, community: row.community, visited: 0, all: 0 };
    group.all++;
    if (row.visited) group.visited++;
    groups.set(key, group);
  }
  const left = rows.filter((row) => !row.visited);
  return (
    <>
      <div class="tools">
        <label>
          {t("month")} <input id="month" type="month" value={month} onChange={(event) => change({ month: event.target.value === now ? "" : event.target.value })} />
        </label>
      </div>
      <Answer of={found}>
        <Table
          id="monthly"
          empty="nobodyDue"
          rows={[...groups.values()]}
          columns={[
            ["recipientCategory", (row) => word(row.category)],
            ["community", (row) => row.community || "—"],
            ["visitedOf", (row) => <Share part={row.visited} whole={row.all} />],
          ]}
        />
        {rows.length > 0 && (
          <h3>
            {t("notVisitedYet")} {left.length}
          </h3>
        )}
        {left.length > 0 && (
          <Table
            id="unvisited"
            rows={left}
            columns={[
              ["recipient", (row) => <a href={link("resident", row.recipient, { site: row.site })}>{row.recipient}</a>],
              ["recipientCategory", (row) => word(row.category)],
              ["community", (row) => row.community || "—"],
              ["site", (row) => <a href={link("site", row.site)}>{siteName(row.site)}</a>],
              ["onTheList", (row) => (row.listed ? `! ${t("mustBeVisited")}` : t("notYetListed"))],
            ]}
          />
        )}
      </Answer>
    </>
  );
}

// Beneficiaries, trainees and audience are different people: three columns, never a sum.
function Stations() {
  const list = state.sites.filter((site) => /^(station|base)/.test(site.kind));
  const held = (kind) => (site) => (
    <span class="number">
      {t("sessionsOf", site.held?.[kind]?.sessions ?? 0, site.held?.[kind]?.persons ?? 0)}
    </span>
  );
  return (
    <>
      <Table
        id="stations"
        rows={list}
        keyOf={(site) => site.site}
        columns={[
          ["site", (site) => <a href={link("site", site.site)}>{site.name || site.site}</a>],
          ["stationKind", (site) => word(site.kind)],
          ["district", (site) => districtName(site.district)],
          ["connection", (site) => word(site.connection)],
          ["serviceSessions", held("service")],
          ["trainingSessions", held("training")],
          ["publicitySessions", held("publicity")],
        ]}
      />
      <p class="fine">{t("neverSummed")}</p>
    </>
  );
}

function Projects() {
  const found = useRead(() => readAll("/api/v1/projects"), 15, "projects");
  return (
    <Answer of={found}>
      <Table
        id="projects"
        rows={found.data ?? []}
        keyOf={(row) => row.id}
        columns={[
          ["project", (row) => <a href={link("project", row.id)}>{row.name || row.id}</a>],
          ["organisation", (row) => <a href={link("org", row.org)}>{orgName(row.org)}</a>],
          ["moneyFrom", (row) => word(row.source)],
          ["target", (row) => row.target_persons, "number"],
          ["claimed", (row) => row.claimed_persons, "number"],
          ["verifiedPersons", (row) => <Share part={row.verified_persons} whole={row.target_persons} label={row.verified_persons} />],
          ["claimedMoney", (row) => yuan(row.claimed_amount_fen), "number"],
          ["verifiedMoney", (row) => yuan(row.verified_amount_fen), "number"],
          ["excess", (row) => (row.excess_fen ? <b>! {yuan(row.excess_fen)}</b> : "—"), "number"],
          ["state", (row) => <State name={row.state} />],
        ]}
      />
    </Answer>
  );
}

export function Page({ query }) {
  const show = { day: Day, monthly: Monthly, stations: Stations, projects: Projects };
  const tab = Object.hasOwn(show, query.get("tab") ?? "") ? query.get("tab") : "day";
  const Part = show[tab];
  return (
    <section id="service">
      <Tabs names={tabs} chosen={tab}>
        <Part query={query} />
      </Tabs>
    </section>
  );
}
