// wall.jsx - the whole city at a glance: one mark for every site, always in its place. A mark is
// the site's worst open alarm, larger while nobody has acknowledged it, hollow when the site is
// not heard. Beside it the figures of the day, what waits for a person and every district's counts.
//
//   1-9 a district    Esc the city    Enter the worst site there    Q the queue of it
//
// On a screen of 32:9 the most urgent alarm stands beside the queue. Nobody's name is on it.
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { districtName } from "../base/districts.js";
import { both, t, word } from "../base/i18n.js";
import { isStale, isWaiting, now, siteName, state } from "../base/store.js";
import { age } from "../base/time.js";
import { byUrgency, priorities } from "../base/urgency.js";
import { change, here, link } from "../base/url.js";
import { FirstRun } from "../parts/first.jsx";
import { Table } from "../parts/kit.jsx";
import { Detail } from "./detail.jsx";
import { boundsOf } from "./geography.js";
import { Load } from "./load.jsx";
import { CityMap } from "./map.jsx";
import { usePlan } from "./plan.js";
import { viewOf } from "./queue.js";
import { Spark } from "./spark.jsx";
import { Today } from "./today.jsx";
import "./words.js";

const weight = { high: 3, medium: 2, low: 1 };
const notHeard = (site) => site.connection === "silent" || site.connection === "unknown";

// A mark for every site that has a place, as it is without an alarm: most of them, most of the time.
const quietMarks = (places) =>
  state.sites.filter(({ site }) => places.has(site)).map((one) => ({ site: one.site, connection: one.connection, hollow: notHeard(one), ...places.get(one.site) }));

// The marks with their worst alarms, and the counts of every district.
function survey(quiet) {
  const worst = new Map();
  const districts = new Map();
  const of = (code) => {
    if (!districts.has(code)) districts.set(code, { code, sites: 0, silent: 0, unknown: 0, high: 0, medium: 0, low: 0 });
    return districts.get(code);
  };
  for (const alarm of state.alarms.values()) {
    if (viewOf(alarm) !== "open") continue;
    if (alarm.site) of(alarm.district)[alarm.priority]++;
    const rank = 2 * weight[alarm.priority] + isWaiting(alarm);
    if (rank > (worst.get(alarm.site)?.rank ?? 0)) worst.set(alarm.site, { rank, priority: alarm.priority });
  }
  for (const site of state.sites) {
    const district = of(site.district);
    district.sites++;
    if (notHeard(site)) district[site.connection]++;
  }
  const marks = quiet.map((mark) => {
    const { priority, rank } = worst.get(mark.site) ?? {};
    return priority ? { ...mark, priority, waits: rank % 2 === 1 } : mark;
  });
  const list = [...districts.values()].sort((a, b) => ((a.code || "~") < (b.code || "~") ? -1 : 1));
  return { marks, districts: list };
}

const nameOf = (code) => districtName(code) || t("noDistrict");

function Districts({ list, chosen, isPublic }) {
  const place = new Map(list.map((of, i) => [of, i]));
  const name = (of) => (
    <>
      {!isPublic && place.get(of) < 9 && <kbd>{place.get(of) + 1}</kbd>}{" "}
      {isPublic ? nameOf(of.code) : <a href={link("wall", "", { district: of.code === chosen ? "" : of.code })}>{nameOf(of.code)}</a>}
    </>
  );
  // What went silent is not to drown in what nobody promised would speak.
  const unheard = ["silent", ...(list.some((of) => of.unknown > 0) ? ["unknown"] : [])];
  const count = (p) => [
    p,
    (of) => of[p] > 0 && <><i class={`glyph ${p}`} aria-hidden="true" /> {of[p]}</>,
  ];
  return (
    <Table
      id="districts"
      label={t("districts")}
      rows={list}
      keyOf={(of) => of.code}
      lookOf={(of) => (of.code === chosen ? "selected" : "")}
      columns={[["district", name], ["sites", (of) => of.sites], ...priorities.map(count), ...unheard.map((c) => [c, (of) => of[c] > 0 && of[c]])]}
    />
  );
}

function Waiting({ district, most }) {
  const fits = (alarm) => isWaiting(alarm) && !alarm.folded && viewOf(alarm) === "open" && (!district || alarm.district === district);
  const all = useMemo(() => [...state.alarms.values()].filter(fits).sort(byUrgency), [district, state.turn]);
  return (
    <section class="waiting">
      <h2>
        <a href={link("alarms", "", { state: "waiting", district })}>{t("waiting")}</a> {all.length}
      </h2>
      {all.length === 0 && <p class="dim">{t("noneWait")}</p>}
      <ul class="plain">
        {all.slice(0, most).map((alarm) => (
          <li key={alarm.id}>
            <i class={`glyph ${alarm.priority} flash`} aria-hidden="true" /> {t(alarm.priority)}{" "}
            <span class="number">{age(now() - Date.parse(alarm.raised_at))}</span>{" "}
            <a href={link("alarms", "", { id: alarm.id })}>{both(alarm.text) || alarm.rule}</a> {siteName(alarm.site)} {alarm.bed}
          </li>
        ))}
      </ul>
      {all.length > most && <p>{t("more", all.length - most)}</p>}
    </section>
  );
}

// The one to look at first, where the screen is wide enough for it.
function First() {
  const [isWide, setWide] = useState(false);
  useEffect(() => {
    const wide = matchMedia("(min-aspect-ratio: 5/2) and (min-width: 150rem)");
    const measure = () => setWide(wide.matches);
    measure();
    wide.addEventListener("change", measure);
    return () => wide.removeEventListener("change", measure);
  }, []);
  const first = isWide && [...state.alarms.values()].filter((alarm) => isWaiting(alarm) && viewOf(alarm) === "open").sort(byUrgency)[0];
  return first ? <Detail alarm={first} /> : null;
}

// Keys may come faster than the screen: the district is that of the address.
function useKeys(list, marks) {
  useLayoutEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
      const chosen = here().query.get("district") ?? "";
      const sites = new Set(state.sites.filter((site) => !chosen || site.district === chosen).map((site) => site.site));
      const worst = marks.filter((mark) => mark.priority && sites.has(mark.site)).sort((a, b) => weight[b.priority] + b.waits - weight[a.priority] - a.waits)[0];
      const key = event.key.toLowerCase();
      if (/^[1-9]$/.test(key) && list[key - 1]) change({ district: list[key - 1].code });
      else if (key === "escape" || key === "0") change({ district: "" });
      else if (key === "q") location.hash = link("alarms", "", { district: chosen });
      else if (key === "enter" && worst && !event.target.closest("a, button, summary")) location.hash = link("site", worst.site);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

// isPublic: for visitors, without names, links and anything to press.
export function Wall({ district, isPublic }) {
  const { shapes, places, inset, approval } = usePlan();
  const quiet = useMemo(() => quietMarks(places), [places, state.sites]);
  const { marks, districts } = useMemo(() => survey(quiet), [quiet, state.turn]);
  const chosen = district || null; // sites of no district have an empty one, which nobody chose
  const shape = shapes.find((one) => one.code === chosen);
  useKeys(isPublic ? [] : districts, isPublic ? [] : marks);
  const sum = (key) => districts.reduce((n, of) => n + of[key], 0);
  const label = t("wallOf", t("city"), state.sites.length, sum("high"), sum("medium"), sum("low"), sum("silent"), sum("unknown"));
  const map = {
    shapes,
    marks,
    chosen,
    name: nameOf,
    label,
    isOld: isStale(),
    onSite: isPublic ? undefined : (site) => (location.hash = link("site", site)),
    onDistrict: isPublic ? undefined : (code) => change({ district: code === district ? "" : code }),
    titleOf: isPublic ? undefined : (mark) => `${siteName(mark.site)} · ${word(mark.connection)}`,
  };
  return (
    <div id="wall" class={isPublic ? "visitor" : ""}>
      <div class="city">
        <CityMap {...map} bounds={shape ? boundsOf(shape.rings.flat()) : undefined} />
        {inset && !shape && (
          <div class="inset">
            <CityMap {...map} bounds={inset} onDistrict={undefined} />
          </div>
        )}
        <p class="fine approval">{approval || t("schematic")}</p>
      </div>
      <aside aria-label={t("districts")}>
        {!isPublic && <Today />}
        {!isPublic && <Waiting district={district} most={8} />}
        {!isPublic && <Load />}
        <Districts list={districts} chosen={chosen} isPublic={isPublic} />
        {!isPublic && <Spark />}
      </aside>
      {!isPublic && <First />}
    </div>
  );
}

export function Page({ query }) {
  if (!state.loaded) return <p class="empty">{t("reading")}</p>;
  if (state.sites.length === 0) return <FirstRun />;
  return <Wall district={query.get("district") ?? ""} />;
}
