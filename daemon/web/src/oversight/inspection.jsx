// inspection.jsx - one inspection: what was found, what the inspected says, who has to do what
// next. That it was put right is a claim until the department has looked.
import { t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { useRead } from "../base/read.js";
import { is, saying } from "../base/steps.js";
import { siteName } from "../base/store.js";
import { link } from "../base/url.js";
import { Answer, DueOf, Facts, isOver, proofs, State } from "../parts/kit.jsx";
import { Form } from "../parts/form.jsx";
import { Trail } from "../parts/trail.jsx";
import "./words.js";

const proof = { name: "evidence", label: "evidenceLines", type: "lines", required: true };
const finding = [
  { name: "text", label: "foundWhat", type: "long", required: true },
  { name: "clause", label: "clause", required: true },
  { name: "severity", label: "severity", options: ["minor", "major", "critical"] },
  { name: "due", label: "dueBy", type: "day" },
  proof,
];
const inspect = ["inspector", "supervisor", "admin", "district"];
const judged = ["facility", "supervisor", "admin"];
// [step, title, fields, roles, states]
const steps = [
  ["finding", "addFinding", finding, inspect, ["planned", "found", "failed"]],
  ["finding", "acceptProposal", finding, inspect, ["proposed"]],
  ["dismissed", "dismissProposal", [{ name: "reason", label: "reasonText", type: "long", required: true }], inspect, ["proposed"]],
  ["archived", "archiveIt", [], inspect, ["passed"]],
  ["reply", "giveReply", [{ name: "text", label: "replyText", type: "long", required: true }], judged, ["found", "failed", "rectified"]],
  ["rectified", "claimRectified", [proof, { name: "text", label: "replyText", type: "long" }], judged, ["found", "failed"]],
  ["passed", "pass", [proof], inspect, ["planned", "found", "rectified"]],
  ["failed", "fail", [proof, { name: "due", label: "dueBy", type: "day" }], inspect, ["rectified"]],
];

export function Page({ id }) {
  const path = `/api/v1/inspections/${encodeURIComponent(id)}`;
  const found = useRead(path, 10, id);
  const row = found.data;
  if (!row) return <Answer of={found} />;
  return (
    <section id="inspection">
      <h2>
        {t("inspectionOf", row.site ? siteName(row.site) : orgName(row.org))} <small class="dim">{row.id}</small> <State name={row.state} />
      </h2>
      <Facts
        list={[
          ["site", row.site && <a href={link("site", row.site)}>{siteName(row.site)}</a>],
          ["organisation", row.org && <a href={link("org", row.org)}>{orgName(row.org)}</a>],
          ["inspectedDomain", word(row.domain)],
          ["campaign", row.campaign],
          ["inspectors", row.inspectors?.join(" · ")],
          ["drawn", row.drawn && t("yes")],
          ["dueBy", !isOver(row) && (row.due_at || row.due) && <DueOf row={row} />],
        ]}
      />
      <dl class="pairs">
        {[
          ["foundWhat", row.text],
          ["clause", row.clause],
          ["severity", word(row.severity)],
          ["evidenceLines", proofs(row.evidence)],
          ["replyText", row.reply],
          ["claimedProof", proofs(row.claimed)],
        ]
          .filter(([, value]) => value)
          .map(([title, value]) => (
            <div key={title}>
              <dt>{t(title)}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {(row.attachments ?? []).map((key) => (
        <a key={key} href={`/api/v1/attachments/${key}`}>
          <img class="photo" src={`/api/v1/attachments/${key}`} alt={t("photoOf", key.slice(0, 12))} loading="lazy" />
        </a>
      ))}
      {row.state === "rectified" && <p>{t("onlyAClaim")}</p>}
      {steps
        .filter(([, , , roles, states]) => is(...roles) && states.includes(row.state))
        .map(([step, title, fields]) => (
          <Form key={title} id={`step-${step}`} title={title} fields={fields} send={saying("inspections", id, step)} />
        ))}
      <section>
        <h3>{t("itsSteps")}</h3>
        <Trail key={row.rev} path={`${path}/history`} />
      </section>
    </section>
  );
}
