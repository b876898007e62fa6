// main.jsx - the frame of the page: what is always in view, and which part is open (url.js).
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Alarms } from "./alarms.jsx";
import { Health } from "./health.jsx";
import { Help, toggleHelp } from "./help.jsx";
import { age, language, setLanguage, t } from "./i18n.js";
import { SignIn } from "./signin.jsx";
import { Site } from "./site.jsx";
import { Sites } from "./sites.jsx";
import { beginSound, enable, hear, isAudible, mutedFor, toggleMute } from "./sound.js";
import { changed, connect, isStale, isWaiting, signOut, state, subscribe } from "./store.js";
import "./style.css";
import { here } from "./url.js";
import { Visits } from "./visits.jsx";
import { Wall } from "./wall.jsx";

// name: [view, key of its title in the menu]; those without a title are reached by links.
const parts = {
  alarms: [Alarms, "alarms"],
  visits: [Visits, "service"],
  sites: [Sites, "sites"],
  wall: [Wall, "wall"],
  health: [Health, "health"],
  site: [Site, null],
};

// Draws again when data came, when the hash changed, and every second for the ages.
function useLive() {
  const [, draw] = useState(0);
  useEffect(() => {
    const again = () => {
      if (!state.signedOut) hear([...state.alarms.values()].filter(isWaiting), isStale());
      draw((n) => n + 1);
    };
    const stop = subscribe(again);
    const timer = setInterval(again, 1000);
    addEventListener("hashchange", again);
    return () => {
      stop();
      clearInterval(timer);
      removeEventListener("hashchange", again);
    };
  }, []);
}

function counts() {
  const n = { high: 0, medium: 0, low: 0, waiting: { high: 0, medium: 0, low: 0 } };
  for (const alarm of state.alarms.values()) {
    n[alarm.priority]++;
    if (isWaiting(alarm)) n.waiting[alarm.priority]++;
  }
  // More are open than the page holds: the daemon has counted them.
  if (state.cut && state.kpi) Object.assign(n, { high: state.kpi.high, medium: state.kpi.med, low: state.kpi.low });
  return n;
}

function Figure({ label, value, id }) {
  return (
    <span class="figure" id={id}>
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

function Header({ part, n }) {
  const kpi = state.kpi;
  const live = state.connected && !isStale();
  return (
    <header class={isStale() ? "old" : ""}>
      <h1>{t("title")}</h1>
      {state.read && <Counts n={n} />}
      {kpi && (
        <span class="figures">
          <Figure id="online" label={t("online")} value={`${kpi.online ?? 0}/${kpi.total ?? 0}`} />
          <Figure label={t("rate")} value={Math.round(kpi.msgs_s ?? 0)} />
          <Figure label={t("per10")} value={kpi.rate10 ?? 0} />
          {kpi.unack > 0 && <Figure label={t("oldest")} value={age((kpi.oldest_unack_s ?? 0) * 1000)} />}
        </span>
      )}
      <nav>
        {Object.entries(parts).map(
          ([name, [, title]]) =>
            title && (
              <a href={`#/${name}`} key={name} aria-current={part === name ? "page" : undefined}>
                {t(title)}
              </a>
            ),
        )}
      </nav>
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
    </header>
  );
}

function Bars() {
  return (
    <>
      {isStale() && (
        <div class="bar" role="alert" id="stale">
          {t("stale", age(Date.now() - state.fresh))}
        </div>
      )}
      {state.status?.auth === "none" && <div class="note">{t("openAuth")}</div>}
      {state.error && (
        <div class="bar" role="alert">
          {t("failed", state.error)}
        </div>
      )}
    </>
  );
}

function App() {
  useLive();
  const { part: asked, id, query } = here();
  const part = Object.hasOwn(parts, asked) ? asked : "alarms";
  const [Part] = parts[part];
  const n = counts();
  const waiting = n.waiting.high + n.waiting.medium + n.waiting.low;
  document.title = `${isStale() ? "⚠ " : ""}${waiting ? `(${waiting}) ` : ""}${t("title")}`;
  if (state.signedOut) return <SignIn />;
  return (
    <>
      <Header part={part} n={n} />
      <Bars />
      <main class={isStale() ? "old" : ""} tabIndex={0}>
        <Part key={`${part}/${id}`} id={id} query={query} />
      </main>
      <Help />
    </>
  );
}

setLanguage(language());
render(<App />, document.getElementById("app"));
beginSound(changed);
connect();
