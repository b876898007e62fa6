// visit_table.jsx - services from planned to checked out, those with an exception first.
import { serviceName, t, word } from "../base/i18n.js";
import { clock } from "../base/time.js";
import { siteName } from "../base/store.js";
import { link } from "../base/url.js";

const MOST = 200;

export function VisitTable({ list }) {
  const sorted = [...list].sort(
    (a, b) =>
      (b.exceptions?.length ?? 0) - (a.exceptions?.length ?? 0) ||
      (b.start ?? "").localeCompare(a.start ?? ""),
  );
  if (sorted.length === 0) return <p class="empty">{t("noVisits")}</p>;
  return (
    <div class="wide" tabIndex={0}>
      <table class="visits">
        <thead>
          <tr>
            {["site", "serviceKind", "state", "exceptions", "planned", "actual", "worker"].map((k) => (
              <th key={k} scope="col">
                {t(k)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, MOST).map((visit) => (
            <tr key={`${visit.site}/${visit.visit}`}>
              <td>
                <a href={link("site", visit.site)}>{siteName(visit.site)}</a>
              </td>
              <td>{serviceName(visit.service) || visit.visit}</td>
              <td>{word(visit.state)}</td>
              <td>
                {(visit.exceptions ?? []).map((one) =>
                  (visit.standing ?? visit.exceptions).includes(one) ? <b key={one}>! {word(one)} </b> : <s key={one} title={t("healedNow")}>{word(one)} </s>,
                )}
              </td>
              <td class="number" title={visit.start}>
                {clock(visit.start)}–{clock(visit.end)}
              </td>
              <td class="number" title={visit.checkin_at}>
                {visit.checkin_at && `${clock(visit.checkin_at)}–${clock(visit.checkout_at)}`}
              </td>
              <td>{visit.worker}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > MOST && <p class="dim">{t("moreRows", MOST, sorted.length)}</p>}
    </div>
  );
}
