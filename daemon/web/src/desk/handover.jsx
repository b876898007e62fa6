// handover.jsx - the sheet for the change of shift: what is overdue, open, put aside, late, which
// places nobody sees, who is on duty and what is kept quiet. As of now; printed on white paper, with room for two names.
import { both, serviceName, t, word } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { siteName, state } from "../base/store.js";
import { clock } from "../base/time.js";
import { link } from "../base/url.js";
import { day } from "../parts/kit.jsx";
import { Load } from "./load.jsx";
import { Standing } from "./standing.jsx";
import "./words.js";

const parts = ["overdue", "open", "aside", "visits", "unseen"];

function What({ part, row }) {
  if (part === "visits") return serviceName(row.what) || row.what;
  if (part === "unseen") return word(row.state);
  return (
    <a href={link("alarms", "", { id: row.id })}>
      {both(state.alarms.get(row.id)?.text) || row.what} <span class="fine">{word(row.state)}</span>
    </a>
  );
}

function Part({ name, rows, n }) {
  return (
    <section>
      <h2>
        {t(`part.${name}`)} {n}
      </h2>
      {rows.length === 0 ? (
        <p class="dim">{t("noneOf")}</p>
      ) : (
        <table>
          <thead>
            <tr>
              {["priority", "sinceAt", "where", "what", "whoHas"].map((k) => (
                <th key={k} scope="col">
                  {t(k)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, 200).map((row) => (
              <tr key={`${row.site}/${row.id}`}>
                <td>
                  {row.priority && (
                    <>
                      <i class={`glyph ${row.priority}`} aria-hidden="true" /> {t(row.priority)}
                    </>
                  )}
                </td>
                <td class="number" title={row.since}>
                  {clock(row.since) || "—"}
                </td>
                <td>{[siteName(row.site), row.where].filter(Boolean).join(" · ")}</td>
                <td>
                  <What part={name} row={row} />
                </td>
                <td>{row.who}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {n > Math.min(rows.length, 200) && <p>{t("more", n - Math.min(rows.length, 200))}</p>}
    </section>
  );
}

export function Page() {
  const { data: sheet, problem } = useRead("/api/v1/handover", 15, "handover");
  if (!sheet) return <p class="empty">{problem ? t("failed", problem.message) : t("reading")}</p>;
  return (
    <section id="handover">
      <div class="tools">
        <h2>
          {t("handover")}{" "}
          <small class="dim" title={sheet.at}>
            {t("handoverAt", `${day(sheet.at)} ${clock(sheet.at).slice(-8)}`)}
          </small>
        </h2>
        <button onClick={() => print()}>{t("print")}</button>
        <a href="/api/v1/handover" download="handover.json">
          JSON
        </a>
      </div>
      {problem && <p class="notice">{t("failed", problem.message)}</p>}
      <Load />
      {parts.map((name) => (
        <Part key={name} name={name} rows={sheet[name]} n={sheet.counts[name]} />
      ))}
      <Standing />
      <p class="signatures">
        <span>{t("handsOver", state.session?.by ?? "")}</span>
        <span>{t("takesOver")}</span>
      </p>
    </section>
  );
}
