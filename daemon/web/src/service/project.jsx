// project.jsx - one bought service: contract, what was claimed, what was verified, and every
// visit behind each number.
import { t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { useRead } from "../base/read.js";
import { ask, readAll, siteName } from "../base/store.js";
import { change, link } from "../base/url.js";
import { Answer, Day, Facts, Moment, Share, State, Table, yuan } from "../parts/kit.jsx";
import { Trail } from "../parts/trail.jsx";
import "./words.js";

function Money({ project: p }) {
  const rows = [
    ["contract", p.target_persons, p.budget_fen],
    ["claimed", p.claimed_persons, p.claimed_amount_fen],
    ["verifiedPersons", p.verified_persons, p.verified_amount_fen],
    ["excess", Math.max(0, p.claimed_persons - p.verified_persons), p.excess_fen ?? 0],
    ["paid", null, p.paid_fen ?? 0],
  ];
  return (
    <Table
      id="money"
      label={t("claimedAgainstVerified")}
      rows={rows}
      columns={[
        ["position", ([title, , fen]) => (title === "excess" && fen > 0 ? <b>! {t(title)}</b> : t(title))],
        ["persons", ([, n]) => n ?? "—", "number"],
        ["amount", ([, , fen]) => yuan(fen), "number"],
        ["ofTarget", ([, n]) => (n !== null && p.target_persons ? <Share part={n} whole={p.target_persons} /> : "")],
      ]}
    />
  );
}

function Claims({ project }) {
  const periods = Object.keys(project.claims_persons ?? {});
  if (periods.length === 0) return null;
  return (
    <section>
      <h3>{t("claims")}</h3>
      <Table
        id="claims"
        rows={periods}
        columns={[
          ["period", (one) => one],
          ["persons", (one) => project.claims_persons[one], "number"],
          ["amount", (one) => yuan(project.claims_fen?.[one]), "number"],
        ]}
      />
    </section>
  );
}

// Why a visit counts or does not.
const counts = (visit) =>
  visit.verified
    ? t("countsBecause", (visit.evidence ?? []).map(word).join(" · "))
    : t("countsNot", [...(visit.standing ?? []).map(word), !visit.checkin_at && t("noCheckin"), !visit.checkout_at && visit.checkin_at && t("noCheckout"), visit.method === "manual" && t("onlyByHand")].filter(Boolean).join(" · ") || word(visit.state));

function Statement({ id, unit, query }) {
  const found = useRead(() => readAll(`/api/v1/visits?project=${encodeURIComponent(id)}`), 30, id);
  const only = query.get("only") ?? "";
  const all = found.data ?? [];
  const list = all.filter((visit) => !only || visit.verified === (only === "yes"));
  return (
    <section>
      <h3>{t("statement")}</h3>
      <Answer of={found}>
        <div class="tools" role="group" aria-label={t("statement")}>
          {[["", "all", all.length], ["yes", "verifiedN", all.filter((v) => v.verified).length], ["no", "notVerifiedN", all.filter((v) => !v.verified).length]].map(
            ([value, title, n]) => (
              <button key={value} class="quiet" aria-pressed={only === value} onClick={() => change({ only: value })}>
                {t(title)} {n}
              </button>
            ),
          )}
        </div>
        {all.cut && <p class="notice">{t("moreVisits", all.length)}</p>}
        <Table
          id="statement"
          rows={list}
          keyOf={(visit) => `${visit.site}/${visit.visit}`}
          columns={[
            ["visit", (visit) => <a href={link("visits", "", { day: visit.start && new Date(visit.start).toLocaleDateString("sv"), visit: `${visit.site}/${visit.visit}` })}>{visit.visit}</a>],
            ["site", (visit) => siteName(visit.site)],
            ["serviceWorker", (visit) => visit.worker],
            ["recipient", (visit) => visit.recipient],
            ["plannedTime", (visit) => <Moment iso={visit.start} />, "number"],
            ["actualTime", (visit) => <Moment iso={visit.checkin_at} />, "number"],
            ["amount", (visit) => (visit.verified ? yuan(unit) : yuan(0)), "number"],
            ["reason", counts],
          ]}
        />
      </Answer>
    </section>
  );
}

export function Page({ id, query }) {
  const path = `/api/v1/projects/${encodeURIComponent(id)}`;
  const found = useRead(() => ask(path), 10, id);
  const p = found.data;
  if (!p) return <Answer of={found} />;
  return (
    <section id="project">
      <h2>
        {p.name || p.id} {p.name && <small class="dim">{p.id}</small>} <State name={p.state} />
      </h2>
      <Facts
        list={[
          ["organisation", <a href={link("org", p.org)}>{orgName(p.org)}</a>],
          ["purchaser", p.purchaser && siteName(p.purchaser)],
          ["evaluator", p.evaluator && siteName(p.evaluator)],
          ["moneyFrom", word(p.source)],
          ["unitPrice", p.unit_fen !== undefined && yuan(p.unit_fen)],
          ["from", p.start && <Day iso={p.start} />],
          ["until", p.end && <Day iso={p.end} />],
          ["milestone", p.milestone],
          ["forecast", p.forecast_persons !== undefined && t("forecastOf", p.forecast_persons, p.target_persons)],
          ["targetReached", p.target_reached_at && <Day iso={p.target_reached_at} />],
          ["thirdParty", p.evaluation],
        ]}
      />
      <Money project={p} />
      <Claims project={p} />
      <Statement id={id} unit={p.unit_fen} query={query} />
      <section>
        <h3>{t("projectSteps")}</h3>
        <Trail path={`${path}/history`} />
      </section>
    </section>
  );
}
