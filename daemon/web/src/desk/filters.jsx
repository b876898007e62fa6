// filters.jsx - what of the queue is shown; all of it stands in the address.
import { t, word } from "../base/i18n.js";
import { districtName } from "../base/districts.js";
import { siteName, state } from "../base/store.js";
import { priorities } from "../base/urgency.js";
import { change } from "../base/url.js";
import { ByHand } from "./by_hand.jsx";
import { views } from "./queue.js";

const categories = ["physiological", "safety", "service", "technical", "compliance"];
const nothing = { state: "", priority: "", q: "", site: "", district: "", category: "", mine: "", all: "" };

function Select({ name, title, value, options, any }) {
  return (
    <select aria-label={title} value={value} onChange={(event) => change({ [name]: event.target.value, id: "" })}>
      <option value="">{any}</option>
      {options.map(([one, title]) => (
        <option value={one} key={one}>
          {title}
        </option>
      ))}
    </select>
  );
}

function Districts({ value }) {
  // What is chosen is named, also where no alarm is any more.
  const codes = [...new Set([value, ...[...state.alarms.values()].map((alarm) => alarm.district)])].filter(Boolean).sort();
  if (codes.length < 2 && !value) return null;
  return <Select name="district" title={t("district")} value={value} any={t("anyDistrict")} options={codes.map((code) => [code, districtName(code)])} />;
}

function Views({ view, apart }) {
  const title = (name) => (apart[name] ? `${t(`view.${name}`)} ${apart[name]}` : t(`view.${name}`));
  return (
    <select
      id="state"
      aria-label={t("state")}
      value={view}
      onChange={(event) => change({ state: event.target.value === "open" ? "" : event.target.value, id: "" })}
    >
      {views.map((name) => (
        <option value={name} key={name}>
          {title(name)}
        </option>
      ))}
    </select>
  );
}

export function Filters({ filter, found, n }) {
  const toggle = (p) => {
    const chosen = priorities.filter((one) => filter.priorities.includes(one) !== (one === p));
    change({ priority: chosen.length < 3 ? chosen.join(",") : "" });
  };
  return (
    <div class="tools" role="search">
      <Views view={filter.view} apart={found.apart} />
      {priorities.map((p) => (
        <button class="quiet" key={p} aria-pressed={filter.priorities.includes(p)} onClick={() => toggle(p)}>
          <i class={`glyph ${p}`} aria-hidden="true" /> {t(p)}
        </button>
      ))}
      <Districts value={filter.district} />
      <Select
        name="category"
        title={t("alarmKind")}
        value={filter.category}
        any={t("anyCategory")}
        options={categories.map((one) => [one, word(`category.${one}`)])}
      />
      <button class="quiet" aria-pressed={filter.mine} onClick={() => change({ mine: filter.mine ? "" : "1" })}>
        {t("mine")}
      </button>
      <ByHand site={filter.site} />
      <input
        id="q"
        type="search"
        aria-label={t("filter")}
        placeholder={t("filter")}
        value={filter.typed}
        onInput={(event) => change({ q: event.target.value })}
        onKeyDown={(event) => event.key === "Escape" && (change({ q: "" }), event.target.blur())}
      />
      {filter.site && (
        <button class="quiet" onClick={() => change({ site: "" })}>
          {siteName(filter.site)} ✕
        </button>
      )}
      <span class="dim number">
        {t("shownN", n)}
        {filter.view === "closed" && ` · ${t("last100")}`}
      </span>
      {found.hidden > 0 && filter.view !== "closed" && (
        <span class="notice" id="hidden">
          {t("hiddenN", found.hidden)}{" "}
          <button class="quiet" onClick={() => change(nothing)}>
            {t("showAll")}
          </button>
        </span>
      )}
      {state.cut && <span class="notice">{t("cut")}</span>}
    </div>
  );
}

// In a flood people get to see what is high; the rest is counted and one click away.
export function Flood({ filter, flooded }) {
  if (!state.kpi?.flood) return null;
  return (
    <p class="notice flood" role="status">
      {t("flood", state.kpi.rate10 ?? 0)} {flooded > 0 && t("floodHides", flooded)}{" "}
      <button class="quiet" onClick={() => change({ all: filter.all ? "" : "1" })}>
        {t(filter.all ? "floodFold" : "showAll")}
      </button>
    </p>
  );
}
