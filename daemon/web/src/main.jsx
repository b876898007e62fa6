// main.jsx - which page is open (routes.js), in the frame that is always there (frame.jsx).
//
//   base/    what the page knows and how it hears of it: store, stream, address, words, time
//   parts/   what several pages are made of: trend, help, sound, sign-in
//   a room   desk, pages, service, oversight: see ../README.md; public has a document of its own
//
// A room uses base and parts, never another room. What a page needs beyond them is fetched when
// it is opened, and all pages once the first one stands, so that none is missing when the
// daemon does not answer.
import { Component, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { language, setLanguage, t } from "./base/i18n.js";
import { connect, isStale, isWaiting, changed, state, subscribe } from "./base/store.js";
import { here } from "./base/url.js";
import "./base/words.js";
import { Bars, counts, Header } from "./frame.jsx";
import { Help } from "./parts/help.jsx";
import { SignIn } from "./parts/signin.jsx";
import { beginSound, hear, leave } from "./parts/sound.js";
import { mayOpen, routeOf, routes } from "./routes.js";
import "./style.css";
import "./desk/style.css";
import "./pages/style.css";
import "./service/style.css";
import "./oversight/style.css";

// Draws again when data came, when the hash changed, and every second for the ages.
function useLive() {
  const [, draw] = useState(0);
  useEffect(() => {
    const again = () => {
      if (state.signedOut || routes[routeOf(here().part, state.status)].bare) leave();
      else hear([...state.alarms.values()].filter(isWaiting), isStale());
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

// name -> its Page, or the error that it could not be fetched with
const rooms = new Map();
function fetchRoom(name) {
  if (rooms.has(name) && !(rooms.get(name) instanceof Error)) return;
  rooms.set(name, null);
  routes[name]
    .load()
    .then((room) => rooms.set(name, room.Page))
    .catch((error) => rooms.set(name, error))
    .then(changed);
}

const Failed = ({ why }) => (
  <p class="empty">
    {t("failed", why.message)} <button onClick={() => location.reload()}>{t("again")}</button>
  </p>
);

// A fault of one page is said in its place; the frame and all other pages go on.
class Guard extends Component {
  static getDerivedStateFromError(why) {
    return { why };
  }
  render({ children }, { why }) {
    return why ? <Failed why={why} /> : children;
  }
}

function Room({ name, id, query }) {
  if (!mayOpen(routes[name], state.status)) return <p class="empty">{t("notForRole")}</p>;
  if (!rooms.has(name)) fetchRoom(name);
  const Page = rooms.get(name);
  if (Page instanceof Error) return <Failed why={Page} />;
  if (!Page) return <p class="empty">{t("reading")}</p>;
  return (
    <Guard key={`${name}/${id}`}>
      <Page id={id} query={query} />
    </Guard>
  );
}

function App() {
  useLive();
  const { part, id, query } = here();
  const name = routeOf(part, state.status);
  const { bare, open } = routes[name];
  const n = counts();
  const waiting = n.waiting.high + n.waiting.medium + n.waiting.low;
  document.title = `${isStale() ? "⚠ " : ""}${waiting ? `(${waiting}) ` : ""}${t("title")}`;
  if (state.signedOut && !open) return <SignIn />;
  return (
    <>
      {!bare && <Header page={name} n={n} />}
      {!open && <Bars />}
      <main class={isStale() && !open ? "old" : ""} tabIndex={0}>
        <Room name={name} id={id} query={query} />
      </main>
      <Help page={name} />
    </>
  );
}

setLanguage(language());
fetchRoom(routeOf(here().part, null));
render(<App />, document.getElementById("app"));
beginSound(changed);
connect();
// What an inspector said without a network goes from whichever page is open when it is back.
const sendKept = () => state.status && mayOpen(routes.inspect, state.status) && import("./oversight/room.js").then(({ sync }) => sync()).catch(() => {});
setInterval(sendKept, 30000);
addEventListener("online", sendKept);
addEventListener("load", () =>
  setTimeout(() => {
    Object.keys(routes).forEach(fetchRoom);
    navigator.serviceWorker?.register("/sw.js").catch(() => {}); // none on plain http: then not without network
  }, 3000),
);
