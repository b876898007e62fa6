// org.jsx - one organisation: who it is, and its ledger of activities, disclosure, honesty,
// evaluation and annual inspection.
import { districtName } from "../base/districts.js";
import { t, word } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { ask, readAll, siteName } from "../base/store.js";
import { link } from "../base/url.js";
import { Answer, Day, DueOf, Facts, State, Table, yuan } from "../parts/kit.jsx";
import { Trail } from "../parts/trail.jsx";
import "./words.js";

const kinds = ["duties", "credit", "evaluations", "inspections", "projects", "complaints"];

export function Page({ id }) {
  const of = encodeURIComponent(id);
  const about = useRead(() => ask(`/api/v1/organisations/${of}`).catch((problem) => (problem.status === 404 ? { org: id } : Promise.reject(problem))), 60, id);
  const ledger = useRead(
    async () => Object.fromEntries(await Promise.all(kinds.map(async (kind) => [kind, await readAll(`/api/v1/${kind}?org=${of}`)]))),
    20,
    id,
  );
  const org = about.data;
  const of_ = ledger.data;
  if (!org) return <Answer of={about} />;
  return (
    <section id="org">
      <h2>
        {org.name ?? id} <small class="dim">{id}</small>
      </h2>
      <Facts
        list={[
          ["orgType", word(org.type)],
          ["unifiedCode", org.unified_code],
          ["field", org.field],
          ["registrar", org.registrar],
          ["department", org.department],
          ["district", org.district && districtName(org.district)],
          ["registeredOn", org.registered && <Day iso={org.registered} />],
          ["orgAddress", org.address],
        ]}
      />
      <Answer of={ledger}>
        <h3>{t("dutiesTab")}</h3>
        <Table id="org-duties" rows={of_?.duties ?? []} keyOf={(row) => row.id} columns={[
          ["dutyOf", (row) => word(row.duty)],
          ["dutyPeriod", (row) => row.period],
          ["state", (row) => <State name={row.state} />],
          ["dueBy", (row) => <DueOf row={row} />],
          ["result", (row) => word(row.result)],
        ]} />
        <h3>{t("creditTab")}</h3>
        <Table id="org-credit" rows={of_?.credit ?? []} keyOf={(row) => row.id} columns={[
          ["onList", (row) => word(row.list)],
          ["state", (row) => <State name={row.state} />],
          ["decisionNumber", (row) => row.decision],
          ["clause", (row) => row.clause],
          ["from", (row) => <Day iso={row.from} />],
          ["until", (row) => <Day iso={row.until} />],
        ]} />
        <h3>{t("evaluationsTab")}</h3>
        <Table id="org-evaluations" rows={of_?.evaluations ?? []} keyOf={(row) => row.id} columns={[
          ["usedScheme", (row) => <a href={link("evaluation", row.id)}>{word(row.scheme)}</a>],
          ["publishedGrade", (row) => row.grade],
          ["until", (row) => <Day iso={row.valid_until} />],
          ["state", (row) => <State name={row.state} />],
        ]} />
        <h3>{t("inspectionsTab")}</h3>
        <Table id="org-inspections" rows={of_?.inspections ?? []} keyOf={(row) => row.id} columns={[
          ["caseId", (row) => <a href={link("inspection", row.id)}>{row.id}</a>],
          ["site", (row) => (row.site ? siteName(row.site) : "—")],
          ["state", (row) => <State name={row.state} />],
          ["dueBy", (row) => <DueOf row={row} />],
          ["foundWhat", (row) => row.text],
        ]} />
        <h3>{t("projectsOf")}</h3>
        <Table id="org-projects" rows={of_?.projects ?? []} keyOf={(row) => row.id} columns={[
          ["project", (row) => <a href={link("project", row.id)}>{row.name ?? row.id}</a>],
          ["state", (row) => <State name={row.state} />],
          ["claimedMoney_", (row) => yuan(row.claimed_amount_fen), "number"],
          ["verifiedMoney_", (row) => yuan(row.verified_amount_fen), "number"],
        ]} />
        <h3>{t("itsSteps")}</h3>
        <Trail path={`/api/v1/organisations/${of}/history`} />
      </Answer>
    </section>
  );
}
