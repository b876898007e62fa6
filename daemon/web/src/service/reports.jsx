// reports.jsx - figures of a time: a chart of one measure, the table behind it, the same as CSV.
import { useState } from "preact/hooks";
import { districtName } from "../base/districts.js";
import { t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { useRead } from "../base/read.js";
import { ask, now, siteName } from "../base/store.js";
import { change } from "../base/url.js";
import { Answer, Choice, day, today } from "../parts/kit.jsx";
import "./words.js";

// name: groups to choose from, whether months or days are asked for, what a bar can show.
// Beneficiaries, trainees and audience are measures of their own, never one bar.
const reports = {
  response: { by: ["all", "day", "district", "site", "priority", "rule"], unit: "day", measures: ["alarms", "told", "answered", "on_the_way", "arrived", "closed", "answered_late", "answer_median_s"] },
  load: { by: ["all", "hour", "day", "district", "site", "rule", "actor"], unit: "day", measures: ["alarms", "most_in_10min", "per_operator_10min", "floods", "chattering", "stale"] },
  visits: { by: ["site", "district", "org", "project", "month"], unit: "month", measures: ["planned", "done", "verified", "late", "missed", "short", "no_checkout", "off_site", "overlap", "duplicate", "not_at_home", "minutes", "verified_minutes", "settled_fen"] },
  monthly_visits: { by: [], unit: "month", measures: [] },
  sessions: { by: [], unit: "month", measures: ["beneficiaries", "trainees", "audience", "service_sessions", "training_sessions", "publicity_sessions"] },
  projects: { by: [], unit: "month", measures: ["verified_persons", "claimed_persons", "target_persons", "excess_fen"] },
  duties: { by: [], unit: "month", measures: [], beside: ["id"] }, // what its id is made of stands beside it
};
const MOST_BARS = 30;

// Of what a mean is: it is never shown without.
const meanOf = { score: "rated", told_median_s: "told", answer_median_s: "answered", answer_worst_s: "answered", scene_median_s: "arrived" };

function columnName(key) {
  const name = t(`col.${key}`);
  return name.startsWith("col.") ? word(key) : name;
}
function cellOf(row, key) {
  const value = row[key];
  if (value === null || value === undefined) return meanOf[key] ? `— (n=${row[meanOf[key]] ?? 0})` : "—";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (key.endsWith("_fen")) return (value / 100).toLocaleString("en", { minimumFractionDigits: 2 });
  if (typeof value === "number") {
    const shown = Number.isInteger(value) ? String(value) : value.toFixed(2);
    return meanOf[key] ? `${shown} (n=${row[meanOf[key]] ?? 0})` : shown;
  }
  if (key === "site") return siteName(value);
  if (key === "org" || key === "purchaser") return siteName(orgName(value)); // an institution's duty is its own
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return day(value);
  return key === "district" ? districtName(value) : word(value);
}

const labelOf = (row) => {
  const [first] = Object.keys(row);
  return cellOf(row, first);
};

function Bars({ rows, measure }) {
  const list = rows.filter((row) => typeof row[measure] === "number").sort((a, b) => (/^\d{4}-/.test(labelOf(a)) ? (labelOf(a) < labelOf(b) ? -1 : 1) : b[measure] - a[measure]));
  const most = Math.max(...list.map((row) => row[measure]), 0);
  if (list.length === 0 || most === 0) return <p class="dim">{t("nothingToDraw")}</p>;
  return (
    <figure id="chart" aria-label={t("chartOf", columnName(measure))}>
      <figcaption>{columnName(measure)}</figcaption>
      <ul class="bars">
        {list.slice(0, MOST_BARS).map((row, i) => (
          <li key={i}>
            <span class="bar-label">{labelOf(row)}</span>
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
              <rect width={Math.max(0.5, (100 * row[measure]) / most)} height="10" />
            </svg>
            <span class="number">{cellOf(row, measure)}</span>
          </li>
        ))}
      </ul>
      {list.length > MOST_BARS && <p class="fine">{t("barsShown", MOST_BARS, list.length)}</p>}
    </figure>
  );
}

function Rows({ rows, beside = [] }) {
  if (rows.length === 0) return <p class="empty">{t("nothing")}</p>;
  const columns = [...new Set(rows.flatMap(Object.keys))].filter((key) => !beside.includes(key));
  return (
    <div class="wide" role="region" aria-label={t("list")} tabIndex={0}>
      <table id="report" class="rows">
        <thead>
          <tr>
            {columns.map((key) => (
              <th key={key} scope="col">
                {columnName(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, 500).map((row, i) => (
            <tr key={i}>
              {columns.map((key) => (
                <td key={key} class={typeof row[key] === "number" ? "number" : ""}>
                  {cellOf(row, key)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > 500 && <p class="dim">{t("moreRows", 500, rows.length)}</p>}
    </div>
  );
}

// The daemon writes the table; the browser gives it a name.
async function download(path, name) {
  const answer = await fetch(path, { headers: { Accept: "text/csv" } });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob(["\ufeff", await answer.text()], { type: "text/csv" }));
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10000);
}

const weekAgo = () => day(new Date(now() - 7 * 86400000).toISOString());

function spanOf(kind, query) {
  if (reports[kind].unit === "month") {
    const month = today().slice(0, 7);
    const valid = (text) => (/^\d{4}-\d\d$/.test(text ?? "") ? text : month);
    return { from: valid(query.get("from")), to: valid(query.get("to")), type: "month" };
  }
  const valid = (text, other) => (/^\d{4}-\d\d-\d\d$/.test(text ?? "") ? text : other);
  return { from: valid(query.get("from"), weekAgo()), to: valid(query.get("to"), today()), type: "date" };
}
function pathOf(kind, { from, to, type }, by) {
  const query = new URLSearchParams(
    type === "month" ? { from, to } : { from: new Date(`${from}T00:00:00`).toISOString(), to: new Date(Math.min(now(), new Date(`${to}T23:59:59`).getTime())).toISOString() },
  );
  if (by) query.set("by", by);
  return `/api/v1/reports/${kind}?${query}`;
}

export function Page({ query }) {
  const kind = Object.hasOwn(reports, query.get("kind") ?? "") ? query.get("kind") : "visits";
  const { by, measures } = reports[kind];
  const chosen = by.includes(query.get("by")) ? query.get("by") : (by[0] ?? "");
  const measure = measures.includes(query.get("m")) ? query.get("m") : measures[0];
  const span = spanOf(kind, query);
  const read = async () => (await ask(pathOf(kind, span, chosen))).items;
  const found = useRead(read, 60, `${kind}/${chosen}/${span.from}/${span.to}`);
  const rows = found.data ?? [];
  const [problem, setProblem] = useState("");
  const save = () => download(pathOf(kind, span, chosen), `${kind}-${span.from}-${span.to}.csv`).then(() => setProblem(""), ({ message }) => setProblem(t("failed", message)));
  return (
    <section id="reports">
      <div class="tools">
        <label class="choice">
          {t("reportKind")}{" "}
          <select id="kind" value={kind} onChange={(event) => change({ kind: event.target.value, by: "", m: "", from: "", to: "" })}>
            {Object.keys(reports).map((one) => (
              <option key={one} value={one}>
                {t(`report.${one}`)}
              </option>
            ))}
          </select>
        </label>
        {["from", "to"].map((one) => (
          <label key={`${kind}/${one}`}>
            {t(one === "from" ? "from" : "until")} <input id={one} type={span.type} value={span[one]} onChange={(event) => change({ [one]: event.target.value })} />
          </label>
        ))}
        {by.length > 0 && <Choice name="by" label="groupedBy" value={chosen} options={by.map((one) => [one, t(`by.${one}`)])} />}
        {measures.length > 0 && <Choice name="m" label="measure" value={measure} options={measures.map((one) => [one, columnName(one)])} />}
        <button id="csv" onClick={save}>
          CSV
        </button>
        {problem && (
          <span class="notice" role="alert">
            {problem}
          </span>
        )}
      </div>
      <Answer of={found}>
        {measure && <Bars rows={rows} measure={measure} />}
        <Rows rows={rows} beside={reports[kind].beside} />
        {kind === "sessions" && <p class="fine">{t("neverSummed")}</p>}
      </Answer>
    </section>
  );
}
