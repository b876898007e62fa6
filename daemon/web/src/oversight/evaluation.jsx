// evaluation.jsx - one evaluation, line by line: points of each section, its floor, the total,
// who sat on the panel, on what evidence, by which version of the rules.
import { t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { useRead } from "../base/read.js";
import { link } from "../base/url.js";
import { Answer, Day, Facts, proofs, Share, State, Table } from "../parts/kit.jsx";
import { Trail } from "../parts/trail.jsx";
import "./words.js";

// What is asked for beside what there is; the daemon says both.
const asked = (score, least) => (least === undefined ? "—" : score < least ? <b>! {t("below", least)}</b> : t("reached", least));

export function Page({ id }) {
  const path = `/api/v1/evaluations/${encodeURIComponent(id)}`;
  const found = useRead(path, 30, id);
  const row = found.data;
  if (!row) return <Answer of={found} />;
  const account = row.account;
  const lines = account?.sections ?? Object.entries(row.sections ?? {}).map(([section, score]) => ({ section, score }));
  return (
    <section id="evaluation">
      <h2>
        {word(row.scheme)} <small class="dim">{row.id}</small> <State name={row.state} />
      </h2>
      <Facts
        list={[
          ["organisation", <a href={link("org", row.org)}>{orgName(row.org)}</a>],
          ["publishedGrade", row.grade],
          ["computedGrade", row.computed_grade && (row.computed_grade === row.grade ? row.computed_grade : <b>! {row.computed_grade}</b>)],
          ["publishedAt", row.published && <Day iso={row.published} />],
          ["until", row.valid_until && <Day iso={row.valid_until} />],
          ["panel", row.panel && `${row.panel.join(" · ")} (n=${row.panel.length})`],
          ["evidenceLines", proofs(row.evidence)],
          ["ruleVersion", row.rule_version],
        ]}
      />
      {row.computed_grade && row.computed_grade !== row.grade && <p class="late">! {t("gradesDiffer", row.grade, row.computed_grade)}</p>}
      <Table
        id="lines"
        rows={lines}
        keyOf={(line) => line.section}
        columns={[
          ["section", (line) => word(line.section)],
          ["pointsOf", (line) => (line.max ? <Share part={line.score} whole={line.max} label={`${line.score} / ${line.max}`} /> : line.score), "number"],
          ["sectionFloor", (line) => asked(line.score, line.floor)],
          ["betterAsks", (line) => (line.better_needs ? t("betterNeeds", account.better, line.better_needs) : "—")],
          ["evidenceLines", (line) => line.evidence],
        ]}
      />
      {row.total !== undefined && (
        <p>
          {t("totalPoints", row.total)} {account?.needs && asked(row.total, account.needs)}{" "}
          {account?.better && t("betterNeeds", account.better, account.better_needs)}
        </p>
      )}
      <section>
        <h3>{t("itsSteps")}</h3>
        <Trail path={`${path}/history`} />
      </section>
    </section>
  );
}
