// frame.jsx - what is always in view: how many alarms are open, whether what one sees is live,
// the menu, and whether an alarm would be heard.
import { useEffect } from "preact/hooks";
import { language, setLanguage, t } from "./base/i18n.js";
import { changed, isStale, isWaiting, signOut, state } from "./base/store.js";
import { age } from "./base/time.js";
import { viewOf } from "./base/urgency.js";
import { Announce } from "./parts/announce.jsx";
import { Clock } from "./parts/clock.jsx";
import { toggleHelp } from "./parts/help.jsx";
import { enable, isAudible, mutedFor, toggleMute } from "./parts/sound.js";
import { groups, mayOpen, routes } from "./routes.js";

export function counts() {
  const n = { high: 0, medium: 0, low: 0, waiting: { high: 0, medium: 0, low: 0 } };
  for (const alarm of state.alarms.values()) {
    if (viewOf(alarm) !== "open") continue; // as the queue counts
    n[alarm.priority]++;
    if (isWaiting(alarm)) n.waiting[alarm.priority]++;
  }
  // More are open than the page holds: the daemon has counted them.
  if (state.cut && state.kpi) Object.assign(n, { high: state.kpi.high, medium: state.kpi.med, low: state.kpi.low });
  return n;
}

function Figure({ label, value, id, bad, title }) {
  return (
    <span class={bad ? "figure bad" : "figure"} id={id} title={title}>
      <b>{value}</b> {label}
    </span>
  );
}

function Counts({ n }) {
  return (
    <span class="counts" role="status" aria-label={t("alarms")}>
      {["high", "medium", "low"].map((p) => (
        <span class={`count ${p}`} key={p}>
          <i class={`glyph ${p}`} aria-hidden="true" /> {t(p)} {n[p]}
          {n.waiting[p] > 0 && <small> {t("unacked", n.waiting[p])}</small>}
        </span>
      ))}
    </span>
  );
}

// Says whether an alarm would be heard; M or a click pauses the sound.
function Sound() {
  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key.toLowerCase() !== "m") return;
      if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
      toggleMute();
      changed();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const muted = mutedFor();
  const name = !isAudible() ? "soundOff" : muted ? "soundMuted" : "soundOn";
  const click = () => {
    if (isAudible()) toggleMute();
    else enable().then(changed);
    changed();
  };
  return (
    <button id="sound" class={name === "soundOn" ? "quiet" : "notice"} onClick={click} title={t("helpMute")}>
      {t(name, age(muted))}
    </button>
  );
}

function Link({ name, page }) {
  return (
    <a href={`#/${name}`} aria-current={page === name ? "page" : undefined}>
      {t(routes[name].title)}
    </a>
  );
}

// The duty desk's pages stand side by side, the others under their headings: a heading with one
// page is that page.
function Menu({ page }) {
  return (
    <nav aria-label={t("menu")}>
      {groups.map((group) => {
        const names = Object.keys(routes).filter((one) => routes[one].group === group && mayOpen(routes[one], state.status));
        if (group === "desk" || names.length === 1) return names.map((name) => <Link key={name} {...{ name, page }} />);
        return (
          names.length > 0 && (
            <details class="menu" key={`${group}/${page}`} name="menu">
              <summary aria-current={names.includes(page) ? "true" : undefined}>{t(`group.${group}`)}</summary>
              <div>
                {names.map((name) => (
                  <Link key={name} {...{ name, page }} />
                ))}
              </div>
            </details>
          )
        );
      })}
    </nav>
  );
}

export function Header({ page, n }) {
  const kpi = state.kpi;
  const live = state.connected && !isStale();
  return (
    <header class={isStale() ? "old" : ""}>
      <h1>{t("title")}</h1>
      <Announce />
      {state.read && <Counts n={n} />}
      {kpi && (
        <span class="figures">
          <Figure id="online" label={t("online")} value={`${kpi.online ?? 0}/${kpi.total ?? 0}`} />
          {/* None comes and goes: the page below would move under the pointer. */}
          <Figure id="rate" label={t("per10")} title={t("per10Whole")} value={kpi.rate10 ?? 0} bad={kpi.flood} />
          <Figure label={t("overdue")} value={kpi.overdue ?? 0} bad={kpi.overdue > 0} />
          <Figure id="oldest-high" label={t("oldest")} title={t("oldestWhole")} value={kpi.oldest_high_s > 0 ? age(kpi.oldest_high_s * 1000) : "—"} />
        </span>
      )}
      <Menu page={page} />
      <span class="tail">
        <Clock />
        <span id="connection" class={live ? "live" : "off"}>
          {live ? t("live") : t("connecting")}
        </span>
        <Sound />
        <button class="quiet" id="help-button" onClick={toggleHelp} aria-label={t("help")}>
          ?
        </button>
        <button class="quiet" id="language" onClick={() => (setLanguage(language() === "en" ? "zh" : "en"), changed())}>
          {t("language")}
        </button>
        {state.status?.auth === "token" && (
          <button class="quiet" onClick={signOut}>
            {t("signOut")}
          </button>
        )}
      </span>
    </header>
  );
}

export function Bars() {
  return (
    <>
      {isStale() && (
        <div class="bar" id="stale">
          {/* Said once; the age beside it changes every second. */}
          <span class="hidden" role="alert">
            {t("noData")}
          </span>
          {t("stale", age(Date.now() - state.fresh))}
        </div>
      )}
      {state.status?.auth === "none" && <div class="note">{t("openAuth")}</div>}
      {state.sites.cut && <div class="note">{t("sitesCut", state.sites.length)}</div>}
      {state.error && (
        <div class="bar" role="alert">
          {t("failed", state.error)}
        </div>
      )}
    </>
  );
}
