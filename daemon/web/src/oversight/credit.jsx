// credit.jsx - lists of organisations: proposed by one person with evidence, approved by another,
// answered by the organisation, and only then published.
import { t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { useRead } from "../base/read.js";
import { is, say } from "../base/steps.js";
import { readAll } from "../base/store.js";
import { link } from "../base/url.js";
import { Answer, Choice, Day, Due, proofs, State, Table } from "../parts/kit.jsx";
import { Form } from "../parts/form.jsx";
import { Trail } from "../parts/trail.jsx";

const lists = ["red", "black", "watch", "abnormal", "serious"];
const states = ["suggested", "proposed", "noticed", "objected", "listed", "repairing", "received", "removed", "withdrawn"];
const listed = () => lists.map((one) => [one, word(one)]);
const proposal = () => [
  { name: "org", label: "organisation", required: true },
  { name: "list", label: "onList", options: lists, required: true },
  { name: "decision", label: "decisionNumber" },
  { name: "authority", label: "authorityOf" },
  { name: "clause", label: "clause" },
  { name: "until", label: "until", type: "day" },
  { name: "evidence", label: "evidenceLines", type: "lines", required: true },
  { name: "text", label: "reasonText", type: "long" },
];
const words = [{ name: "text", label: "reasonText", type: "long", required: true }];
// state -> what a person may say then: [verb, title, fields].
const steps = {
  proposed: [["approve", "approve", []], ["withdraw", "withdrawIt", words]],
  noticed: [["object", "recordObjection", words], ["withdraw", "withdrawIt", words]],
  objected: [["uphold", "upholdIt", words], ["withdraw", "withdrawIt", words]],
  listed: [["repair", "recordRepair", words], ["withdraw", "withdrawIt", words]],
  repairing: [["repaired", "grantRepair", []], ["repair_refused", "refuseRepair", words], ["withdraw", "withdrawIt", words]],
  suggested: [["propose", "proposeIt", [{ name: "evidence", label: "evidenceLines", type: "lines", required: true }]]],
};
const decide = (row, verb, body, key) => say("credit", row.org, verb, { list: row.list, ...body }, key);

// What it waits for, in words: whose turn it is.
const turn = { suggested: "waitsForProposal", proposed: "waitsForSecond", noticed: "waitsForAnswer", objected: "waitsForDecision", listed: "isPublished", repairing: "isPublished" };

export function Credit({ query }) {
  const list = query.get("list") ?? "";
  const state = states.includes(query.get("state")) ? query.get("state") : "";
  const open = query.get("case") ?? "";
  const found = useRead(() => readAll("/api/v1/credit"), 10, "credit");
  const rows = (found.data ?? []).filter((one) => (!list || one.list === list) && (!state || one.state === state));
  const count = (name) => (found.data ?? []).filter((one) => one.list === name && ["listed", "repairing"].includes(one.state)).length;
  return (
    <>
      <p class="figures large">
        {lists.map((name) => (
          <span key={name}>
            {word(name)} <b>{count(name)}</b>
          </span>
        ))}
        <a href="/public">{t("toPublic")}</a>
      </p>
      <div class="tools">
        <Choice name="list" label="onList" value={list} options={[["", t("every_")], ...listed()]} />
        <Choice name="state" label="state" value={state} options={[["", t("every_")], ...states.map((one) => [one, word(one)])]} />
      </div>
      {is("supervisor") && <Form id="propose" title="proposeIt" fields={proposal()} send={({ org, ...body }, key) => decide({ org }, "propose", body, key)} />}
      <Answer of={found}>
        {found.data?.cut && <p class="notice">{t("moreListed", found.data.length)}</p>}
        <Table
          id="credit"
          rows={rows}
          keyOf={(row) => row.id}
          columns={[
            ["onList", (row) => word(row.list)],
            ["organisation", (row) => <a href={link("org", row.org)}>{orgName(row.org)}</a>],
            ["state", (row) => <><State name={row.state} /> {turn[row.state] && <small>{t(turn[row.state])}</small>}</>],
            ["dueBy", (row) => (["noticed", "objected"].includes(row.state) ? <Due iso={row.due_at} /> : "—")],
            ["decisionNumber", (row) => row.decision],
            ["clause", (row) => row.clause],
            ["from", (row) => <Day iso={row.from} />],
            ["until", (row) => <Day iso={row.until} />],
            ["evidenceLines", (row) => proofs(row.evidence)],
            ["proposedBy", (row) => row.proposed_by],
            ["approvedBy", (row) => row.approved_by],
            ["objectionText", (row) => row.objection],
            ["action", (row) => (
              <>
                {is("supervisor") &&
                  (steps[row.state] ?? []).filter(([verb]) => verb !== "repair" || row.list !== "red").map(([verb, title, fields]) => (
                    <Form key={verb} id={`${verb}-${row.id}`} title={title} fields={fields} send={(body, key) => decide(row, verb, body, key)} />
                  ))}
                <a href={link("oversight", "", { tab: "credit", list, state, case: open === row.id ? "" : row.id })}>{t("itsSteps")}</a>
              </>
            )],
          ]}
        />
        {open && (
          <section>
            <h3>{open}</h3>
            <Trail path={`/api/v1/credit/${encodeURIComponent(open)}/history`} />
          </section>
        )}
      </Answer>
    </>
  );
}
