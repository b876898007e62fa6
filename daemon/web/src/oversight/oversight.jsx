// oversight.jsx - what a department has to see to: inspections and what was put right,
// evaluations, duties, lists, complaints.
import { t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { useRead } from "../base/read.js";
import { is, say, saying } from "../base/steps.js";
import { readAll, siteName } from "../base/store.js";
import { link } from "../base/url.js";
import { Answer, Choice, Day, DueOf, isOver, proofs, State, Table, Tabs } from "../parts/kit.jsx";
import { Form } from "../parts/form.jsx";
import { Calendar } from "./calendar.jsx";
import { Campaigns } from "./campaigns.jsx";
import { Credit } from "./credit.jsx";
import "./words.js";

const tabs = [
  ["inspections", "inspectionsTab", "i"],
  ["campaigns", "campaignsTab", "r"],
  ["evaluations", "evaluationsTab", "e"],
  ["duties", "dutiesTab", "d"],
  ["credit", "creditTab", "g"],
  ["complaints", "complaintsTab", "c"],
];
// The state that is asked for; one that there is none of here, left over from another tab, hides nothing.
const stateIn = (query, states) => (states.includes(query.get("state")) ? query.get("state") : "");
const States = ({ chosen, states }) => <Choice name="state" label="state" value={chosen} options={[["", t("every_")], ...states.map((one) => [one, word(one)])]} />;
const Org = ({ id }) => (id ? <a href={link("org", id)}>{orgName(id)}</a> : "—");
const Site = ({ id }) => (id ? <a href={link("site", id)}>{siteName(id)}</a> : "—");
// What is over comes last, what is due first.
const byDue = (a, b) => isOver(a) - isOver(b) || (a.due_at ?? a.due ?? "9").localeCompare(b.due_at ?? b.due ?? "9");

const plan = [
  { name: "org", label: "organisation", required: true },
  { name: "site", label: "site" },
  { name: "domain", label: "inspectedDomain", options: ["safety", "quality", "finance", "other"] },
  { name: "inspectors", label: "twoInspectors", type: "lines", required: true },
  { name: "campaign", label: "campaign" },
  { name: "due", label: "plannedFor", type: "day" },
];

function Inspections({ query }) {
  const found = useRead(() => readAll("/api/v1/inspections"), 15, "inspections");
  const states = ["proposed", "planned", "found", "rectified", "failed", "passed", "dismissed", "archived"];
  const state = stateIn(query, states);
  const rows = (found.data ?? []).filter((one) => !state || one.state === state).sort(byDue);
  const asCalendar = query.get("as") === "calendar";
  return (
    <>
      <div class="tools">
        <States chosen={state} states={states} />
        <Choice name="as" label="shownAs_" value={query.get("as") ?? ""} options={[["", t("list")], ["calendar", t("calendar")]]} />
        {is("inspector", "supervisor", "admin", "district") && <a href="#/inspect">{t("toChecklist")}</a>}
      </div>
      {is("inspector", "supervisor", "admin", "district") && (
        <Form id="plan" title="planInspection" fields={plan} send={(body, key) => say("inspections", key, "planned", body, key)} />
      )}
      <Answer of={found}>
        {asCalendar ? (
          <Calendar rows={rows} month={query.get("month")} part="inspection" />
        ) : (
          <Table
            id="inspections"
            rows={rows}
            keyOf={(row) => row.id}
            columns={[
              ["caseId", (row) => <a href={link("inspection", row.id)}>{row.id}</a>],
              ["site", (row) => <Site id={row.site} />],
              ["organisation", (row) => <Org id={row.org} />],
              ["inspectedDomain", (row) => word(row.domain)],
              ["state", (row) => <State name={row.state} />],
              ["dueBy", (row) => <DueOf row={row} />],
              ["foundWhat", (row) => row.text],
              ["clause", (row) => row.clause],
              ["campaign", (row) => row.campaign],
            ]}
          />
        )}
      </Answer>
    </>
  );
}

function Evaluations({ query }) {
  const found = useRead(() => readAll("/api/v1/evaluations"), 30, "evaluations");
  const states = ["scored", "expired"];
  const state = stateIn(query, states);
  return (
    <>
      <div class="tools">
        <States chosen={state} states={states} />
      </div>
      <Answer of={found}>
        <Table
          id="evaluations"
          rows={(found.data ?? []).filter((one) => !state || one.state === state)}
          keyOf={(row) => row.id}
          columns={[
            ["caseId", (row) => <a href={link("evaluation", row.id)}>{row.id}</a>],
            ["organisation", (row) => <Org id={row.org} />],
            ["usedScheme", (row) => word(row.scheme)],
            ["publishedGrade", (row) => row.grade, "number"],
            ["computedGrade", (row) => (row.computed_grade && row.computed_grade !== row.grade ? <b>! {row.computed_grade}</b> : row.computed_grade), "number"],
            ["until", (row) => <Day iso={row.valid_until} />],
            ["state", (row) => <State name={row.state} />],
          ]}
        />
      </Answer>
    </>
  );
}

const result = [
  { name: "result", label: "result", options: ["passed", "basically_passed", "exempt", "failed"], required: true },
  { name: "evidence", label: "evidenceLines", type: "lines" },
];

function Duties({ query }) {
  const found = useRead(() => readAll("/api/v1/duties"), 30, "duties");
  const states = [...new Set((found.data ?? []).map((one) => one.state))].sort();
  const state = stateIn(query, states);
  const rows = (found.data ?? []).filter((one) => !state || one.state === state).sort(byDue);
  return (
    <>
      <div class="tools">
        <States chosen={state} states={states} />
      </div>
      <Answer of={found}>
        <Table
          id="duties"
          rows={rows}
          keyOf={(row) => row.id}
          columns={[
            ["organisation", (row) => (row.site && row.org === row.site ? <Site id={row.site} /> : <Org id={row.org} />)],
            ["dutyOf", (row) => word(row.duty)],
            ["dutyPeriod", (row) => row.period],
            ["state", (row) => <State name={row.state} />],
            ["dueBy", (row) => <DueOf row={row} />],
            ["result", (row) => word(row.result)],
            ["evidenceLines", (row) => proofs(row.evidence)],
            ["action", (row) => row.state === "filed" && is("supervisor", "admin", "district") && (
              <Form id={`duty-${row.id}`} title="giveResult" fields={result} send={saying("duties", row.id, "result")} />
            )],
          ]}
        />
      </Answer>
    </>
  );
}

const complaint = [
  { name: "about", label: "aboutWhom", required: true },
  { name: "channel", label: "cameBy", options: ["12345", "family", "resident", "other"] },
  { name: "topic", label: "complaintTopic", options: ["", "service", "meal", "fees", "carer", "safety", "other"] },
  { name: "due", label: "dueBy", type: "day" },
];
const closing = [
  { name: "result", label: "result", required: true },
  { name: "satisfied", label: "satisfied", options: ["", "yes", "no"], type: "flag" },
];

function Complaints({ query }) {
  const found = useRead(() => readAll("/api/v1/complaints"), 15, "complaints");
  const states = ["filed", "replied", "closed"];
  const state = stateIn(query, states);
  const rows = (found.data ?? []).filter((one) => !state || one.state === state).sort(byDue);
  return (
    <>
      <div class="tools">
        <States chosen={state} states={states} />
      </div>
      {is("supervisor", "admin", "district") && (
        <Form id="complain" title="fileComplaint" fields={complaint} send={(body, key) => say("complaints", key, "filed", body, key)} />
      )}
      <p class="fine">{t("complaintWords")}</p>
      <Answer of={found}>
        <Table
          id="complaints"
          rows={rows}
          keyOf={(row) => row.id}
          columns={[
            ["caseId", (row) => row.id],
            ["aboutWhom", (row) => <Site id={row.about} />],
            ["complaintTopic", (row) => word(row.topic) || "—"],
            ["cameBy", (row) => word(row.channel)],
            ["replyText", (row) => row.reply],
            ["state", (row) => <State name={row.state} />],
            ["dueBy", (row) => <DueOf row={row} />],
            ["result", (row) => row.result],
            ["satisfied", (row) => (row.satisfied === undefined ? "—" : t(row.satisfied ? "yes" : "no"))],
            ["action", (row) => row.state !== "closed" && is("supervisor", "admin", "district") && (
              <>
                <Form id={`replied-${row.id}`} title="giveReply" fields={[{ name: "text", label: "replyText", type: "long", required: true }]} send={saying("complaints", row.id, "replied")} />
                <Form id={`close-${row.id}`} title="closeComplaint" fields={closing} send={saying("complaints", row.id, "closed")} />
              </>
            )],
          ]}
        />
      </Answer>
    </>
  );
}

export function Page({ query }) {
  const show = { inspections: Inspections, campaigns: Campaigns, evaluations: Evaluations, duties: Duties, credit: Credit, complaints: Complaints };
  const tab = Object.hasOwn(show, query.get("tab") ?? "") ? query.get("tab") : "inspections";
  const Part = show[tab];
  return (
    <section id="oversight">
      <Tabs names={tabs} chosen={tab}>
        <Part query={query} />
      </Tabs>
    </section>
  );
}
