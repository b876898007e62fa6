// sites.jsx - every site with its live state. A site that is not heard is never shown as well.
import { useEffect } from "preact/hooks";
import { districtName } from "../base/districts.js";
import { FirstRun } from "../parts/first.jsx";
import { t, word } from "../base/i18n.js";
import { age } from "../base/time.js";
import { now, readSites, state } from "../base/store.js";
import { change, link } from "../base/url.js";
import "./words.js";

const order = { silent: 0, unknown: 1, alive_no_data: 2, clock_fault: 3, online: 4 };
const MOST = 500;

export function Page({ query }) {
  // How long ago each was heard is read here as often as it is looked at.
  useEffect(() => {
    const timer = setInterval(() => document.hidden || readSites().catch(() => {}), 10000);
    return () => clearInterval(timer);
  }, []);
  const text = (query.get("q") ?? "").trim().toLowerCase();
  const district = query.get("district");
  if (!state.loaded) return <p class="empty">{t("reading")}</p>;
  if (state.sites.length === 0) return <FirstRun />;
  const list = state.sites
    .filter(
      (site) =>
        (!district || site.district === district) &&
        (!text || site.site.toLowerCase().includes(text) || site.name?.toLowerCase().includes(text)),
    )
    .sort(
      (a, b) =>
        (order[a.connection] ?? 5) - (order[b.connection] ?? 5) || (a.site < b.site ? -1 : 1),
    );
  return (
    <section>
      <div class="tools" role="search">
        <input
          id="q"
          type="search"
          aria-label={t("filterSites")}
          placeholder={t("filterSites")}
          value={query.get("q") ?? ""}
          onInput={(event) => change({ q: event.target.value })}
        />
        {district && (
          <button class="quiet" onClick={() => change({ district: "" })}>
            {districtName(district)} ✕
          </button>
        )}
        <span class="dim number">
          {t("shownN", Math.min(MOST, list.length))}
          {list.length > MOST && ` / ${list.length}`}
        </span>
      </div>
      <div class="wide" tabIndex={0}>
        <table id="sites">
          <thead>
            <tr>
              {["site", "kind", "district", "connection", "devices", "heard"].map((k) => (
                <th key={k} scope="col">
                  {t(k)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.slice(0, MOST).map((site) => (
              <tr key={site.site} class={site.connection === "online" ? "" : "off"}>
                <td>
                  <a href={link("site", site.site)}>{site.name ? `${site.name} (${site.site})` : site.site}</a>
                </td>
                <td>{word(site.kind)}</td>
                <td>{districtName(site.district)}</td>
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
      </div>
    </section>
  );
}
