// store.js - what the page knows, kept current by one event stream.
//
// A snapshot is read first, then frames change it. `reset` or a new connection reads the
// snapshot again. `fresh` is the time of the last frame: three seconds without one and the
// page says that what it shows is old.
export const state = {
  alarms: new Map(),
  closed: [],
  sites: [],
  visits: [],
  status: null,
  kpi: null,
  fresh: 0,
  connected: false,
  signedOut: false,
  error: "",
};
const listeners = new Set();
let queued = false;
export const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
// Many frames, one paint.
function changed() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    listeners.forEach((listener) => listener());
  });
}

class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}
async function ask(path, options = {}) {
  const answer = await fetch(path, { credentials: "same-origin", ...options });
  if (answer.status === 401) {
    state.signedOut = true;
    changed();
  }
  const type = answer.headers.get("content-type") || "";
  const body = type.includes("json") ? await answer.json() : null;
  if (!answer.ok) throw new Problem(answer.status, body?.detail || body?.title || answer.statusText);
  return body;
}

export const isOpen = (alarm) => alarm.state !== "closed";
function keepAlarm(alarm) {
  const known = state.alarms.get(alarm.id);
  if (known && known.rev > alarm.rev) return;
  if (isOpen(alarm)) state.alarms.set(alarm.id, alarm);
  else {
    state.alarms.delete(alarm.id);
    state.closed = [alarm, ...state.closed.filter((a) => a.id !== alarm.id)].slice(0, 100);
  }
}

async function readAll(path) {
  const items = [];
  let next = "";
  do {
    const page = await ask(`${path}${path.includes("?") ? "&" : "?"}limit=500${next}`);
    items.push(...page.items);
    next = page.next ? `&after=${encodeURIComponent(page.next)}` : "";
  } while (next && items.length < 5000);
  return items;
}

async function readSnapshot() {
  const [alarms, status] = await Promise.all([
    readAll("/api/v1/alarms?state=open"),
    ask("/api/v1/status"),
  ]);
  state.alarms = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  state.status = status;
  changed();
  await readSlow();
}
// What changes slowly is read again every ten seconds.
async function readSlow() {
  const [sites, closed, visits] = await Promise.all([
    readAll("/api/v1/sites"),
    ask("/api/v1/alarms?state=closed&limit=100"),
    ask("/api/v1/visits?limit=200"),
  ]);
  state.sites = sites;
  state.closed = closed.items;
  state.visits = visits.items;
  changed();
}

let source = null;
let slow = null;
export function connect() {
  source?.close();
  clearInterval(slow);
  source = new EventSource("/api/v1/stream?topics=alarms,kpi");
  const beat = () => {
    state.fresh = Date.now();
    state.connected = true;
  };
  const snapshot = () => readSnapshot().catch((error) => fail(error));
  source.onopen = () => {
    beat();
    snapshot();
  };
  source.onerror = () => {
    state.connected = false;
    changed();
    // The browser tries again by itself unless the answer was final (signed out).
    if (source.readyState === EventSource.CLOSED) ask("/api/v1/status").catch(fail);
  };
  source.addEventListener("alarm", (event) => {
    beat();
    keepAlarm(JSON.parse(event.data));
    changed();
  });
  source.addEventListener("kpi", (event) => {
    beat();
    state.kpi = JSON.parse(event.data);
    changed();
  });
  source.addEventListener("reset", () => {
    beat();
    snapshot();
  });
  slow = setInterval(() => state.connected && readSlow().catch(fail), 10000);
}
function fail(error) {
  state.error = error.status === 401 ? "" : error.message;
  changed();
}

export async function acknowledge(alarm) {
  try {
    const answer = await ask(`/api/v1/alarms/${alarm.id}/ack`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "If-Match": `"${alarm.rev}"`,
        "Idempotency-Key": `${alarm.id}-${alarm.rev}-ack`,
      },
      body: "{}",
    });
    keepAlarm(answer);
    changed();
    return "";
  } catch (error) {
    if (error.status === 412 || error.status === 409) {
      readSnapshot().catch(fail);
      return "changedBy";
    }
    return error.message;
  }
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
export async function signOut() {
  await ask("/api/v1/session", { method: "DELETE" }).catch(() => {});
  source?.close();
  state.signedOut = true;
  changed();
}
