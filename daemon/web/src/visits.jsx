// visits.jsx - services from planned to checked out, those with an exception first.
import { clock, serviceName, t, word } from "./i18n.js";
import { state } from "./store.js";

export function Visits() {
  const list = [...state.visits].sort(
    (a, b) =>
      (b.exceptions?.length ?? 0) - (a.exceptions?.length ?? 0) ||
      (a.start ?? "").localeCompare(b.start ?? ""),
  );
  if (list.length === 0) return <p class="empty">{t("noVisits")}</p>;
  return (
    <table id="visits">
      <thead>
        <tr>
          {["site", "serviceKind", "worker", "planned", "state", "exceptions"].map((k) => (
            <th key={k}>{t(k)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {list.slice(0, 200).map((visit) => (
          <tr key={`${visit.site}/${visit.visit}`}>
            <td>{visit.site}</td>
            <td>{serviceName(visit.service) || visit.visit}</td>
            <td>{visit.worker}</td>
            <td title={visit.start}>
              {clock(visit.start)}–{clock(visit.end)}
            </td>
            <td>{word(visit.state)}</td>
            <td>{(visit.exceptions ?? []).map(word).join(" · ")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
