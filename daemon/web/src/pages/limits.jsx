// limits.jsx - limits of one resident's own: what holds instead of the rules', who set it, why
// and until when. Whoever prescribed it stands in the note.
import { useState } from "preact/hooks";
import { metricName, t } from "../base/i18n.js";
import { readAgain, useRead } from "../base/read.js";
import { ask, state } from "../base/store.js";
import { Form } from "../parts/form.jsx";
import { Answer, Day, Table } from "../parts/kit.jsx";

const SCORE = "news2";
const maySet = () => state.status?.auth === "none" || state.status?.role === "supervisor";
const nameOf = (code) => (code === SCORE ? "NEWS2" : metricName(code));

function TakeBack({ path, metric }) {
  const [problem, setProblem] = useState("");
  const send = () =>
    ask(`${path}&metric=${encodeURIComponent(metric)}`, { method: "DELETE" }).then(readAgain, ({ message }) => setProblem(t("failed", message)));
  return (
    <>
      <button class="quiet" onClick={send}>
        {t("takeLimitBack")}
      </button>
      {problem && <small class="notice">{problem}</small>}
    </>
  );
}

// Those that can be limited: what was measured of this resident, and the score.
const fieldsFor = (metrics) => [
  { name: "metric", label: "limitedMetric", options: [...metrics, SCORE], nameOf, required: true },
  { name: "low", label: "alarmBelow", type: "real" },
  { name: "high", label: "alarmAbove", type: "real" },
  { name: "spo2_scale", label: "spo2Scale", type: "number", options: ["", "1", "2"] },
  { name: "until", label: "limitUntil", type: "day" },
  { name: "note", label: "limitNote", type: "long", required: true },
];

export function Limits({ id, site, metrics }) {
  const path = `/api/v1/residents/${encodeURIComponent(id)}/limits?site=${encodeURIComponent(site)}`;
  const found = useRead(path, 30, path);
  const rows = found.data?.items ?? [];
  const send = (body) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return (
    <section id="limits">
      <h3>{t("ownLimits")}</h3>
      <Answer of={found}>
        {rows.length === 0 && <p class="dim">{t("noOwnLimits")}</p>}
        {rows.length > 0 && (
          <Table
            label={t("ownLimits")}
            rows={rows}
            keyOf={(row) => row.metric}
            columns={[
              ["limitedMetric", (row) => nameOf(row.metric)],
              ["alarmBelow", (row) => row.low ?? "—", "number"],
              ["alarmAbove", (row) => row.high ?? "—", "number"],
              ["spo2Scale", (row) => row.spo2_scale ?? "—", "number"],
              ["limitUntil", (row) => (row.until ? <Day iso={row.until} /> : t("untilTakenBack"))],
              ["limitNote", (row) => `${row.note} · ${row.by}`],
              ["action", (row) => maySet() && <TakeBack path={path} metric={row.metric} />],
            ]}
          />
        )}
      </Answer>
      {maySet() && <Form id="set-limit" title="setLimit" fields={fieldsFor(metrics)} send={send} />}
    </section>
  );
}
