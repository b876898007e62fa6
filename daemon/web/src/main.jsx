// main.jsx - the frame of the page: what is always in view, and which part is open.
//
// The part that is open and its filters are in the URL (#/alarms?state=closed), so that a
// link shows what its sender saw.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Alarms } from "./alarms.jsx";
import { age, language, setLanguage, t } from "./i18n.js";
import { SignIn } from "./signin.jsx";
import { Sites } from "./sites.jsx";
import { connect, isOpen, signOut, state, subscribe } from "./store.js";
import "./style.css";
import { Visits } from "./visits.jsx";

const parts = { alarms: Alarms, sites: Sites, visits: Visits };

function readHash() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { part: parts[path] ? path : "alarms", query: new URLSearchParams(query) };
}

// Draws again when data came, when the hash changed, and every second for the ages.
function useLive() {
  const [, draw] = useState(0);
  useEffect(() => {
    const again = () => draw((n) => n + 1);
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
  const n = { high: 0, medium: 0, low: 0 };
  for (const alarm of state.alarms.values()) if (isOpen(alarm)) n[alarm.priority]++;
  return n;
}

function Figure({ label, value, id }) {
  return (
    <span class="figure" id={id}>
      <b>{value}</b> {label}
    </span>
  );
}

function Header({ part }) {
  const n = counts();
  const kpi = state.kpi;
  const live = state.connected && Date.now() - state.fresh < 3000;
  return (
    <header>
      <h1>{t("title")}</h1>
      <span class="counts" role="status" aria-label={t("alarms")}>
        {["high", "medium", "low"].map((p) => (
          <span class={`count ${p}`} key={p}>
            <i class={`glyph ${p}`} aria-hidden="true" /> {t(p)} {n[p]}
          </span>
        ))}
      </span>
      {kpi && (
        <span class="figures">
          <Figure id="online" label={t("online")} value={`${kpi.online ?? 0}/${kpi.total ?? 0}`} />
          <Figure label={t("rate")} value={Math.round(kpi.msgs_s ?? 0)} />
          <Figure label={t("per10")} value={kpi.rate10 ?? 0} />
          {kpi.unack > 0 && <Figure label={t("oldest")} value={age((kpi.oldest_unack_s ?? 0) * 1000)} />}
        </span>
      )}
      <nav>
        {[["alarms", t("alarms")], ["visits", t("visits")], ["sites", t("sites")]].map(([name, text]) => (
          <a href={`#/${name}`} key={name} aria-current={part === name ? "page" : undefined}>
            {text}
          </a>
        ))}
      </nav>
      <span id="connection" class={live ? "live" : "off"}>
        {live ? t("live") : t("connecting")}
      </span>
      <button class="quiet" id="language" onClick={() => setLanguage(language() === "en" ? "zh" : "en")}>
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
  const old = Date.now() - state.fresh;
  return (
    <>
      {state.fresh > 0 && old > 3000 && (
        <div class="bar" role="alert" id="stale">
          {t("stale", age(old))}
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
  const { part, query } = readHash();
  const Part = parts[part];
  if (state.signedOut) return <SignIn />;
  const old = state.fresh > 0 && Date.now() - state.fresh > 3000;
  return (
    <>
      <Header part={part} />
      <Bars />
      <main class={old ? "old" : ""}>
        <Part query={query} />
      </main>
    </>
  );
}

setLanguage(language());
render(<App />, document.getElementById("app"));
connect();
