// store.js - what the page knows, kept current by one event stream.
//
// A snapshot is read first, then frames change it. `reset` or a new connection reads the
// snapshot again. `fresh` is the time of the last frame: three seconds without one and the
// page says that what it shows is old.
import { t } from "./i18n.js";
import { orgName, readNames } from "./names.js";
import { shareStream } from "./stream.js";
import { byUrgency, viewOf, waits } from "./urgency.js";

const STALE_MS = 3000;
const ANSWER_MS = 30000; // a dead connection takes minutes to say so itself
const MOST = 5000; // kept of a list; `cut` says that there is more
export const state = {
  alarms: new Map(),
  closed: [],
  sites: [],
  turn: 0, // grows when an alarm or a site is another one: what is made of all of them is kept until then
  status: null,
  session: null, // {role, by}: who sits here
  kpi: null,
  consents: 0, // grows when what may be shown of what was measured is another: it is read again
  cut: false, // more open alarms than the page holds
  read: false, // the open alarms were read once: before that nobody may say "none"
  loaded: false, // so were the sites
  fresh: Date.now(),
  connected: false,
  signedOut: false,
  error: "",
};
const listeners = new Set();
let queued = false;
let version = 0;
export const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
// Many frames, one paint. A hidden page gets no animation frames, so it draws by a timer:
// its title counts the alarms.
export function changed() {
  version++;
  if (queued) return;
  queued = true;
  const draw = () => {
    queued = false;
    listeners.forEach((listener) => listener());
  };
  if (document.hidden) setTimeout(draw, 500);
  else requestAnimationFrame(draw);
}

// The server's clock: ages must be right on a machine whose own clock is not.
let ahead = 0;
export const now = () => Date.now() + ahead;
function setClock(seconds) {
  const off = seconds * 1000 - Date.now();
  ahead = Math.abs(off) > 2000 ? off : 0;
}

class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}
export async function ask(path, options = {}) {
  const unreached = () => {
    throw new Problem(0, t("notReached")); // a browser says it in its own language, and in its own words
  };
  const answer = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(ANSWER_MS), ...options }).catch(unreached);
  if (answer.status === 401 && !state.signedOut) forget();
  const type = answer.headers.get("content-type") || "";
  const body = type.includes("json") ? await answer.json().catch(unreached) : null;
  if (!answer.ok) throw new Problem(answer.status, body?.detail || body?.title || answer.statusText);
  return body;
}

export const isOpen = (alarm) => alarm.state !== "closed";
export const isWaiting = waits;
export const isStale = () => Math.abs(Date.now() - state.fresh) > STALE_MS; // also when the clock was set back

// Of a case an organisation stands where a site does.
let names = { of: null, map: new Map() };
export function siteName(id) {
  if (names.of !== state.sites) {
    names = { of: state.sites, map: new Map(state.sites.map((site) => [site.site, site.name])) };
  }
  return names.map.get(id) || orgName(id);
}
export const isOrg = (id) => state.loaded && !state.sites.cut && !state.sites.some(({ site }) => site === id);

// What is open at a site, most urgent first: no drill, and nothing that came late.
export const openAt = (site) =>
  [...state.alarms.values()].filter((alarm) => alarm.site === site && !["drill", "late"].includes(viewOf(alarm))).sort(byUrgency);

let incidents = { of: -1, map: new Map() };
export function incidentOf(id) {
  if (incidents.of !== version) {
    incidents = { of: version, map: new Map() };
    for (const alarm of state.alarms.values()) {
      if (incidents.map.has(alarm.incident)) incidents.map.get(alarm.incident).push(alarm);
      else incidents.map.set(alarm.incident, [alarm]);
    }
  }
  return incidents.map.get(id) ?? [];
}

// Keeps the newest of an alarm; the page is drawn again. An answer may come after a frame that is
// newer: what is closed by then stays so.
export function keepAlarm(alarm) {
  const known = state.alarms.get(alarm.id) ?? state.closed.find(({ id }) => id === alarm.id);
  if (known && known.rev > alarm.rev) return;
  changed();
  state.turn++;
  if (isOpen(alarm)) state.alarms.set(alarm.id, alarm);
  else {
    state.alarms.delete(alarm.id);
    state.closed = [alarm, ...state.closed.filter((a) => a.id !== alarm.id)].slice(0, 100);
  }
}

export async function readAll(path) {
  const items = [];
  let next = "";
  do {
    const page = await ask(`${path}${path.includes("?") ? "&" : "?"}limit=1000${next}`);
    items.push(...page.items);
    next = page.next ? `&after=${encodeURIComponent(page.next)}` : "";
  } while (next && items.length < MOST);
  items.cut = next !== "";
  return items;
}

// Frames that come while a snapshot is read are newer than it: they are applied again on top. Of
// several that are read at once, one that began earlier and ends later is of no use.
const reading = new Set(); // the frames since each of them began
let begun = 0;
let shown = 0;
async function readAllOpen() {
  const [turn, frames] = [++begun, []];
  reading.add(frames);
  const [alarms, closed, status, session] = await Promise.all([
    readAll("/api/v1/alarms?state=open"),
    ask("/api/v1/alarms?state=closed&limit=100"),
    ask("/api/v1/status"),
    ask("/api/v1/session"),
  ]).finally(() => reading.delete(frames));
  if (turn < shown) return;
  shown = turn;
  state.turn++;
  state.alarms = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  state.closed = closed.items;
  frames.forEach(keepAlarm);
  state.cut = alarms.cut;
  state.read = true;
  state.status = status;
  state.session = session;
  state.signedOut = false; // another page has signed in
  state.error = "";
  changed();
  if (Date.now() - sitesRead.at > JUST_MS || !state.loaded) await readSites();
}

// Whoever signs in next sees nothing that was another's.
function forget() {
  shown = ++begun;
  sitesRead = { at: 0, heard: null };
  const none = { alarms: new Map(), closed: [], sites: [], status: null, session: null, kpi: null, cut: false, read: false, loaded: false };
  Object.assign(state, none, { turn: state.turn + 1, signedOut: true, error: "" });
  changed();
}

// Thousands of sites are half a megabyte: read when one more or one fewer is heard, as the stream
// says every second, and once a minute for the rest of what is said of them.
const SITES_MS = 60000;
const JUST_MS = 5000; // a page that has just opened reads its alarms twice, its sites once
const heardOf = () => state.kpi && `${state.kpi.online}/${state.kpi.total}`;
let sitesRead = { at: 0, heard: null };
export async function readSites() {
  const own = (sitesRead = { at: Date.now(), heard: heardOf() });
  const sites = await readAll("/api/v1/sites");
  if (own !== sitesRead) return; // they were asked for again meanwhile
  state.sites = sites;
  state.turn++;
  state.loaded = true;
  state.error = "";
  changed();
  await readNames(readAll);
}
function readSlow() {
  if (!state.connected) return;
  if (state.error) readSnapshot(); // also in a hidden page: it is heard
  if (document.hidden) return;
  if (sitesRead.heard !== heardOf() || Date.now() - sitesRead.at > SITES_MS) readSites().catch(fail);
}

export const readSnapshot = () => readAllOpen().catch(fail);
// What is on the screen may be what nobody may see any more, so all of it is read again; the first
// time there is nothing yet.
function readAnew() {
  state.consents++;
  readSnapshot();
}
let wasOpen = false;
const heard = {
  open() {
    (wasOpen ? readAnew : readSnapshot)();
    wasOpen = true;
  },
  reset: readAnew,
  consent: readAnew,
  lost() {
    state.connected = false;
  },
  // The browser tries again by itself unless it was refused: something before the daemon may do so
  // while that restarts. Only who is not signed in waits for somebody to do that.
  refused() {
    state.connected = false;
    const again = () => setTimeout(() => stream?.again(), 2000);
    ask("/api/v1/status").then(again, (error) => (error.status === 401 ? fail(error) : again()));
  },
  alarm(data) {
    const alarm = JSON.parse(data);
    reading.forEach((frames) => frames.push(alarm));
    keepAlarm(alarm);
  },
  kpi(data) {
    state.kpi = JSON.parse(data);
    sitesRead.heard ??= heardOf(); // the sites were read before the first figures came
    if (state.kpi.t) setClock(state.kpi.t);
  },
};

let stream = null;
let slow = null;
export function connect() {
  if (stream) stream.again();
  else {
    // To be seen as soon as can be; what happened before the stream was open is read again then.
    readSnapshot();
    stream = shareStream(({ type, data }) => {
      if (type !== "lost" && type !== "refused") {
        state.fresh = Date.now();
        state.connected = true;
      }
      heard[type]?.(data);
      changed();
    });
  }
  clearInterval(slow);
  slow = setInterval(readSlow, 10000);
}
function fail(error) {
  state.error = error.status === 401 || !state.connected ? "" : error.message;
  changed();
}

export async function signIn(token) {
  await ask("/api/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  state.signedOut = false;
  changed();
  connect();
}
// Only the daemon can end a session: without its answer nobody is signed out.
export async function signOut() {
  try {
    await ask("/api/v1/session", { method: "DELETE" });
    forget();
    stream?.again();
  } catch (error) {
    state.error = error.message;
    changed();
  }
}
