// evaluation.jsx - one evaluation, line by line: points of each section, its floor, the total,
// who sat on the panel, on what evidence, by which version of the rules.
import { t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { useRead } from "../base/read.js";
import { link } from "../base/url.js";
import { Answer, Day, Facts, proofs, Share, State, Table } from "../parts/kit.jsx";
import { Trail } from "../parts/trail.jsx";
import { explained } from "./explained.js";
import "./words.js";

export function Page({ id }) {
  const path = `/api/v1/evaluations/${encodeURIComponent(id)}`;
  const found = useRead(path, 30, id);
  const row = found.data;
  if (!row) return <Answer of={found} />;
  const lines = explained(row);
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
          ["ruleVersion", lines.version],
        ]}
      />
      {row.computed_grade && row.computed_grade !== row.grade && <p class="late">! {t("gradesDiffer", row.grade, row.computed_grade)}</p>}
      <Table
        id="lines"
        rows={lines.sections}
        keyOf={(line) => line.name}
        columns={[
          ["section", (line) => word(line.name)],
          ["pointsOf", (line) => (line.max ? <Share part={line.score} whole={line.max} label={`${line.score} / ${line.max}`} /> : line.score), "number"],
          ["sectionFloor", (line) => (line.floor === null ? "—" : line.score < line.floor ? <b>! {t("below", line.floor)}</b> : t("reached", line.floor))],
          ["betterAsks", (line) => (line.better ? t("betterNeeds", line.better, line.asks) : "—")],
          ["evidenceLines", (line) => line.evidence],
        ]}
      />
      {lines.total !== null && (
        <p>
          {t("totalPoints", lines.total)} {lines.need !== null && (lines.total < lines.need ? <b>! {t("below", lines.need)}</b> : t("reached", lines.need))}
        </p>
      )}
      {row.explained && <p class="fine">{row.explained}</p>}
      <section>
        <h3>{t("itsSteps")}</h3>
        <Trail path={`${path}/history`} />
      </section>
    </section>
  );
}
