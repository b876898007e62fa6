// public.jsx - what anybody may see, without signing in: places with price, grade and free beds
// as of when, and the published lists. From /public/v1 alone, nothing else is asked.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { districtName } from "../base/districts.js";
import { hoursText, language, serviceName, setLanguage, t, word } from "../base/i18n.js";
import { day } from "../base/time.js";
import "../base/words.js";
import { CHEAP, districtsOf, fitting, isOld, labels, plane } from "./filter.js";
import "./style.css";
import "./words.js";

const STEP = 60;
const W = 900;
const H = 380;
const shortDay = (iso) => (iso ? new Date(iso).toLocaleString("sv").slice(0, 16) : "");

function useAddress() {
  const [query, setQuery] = useState(new URLSearchParams(location.hash.slice(1)));
  useEffect(() => {
    const again = () => setQuery(new URLSearchParams(location.hash.slice(1)));
    addEventListener("hashchange", again);
    return () => removeEventListener("hashchange", again);
  }, []);
  return query;
}
function change(name, value) {
  const query = new URLSearchParams(location.hash.slice(1));
  if (value) query.set(name, value);
  else query.delete(name);
  location.replace(`#${query}`);
}

// Read again every five minutes: the figures say themselves how old they are.
function usePublic(name) {
  const [found, setFound] = useState({});
  useEffect(() => {
    let over = false;
    const read = async () => {
      try {
        const items = [];
        for (let next = ""; next !== null && !over; ) {
          const answer = await fetch(`/public/v1/${name}${next && `${name.includes("?") ? "&" : "?"}after=${encodeURIComponent(next)}`}`);
          if (!answer.ok) throw new Error(String(answer.status));
          const page = await answer.json();
          items.push(...page.items);
          next = page.next;
        }
        if (!over) setFound({ items });
      } catch (problem) {
        if (!over) setFound((before) => ({ items: before.items, problem: problem.message }));
      }
    };
    read();
    const timer = setInterval(read, 300000);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [name]);
  return found;
}

// What was read before is not taken for what is published now.
const Old = ({ of }) => of.problem && <p role="alert">{t("noAnswer", of.problem)}</p>;

const Pick = ({ name, label, query, options }) => (
  <label>
    {t(label)}
    <select id={name} value={query.get(name) ?? ""} onChange={(event) => change(name, event.target.value)}>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  </label>
);
const Tick = ({ name, label, query }) => (
  <label class="tick">
    <input id={name} type="checkbox" checked={query.get(name) === "1"} onChange={(event) => change(name, event.target.checked ? "1" : "")} />
    {t(label)}
  </label>
);

function Filters({ places, query }) {
  const kinds = [...new Set(places.map((place) => place.kind.split(".")[0]))].sort();
  const districts = [...new globalThis.Map(places.filter((place) => place.district).map((place) => [place.district, districtOf(place)]))].sort();
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        {t("search")}
        <input id="q" type="search" value={query.get("q") ?? ""} onInput={(event) => change("q", event.target.value)} />
      </label>
      <Pick name="kind" label="kind" query={query} options={[["", t("anyKind")], ...kinds.map((one) => [one, word(one)])]} />
      <Pick name="district" label="district" query={query} options={[["", t("everyDistrict")], ...districts]} />
      <Pick name="price" label="priceUpTo" query={query} options={[["", t("anyPrice")], ...CHEAP.map((one) => [String(one), `¥ ${one}`])]} />
      <Pick name="level" label="levelWanted" query={query} options={[["", t("anyLevel")], ...["self", "assist", "care", "special"].map((one) => [one, word(one)])]} />
      <Tick name="subsidy" label="subsidised" query={query} />
      <Tick name="free" label="withBeds" query={query} />
    </form>
  );
}

function FreeBeds({ place }) {
  if (/^(station|base)/.test(place.kind)) return null; // nobody lives there
  if (place.free_beds === undefined) return <p class="soft">{t("noBedsKnown")}</p>;
  return (
    <p>
      <b>{t("freeBeds", place.free_beds)}</b> <span class="soft">{t("asOfWhen", shortDay(place.free_beds_as_of) || "—")}</span>{" "}
      {isOld(place, Date.now()) && t("oldFigure")}
    </p>
  );
}

const districtOf = (place) => place.district_name ?? districtName(place.district);

const Place = ({ place, chosen }) => (
  <li id={`place-${place.site}`} class={chosen ? "chosen" : ""}>
    <h2>{place.name ?? place.site}</h2>
    <p class="soft">
      {word(place.kind)} · {districtOf(place)} {place.grade && `· ${t("gradeOf", place.grade)}`}
    </p>
    <p>{place.price_fen !== undefined ? t("aMonth", (place.price_fen / 100).toLocaleString("en")) : <span class="soft">{t("noPrice")}</span>}</p>
    <FreeBeds place={place} />
    {place.care_levels && <p>{place.care_levels.map(word).join(" · ")}</p>}
    {place.subsidised && <p>{t("subsidised")}</p>}
    {place.services && <p>{place.services.map(serviceName).join(" · ")}</p>}
    {place.address && <p>{place.address}</p>}
    {place.hours && <p class="soft">{t("openHours", hoursText(place.hours))}</p>}
  </li>
);

// The operator's outline of the districts, where there is one: it says 204 otherwise.
function useOutline() {
  const [outline, setOutline] = useState(null);
  useEffect(() => {
    fetch("/map.geojson")
      .then((answer) => (answer.status === 200 ? answer.json() : null))
      .then(setOutline, () => {});
  }, []);
  return outline;
}
const pathOf = (rings) => rings.map((ring) => `M${ring.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`).join("");

function Map({ places, chosen, outline }) {
  const drawn = plane(places, W, H, districtsOf(outline, places));
  if (!drawn) return null;
  const points = [...drawn.points].sort((a, b) => (b.place.site === chosen) - (a.place.site === chosen)).slice(0, 2000);
  const named = labels(points.slice(0, 200), W, H);
  return (
    <figure>
      <svg class="map" viewBox={`0 0 ${W} ${H}`} role="group" aria-label={t("mapOf")}>
        {drawn.shapes.map(({ code, rings }) => (
          <path key={code} class="district" d={pathOf(rings)} fill-rule="evenodd">
            <title>{districtName(code)}</title>
          </path>
        ))}
        {points.map(({ place, x, y }) => (
          <a
            key={place.site}
            class={`${place.free_beds > 0 ? "free" : ""} ${chosen === place.site ? "chosen" : ""}`}
            href={`#place-${place.site}`}
            aria-label={place.name ?? place.site}
            onClick={(event) => {
              event.preventDefault();
              change("place", place.site);
              document.getElementById(`place-${place.site}`)?.scrollIntoView({ block: "center" });
            }}
          >
            <circle cx={x} cy={y} r={points.length > 200 ? 6 : 12}>
              <title>{place.name ?? place.site}</title>
            </circle>
            {named.has(place.site) && (
              <text {...named.get(place.site)} aria-hidden="true">
                {place.name ?? place.site}
              </text>
            )}
          </a>
        ))}
      </svg>
      <figcaption class="soft">
        {t("mapLegend")} {outline?.approval ?? t("mapRough")}
      </figcaption>
    </figure>
  );
}

function Places({ query }) {
  const outline = useOutline();
  const found = usePublic(`map${outline?.crs_name ? `?crs=${encodeURIComponent(outline.crs_name)}` : ""}`);
  const [more, setMore] = useState(1);
  if (!found.items) return <p>{found.problem ? t("noAnswer", found.problem) : t("reading")}</p>;
  const list = fitting(found.items, query);
  const chosen = query.get("place");
  const shown = [...list].sort((a, b) => (b.site === chosen) - (a.site === chosen)).slice(0, STEP * more);
  return (
    <>
      <Old of={found} />
      <Filters places={found.items} query={query} />
      <p role="status">{t("placesN", list.length)}</p>
      <Map places={list} chosen={chosen} outline={outline} />
      {list.length === 0 && <p>{t("noPlaces")}</p>}
      <ul class="places">
        {shown.map((place) => (
          <Place key={place.site} place={place} chosen={place.site === chosen} />
        ))}
      </ul>
      {list.length > shown.length && <button onClick={() => setMore(more + 1)}>{t("readMore", Math.min(STEP, list.length - shown.length))}</button>}
    </>
  );
}

function Lists() {
  const found = usePublic("credit?limit=1000");
  if (!found.items) return <p>{found.problem ? t("noAnswer", found.problem) : t("reading")}</p>;
  const names = [...new Set(found.items.map((one) => one.list))];
  return (
    <>
      <Old of={found} />
      {names.length === 0 && <p>{t("noListed")}</p>}
      {names.map((name) => (
        <section key={name}>
          <h2>{word(name)}</h2>
          {found.items
            .filter((one) => one.list === name)
            .map((one) => (
              <dl class="entry" key={`${one.org}/${one.list}`}>
                {[
                  ["organisation", one.name ?? one.org],
                  ["decidedBy", one.authority],
                  ["decisionOf", one.decision],
                  ["clause", one.clause],
                  ["from", one.from && day(one.from)],
                  ["until", one.until && day(one.until)],
                ]
                  .filter(([, value]) => value)
                  .map(([title, value]) => (
                    <div key={title}>
                      <dt>{t(title)}</dt>
                      <dd>{value}</dd>
                    </div>
                  ))}
              </dl>
            ))}
        </section>
      ))}
    </>
  );
}

function App() {
  const query = useAddress();
  const [, draw] = useState(0);
  const show = query.get("show") === "lists" ? "lists" : "find";
  document.title = t("publicTitle");
  return (
    <>
      <header>
        <h1>{t("publicTitle")}</h1>
        {["find", "lists"].map((one) => (
          <button key={one} aria-pressed={show === one} onClick={() => change("show", one === "find" ? "" : one)}>
            {t(one)}
          </button>
        ))}
        <button id="language" onClick={() => (setLanguage(language() === "en" ? "zh" : "en"), draw((n) => n + 1))}>
          {t("language")}
        </button>
      </header>
      <main>{show === "lists" ? <Lists /> : <Places query={query} />}</main>
    </>
  );
}

setLanguage(language());
render(<App />, document.getElementById("app"));
