// visit.jsx - what stands behind one visit: plan and proof side by side, what was ever wrong
// with it and what still is.
import { serviceName, t, word } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { siteName } from "../base/store.js";
import { clock } from "../base/time.js";
import { change, link } from "../base/url.js";
import { Facts, Moment, State, yuan } from "../parts/kit.jsx";
import { Change } from "../parts/trail.jsx";

const minutes = (a, b) => (a && b ? Math.round((Date.parse(b) - Date.parse(a)) / 60000) : null);

// What is known of its way, oldest first: each step with what speaks for it, and between them
// every correction: what stood there before, who changed it and why.
function stepsOf(visit, corrections) {
  const { evidence = [], method } = visit;
  const score = visit.score !== undefined && `${visit.score} / 5`;
  const said = (...names) => names.filter((one) => evidence.includes(one)).map(word).join(" · ");
  // What was said before its moment was kept stands where it counts.
  const undated = (...names) => said(...names.filter((one) => !visit[`${one}_at`]));
  const steps = [
    [visit.requested_at, "requested", []],
    [visit.assessed_at, "assessed", []],
    [visit.planned_at ?? "", "planned", [visit.worker, `${clock(visit.start)}–${clock(visit.end)}`]],
    [visit.assigned_at, "assigned", [visit.worker]],
    [visit.accepted_at, "visit.accepted", [visit.worker]],
    [visit.checkin_at, "checkin", [method && word(method), visit.distance_m !== undefined && t("metres", visit.distance_m), said("tag", "position", "landline")]],
    [visit.checkout_at, "checkout", [said("door", "motion")]],
    [visit.verified && (visit.checkout_at ?? visit.changed_at), "verified", [undated("confirmed", "feedback", "followup")]],
    [visit.confirmed_at, "confirmed", []],
    [visit.feedback_at, "feedback", [score]],
    [visit.followup_at, "followup", [!visit.feedback_at && score]],
    [visit.state === "missed" && visit.end, "missed", []],
    [visit.state === "cancelled" && visit.changed_at, "cancelled", []],
    [visit.settled_at ?? (visit.state === "settled" && visit.changed_at), "settled", [visit.amount_fen !== undefined && yuan(visit.amount_fen)]],
  ];
  return [
    ...steps.filter(([at]) => at || at === "").map(([at, name, facts], rank) => ({ at, rank, name, facts: facts.filter(Boolean) })),
    ...corrections.map((row) => ({ at: row.at, rank: 9, row })),
  ].sort((a, b) => Date.parse(a.at || 0) - Date.parse(b.at || 0) || a.rank - b.rank);
}

function Way({ visit }) {
  const path = `/api/v1/visits/${encodeURIComponent(visit.visit)}/history?site=${encodeURIComponent(visit.site)}&limit=200`;
  const found = useRead(path, 15, path);
  return (
    <section id="way">
      <h3>{t("itsWay")}</h3>
      {found.problem && <p class="notice">{t("failed", found.problem.message)}</p>}
      <ol class="trail">
        {stepsOf(visit, found.data?.items ?? []).map(({ at, name, facts, row }) => (
          <li key={row ? row.at + row.what : name}>
            <Moment iso={at} />{" "}
            {row ? (
              <>
                <span class="tag">{t("corrected")}</span> <Change row={row} />
              </>
            ) : (
              <>
                <b>{word(name)}</b> {facts.join(" · ")}
              </>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

export function Visit({ visit }) {
  const planned = minutes(visit.start, visit.end);
  const actual = minutes(visit.checkin_at, visit.checkout_at);
  const standing = visit.standing ?? [];
  const healed = (visit.exceptions ?? []).filter((one) => !standing.includes(one));
  return (
    <aside id="visit" aria-label={t("visitOf", visit.visit)}>
      <button class="quiet close" onClick={() => change({ visit: "" })} aria-label={t("close")}>
        ✕
      </button>
      <h3>
        {serviceName(visit.service)} <small>{visit.visit}</small> <State name={visit.state} />
      </h3>
      <Facts
        list={[
          ["site", <a href={link("site", visit.site)}>{siteName(visit.site)}</a>],
          ["serviceWorker", visit.worker],
          ["recipient", visit.recipient && <a href={link("resident", visit.recipient, { site: visit.site })}>{visit.recipient}</a>],
          ["project", visit.project && <a href={link("project", visit.project)}>{visit.project}</a>],
        ]}
      />
      <dl class="pairs">
        <div>
          <dt>{t("plannedTime")}</dt>
          <dd>
            <Moment iso={visit.start} /> – <Moment iso={visit.end} /> {planned !== null && t("minutes", planned)}
          </dd>
        </div>
        <div>
          <dt>{t("actualTime")}</dt>
          <dd>
            <Moment iso={visit.checkin_at} /> – <Moment iso={visit.checkout_at} /> {actual !== null && t("minutes", actual)}
          </dd>
        </div>
        <div>
          <dt>{t("proof")}</dt>
          <dd>
            {(visit.evidence ?? []).map((one) => <span key={one}><span class="tag">{word(one)}</span> </span>)}
            {(visit.evidence ?? []).length === 0 && "—"} {visit.method && t("byMethod", word(visit.method))}
            {visit.distance_m !== undefined && ` · ${t("metres", visit.distance_m)}`}
          </dd>
        </div>
        <div>
          <dt>{t("verifiedOrNot")}</dt>
          <dd>{t(visit.verified ? "isVerified" : "notVerified")}</dd>
        </div>
        <div>
          <dt>{t("stands")}</dt>
          <dd>{standing.length > 0 ? <b>! {standing.map(word).join(" · ")}</b> : t("noneStands")}</dd>
        </div>
        {healed.length > 0 && (
          <div>
            <dt>{t("healed")}</dt>
            <dd>{healed.map(word).join(" · ")}</dd>
          </div>
        )}
        {visit.score !== undefined && (
          <div>
            <dt>{t("rating")}</dt>
            <dd>{visit.score} / 5 (n=1)</dd>
          </div>
        )}
        {visit.amount_fen !== undefined && (
          <div>
            <dt>{t("settledAmount")}</dt>
            <dd>{yuan(visit.amount_fen)}</dd>
          </div>
        )}
        <div>
          <dt>{t("lastChange")}</dt>
          <dd>
            <Moment iso={visit.changed_at} />
          </dd>
        </div>
      </dl>
      <Way key={`${visit.site}/${visit.visit}`} visit={visit} />
      <p>
        <a href={link("alarms", "", { site: visit.site })}>{t("alarmsOfSite")}</a>
      </p>
    </aside>
  );
}
