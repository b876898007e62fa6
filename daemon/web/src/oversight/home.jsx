// home.jsx - a facility's own page: what of it is not heard or was refused, its alarms, what it has
// to file, to answer and to claim. It sees its own and nothing else.
import { both, t, word } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { is, saying } from "../base/steps.js";
import { ask, isWaiting, openAt, readAll, siteName, state } from "../base/store.js";
import { clock } from "../base/time.js";
import { link } from "../base/url.js";
import { ago, Answer, Connection, day, Due, DueOf, Moment, proofs, State, Table, yuan } from "../parts/kit.jsx";
import { Form } from "../parts/form.jsx";
import "./words.js";

const speaks = () => is("facility", "supervisor", "admin");
const proof = [{ name: "evidence", label: "evidenceLines", type: "lines", required: true }];
const reply = [{ name: "text", label: "replyText", type: "long", required: true }];
const claim = () => [
  { name: "period", label: "dutyPeriod", value: day(new Date().toISOString()).slice(0, 7), required: true },
  { name: "persons", label: "personTimes", type: "number", required: true },
  { name: "amount_fen", label: "amountYuan", type: "yuan", required: true },
];

// What we do not know of it: silent devices, values that stopped, strangers.
function Data({ site, devices, unknown }) {
  const bad = devices.filter((one) => !["online", "retired"].includes(one.connection));
  return (
    <section id="own-data">
      <h3>
        {t("ownData")} <Connection name={site.connection} /> <small class="dim">{t("lastHeard", ago(site.heard_at))}</small>
      </h3>
      <p>{t("heardOf", devices.length - bad.length, devices.length)}</p>
      {bad.length > 0 && (
        <Table
          id="own-silent"
          rows={bad}
          keyOf={(one) => one.device}
          columns={[
            ["device", (one) => <a href={link("device", one.device, { site: site.site })}>{one.device}</a>],
            ["bedNumber", (one) => one.bed],
            ["connection", (one) => <Connection name={one.connection} />],
            ["notHeardFor", (one) => ago(one.heard_at), "number"],
            ["noDataFor", (one) => ago(one.data_at), "number"],
          ]}
        />
      )}
      {unknown.length > 0 && <p>! {t("strangers", unknown.length, unknown.slice(0, 8).map((one) => one.device).join(" · "))}</p>}
    </section>
  );
}

// What it sent and nobody took: how much, why, and the newest, so that it can put it right.
function Refused({ of }) {
  if (!of?.n) return null;
  return (
    <section id="own-refused">
      <h3>
        {t("refusedOwn")} {of.n}
      </h3>
      <p>{of.reasons.map(({ reason, n }) => `${t(`refusal.${reason}`)} ${n}`).join(" · ")}</p>
      <Table
        rows={of.items}
        columns={[
          ["refusedAt", (one) => <Moment iso={one.at} />],
          ["refusedTopic", (one) => <code>{one.topic}</code>],
          ["refusedWhy", (one) => t(`refusal.${one.reason}`)],
          ["refusedError", (one) => one.error],
        ]}
      />
    </section>
  );
}

function Alarms({ site }) {
  const open = openAt(site);
  return (
    <section id="own-alarms">
      <h3>
        {t("alarms")} {open.length}
      </h3>
      {open.length === 0 && <p class="dim">{t("noneOpen")}</p>}
      <ul class="plain">
        {open.slice(0, 30).map((alarm) => (
          <li key={alarm.id}>
            <i class={`glyph ${alarm.priority} ${isWaiting(alarm) ? "flash" : ""}`} aria-hidden="true" /> {t(alarm.priority)}{" "}
            <span class="number dim">{clock(alarm.raised_at)}</span> <a href={link("alarms", "", { id: alarm.id })}>{both(alarm.text) || alarm.rule}</a>{" "}
            {alarm.bed || alarm.resident || alarm.device} · {word(alarm.state)}
            {alarm.action && <div class="dim">{both(alarm.action)}</div>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Duties({ rows }) {
  const open = rows.filter((one) => !["passed", "waived"].includes(one.state));
  return (
    <section id="own-duties">
      <h3>
        {t("dutiesTab")} {open.length}
      </h3>
      <Table
        rows={open}
        keyOf={(one) => one.id}
        columns={[
          ["dutyOf", (one) => word(one.duty)],
          ["dutyPeriod", (one) => one.period],
          ["state", (one) => <State name={one.state} />],
          ["dueBy", (one) => <DueOf row={one} />],
          ["action", (one) => one.state !== "filed" && speaks() && <Form id={`file-${one.id}`} title="fileIt" fields={proof} send={saying("duties", one.id, "filed")} />],
        ]}
      />
    </section>
  );
}

function Findings({ rows }) {
  const open = rows.filter((one) => ["found", "failed", "rectified"].includes(one.state));
  return (
    <section id="own-findings">
      <h3>
        {t("findingsToAnswer")} {open.filter((one) => one.state !== "rectified").length}
      </h3>
      <Table
        rows={open}
        keyOf={(one) => one.id}
        columns={[
          ["caseId", (one) => <a href={link("inspection", one.id)}>{one.id}</a>],
          ["foundWhat", (one) => one.text],
          ["clause", (one) => one.clause],
          ["state", (one) => <State name={one.state} />],
          ["dueBy", (one) => <DueOf row={one} />],
          ["replyText", (one) => one.reply],
          ["action", (one) => speaks() && one.state !== "rectified" && (
            <>
              <Form id={`reply-${one.id}`} title="giveReply" fields={reply} send={saying("inspections", one.id, "reply")} />
              <Form id={`rectified-${one.id}`} title="claimRectified" fields={proof} send={saying("inspections", one.id, "rectified")} />
            </>
          )],
        ]}
      />
    </section>
  );
}

function Claims({ rows }) {
  const open = rows.filter((one) => ["contracted", "accepted"].includes(one.state));
  return (
    <section id="own-claims">
      <h3>{t("claimsToSubmit")}</h3>
      <Table
        rows={open}
        keyOf={(one) => one.id}
        columns={[
          ["project", (one) => <a href={link("project", one.id)}>{one.name ?? one.id}</a>],
          ["verifiedSoFar", (one) => `${one.verified_persons} · ${yuan(one.verified_amount_fen)}`, "number"],
          ["claimedSoFar", (one) => `${one.claimed_persons} · ${yuan(one.claimed_amount_fen)}`, "number"],
          ["excessSoFar", (one) => (one.excess_fen ? <b>! {yuan(one.excess_fen)}</b> : "—"), "number"],
          ["action", (one) => speaks() && <Form id={`claim-${one.id}`} title="submitClaim" fields={claim()} send={saying("projects", one.id, "claim")} />],
        ]}
      />
    </section>
  );
}

// What the law lets it say, and until when: an answer to a notice, later an objection or a request
// for repair. Silence lets it count.
const objection = [...reply, { name: "evidence", label: "evidenceLines", type: "lines" }];
const rights = { noticed: ["objection"], listed: ["objection", "repair_requested"] };

function Notices({ credit, complaints }) {
  const noticed = credit.filter((one) => ["noticed", "objected", "repairing"].includes(one.state) || (one.state === "listed" && one.list !== "red"));
  const open = complaints.filter((one) => one.state !== "closed");
  return (
    <>
      {noticed.length > 0 && (
        <section id="own-notices">
          <h3>{t("noticesToAnswer")}</h3>
          <Table
            rows={noticed}
            keyOf={(one) => one.id}
            columns={[
              ["onList", (one) => word(one.list)],
              ["state", (one) => <State name={one.state} />],
              ["dueBy", (one) => (one.state === "noticed" ? <Due iso={one.due_at} /> : "—")],
              ["clause", (one) => one.clause],
              ["evidenceLines", (one) => proofs(one.evidence)],
              ["objectionText", (one) => one.objection],
              ["action", (one) => speaks() && (rights[one.state] ?? []).map((step) => (
                <Form key={step} id={`${step}-${one.id}`} title={step === "objection" ? "objectToIt" : "askRepair"} fields={objection} send={saying("credit", one.id, step)} />
              ))],
            ]}
          />
        </section>
      )}
      <section id="own-complaints">
        <h3>
          {t("complaintsTab")} {open.length}
        </h3>
        <Table
          rows={open}
          keyOf={(one) => one.id}
          columns={[
            ["caseId", (one) => one.id],
            ["complaintTopic", (one) => word(one.topic) || "—"],
            ["replyText", (one) => one.reply],
            ["dueBy", (one) => <DueOf row={one} />],
            ["action", (one) => speaks() && <Form id={`answer-${one.id}`} title="giveReply" fields={reply} send={saying("complaints", one.id, "answered")} />],
          ]}
        />
      </section>
    </>
  );
}

// Cases of the place and of whoever runs it; a facility's token is shown no others.
async function ledgers(site) {
  const registration = await ask(`/api/v1/sites/${encodeURIComponent(site)}/registration`).catch((problem) => (problem.status === 404 ? {} : Promise.reject(problem)));
  const orgs = [...new Set([site, ...(registration.operators ?? [])])].map(encodeURIComponent);
  const merged = (lists) => [...new Map(lists.flat().map((one) => [one.id, one])).values()].filter((one) => !one.site || one.site === site);
  const cases = async (kind) => merged(await Promise.all([`site=${encodeURIComponent(site)}`, ...orgs.map((org) => `org=${org}`)].map((of) => readAll(`/api/v1/${kind}?${of}`))));
  const credit = async () => merged(await Promise.all(orgs.map((org) => readAll(`/api/v1/credit?org=${org}`))));
  const [duties, inspections, projects, complaints, listed] = await Promise.all([...["duties", "inspections", "projects", "complaints"].map(cases), credit()]);
  return { duties, inspections, projects, complaints, credit: listed };
}

function Home({ site }) {
  const path = `/api/v1/sites/${encodeURIComponent(site)}`;
  const about = useRead(path, 5, site);
  const devices = useRead(() => readAll(`${path}/devices`), 5, site);
  const unknown = useRead(async () => (await ask(`/api/v1/devices/unknown?site=${encodeURIComponent(site)}`)).items, 30, site);
  const cases = useRead(() => ledgers(site), 10, site);
  const refused = useRead(() => ask(`${path}/refused?limit=10`).catch((problem) => (problem.status === 403 ? null : Promise.reject(problem))), 30, site);
  if (!about.data) return <Answer of={about} />;
  return (
    <section id="home">
      <h2>
        <a href={link("site", site)}>{about.data.name ?? site}</a> <small class="dim">{site}</small>
      </h2>
      <p>
        <Connection name={about.data.connection} /> {t("lastHeard", ago(about.data.heard_at))}
      </p>
      <Alarms site={site} />
      <Answer of={cases}>
        <Findings rows={cases.data?.inspections ?? []} />
        <Duties rows={cases.data?.duties ?? []} />
        <Claims rows={cases.data?.projects ?? []} />
        <Notices credit={cases.data?.credit ?? []} complaints={cases.data?.complaints ?? []} />
      </Answer>
      <Answer of={devices}>
        <Data site={about.data} devices={devices.data ?? []} unknown={unknown.data ?? []} />
      </Answer>
      <Refused of={refused.data} />
      <p class="fine">{t("neverWorse")}</p>
    </section>
  );
}

// A facility has one place, so it is its own; whoever sees more chooses.
export function Page({ id }) {
  if (!state.loaded) return <p class="empty">{t("reading")}</p>;
  const site = id || (state.sites.length === 1 ? state.sites[0].site : "");
  if (site) return <Home key={site} site={site} />;
  return (
    <ul class="cards">
      {state.sites
        .filter((one) => !["department", "home"].includes(one.kind))
        .map((one) => (
          <li key={one.site}>
            <a href={link("home", one.site)}>
              <b>{siteName(one.site)}</b>
              <span>{word(one.kind)}</span>
            </a>
          </li>
        ))}
    </ul>
  );
}
