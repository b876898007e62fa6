// sites.jsx - every site with its live state. A site that is not heard is never shown as well.
import { FirstRun } from "./first.jsx";
import { age, t, word } from "./i18n.js";
import { now, state } from "./store.js";

const order = { silent: 0, unknown: 1, alive_no_data: 2, clock_fault: 3, online: 4 };

export function Sites() {
  const list = [...state.sites].sort(
    (a, b) => (order[a.connection] ?? 5) - (order[b.connection] ?? 5) || a.site.localeCompare(b.site),
  );
  if (list.length === 0) return <FirstRun />;
  return (
    <table id="sites">
      <thead>
        <tr>
          {["site", "kind", "district", "connection", "devices", "heard"].map((k) => (
            <th key={k}>{t(k)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {list.map((site) => (
          <tr key={site.site} class={site.connection === "online" ? "" : "off"}>
            <td>{site.name ? `${site.name} (${site.site})` : site.site}</td>
            <td>{word(site.kind)}</td>
            <td>{site.district}</td>
            <td>
              <i class={`mark ${site.connection}`} aria-hidden="true" /> {word(site.connection)}
            </td>
            <td class="number">
              {site.n_devices ?? 0}
              {site.n_silent > 0 && ` (${site.n_silent} ${t("silent")})`}
            </td>
            <td class="number" title={site.heard_at}>
              {site.heard_at ? age(now() - Date.parse(site.heard_at)) : "—"}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
