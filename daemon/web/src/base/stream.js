// stream.js - the event stream, one for all open pages: in a SharedWorker where there is one
// (HTTP/1.1 allows six connections to a host over all tabs, the seventh would hang), else the
// page's own.
//
// What a listener gets: {type: "open" | "lost" | "refused"} or {type, data} of a frame.
// A connection can die without anybody noticing (a laptop that slept): a stream without a
// frame for ten seconds is opened anew.
const FRAMES = ["alarm", "kpi", "consent", "reset"];
const DEAD_MS = 10000;

export function openStream(listen) {
  let source = null;
  let heard = 0;
  const begin = () => {
    source?.close();
    heard = Date.now();
    source = new EventSource("/api/v1/stream?topics=alarms,kpi");
    const tell = (message) => {
      heard = Date.now();
      listen(message);
    };
    source.onopen = () => tell({ type: "open" });
    source.onerror = () => listen({ type: source.readyState === EventSource.CLOSED ? "refused" : "lost" });
    for (const type of FRAMES) {
      source.addEventListener(type, (event) => tell({ type, data: event.data }));
    }
  };
  begin();
  const timer = setInterval(() => {
    if (source.readyState !== EventSource.CLOSED && Date.now() - heard > DEAD_MS) {
      listen({ type: "lost" });
      begin();
    }
  }, 1000);
  return {
    again: begin,
    isOpen: () => source.readyState === EventSource.OPEN,
    close() {
      clearInterval(timer);
      source.close();
    },
  };
}

// The page's end of the shared stream. A worker that does not answer is done without.
export function shareStream(listen) {
  let port;
  try {
    port = new SharedWorker(WORKER_URL, { name: "carewatch" }).port; // WORKER_URL: see build.mjs
  } catch {
    return openStream(listen);
  }
  let own = null;
  let answered = false;
  port.onmessage = (event) => {
    answered = true;
    if (!own) listen(event.data);
  };
  const say = (what) => port.postMessage(what);
  say("hello");
  const beat = setInterval(() => say("here"), 20000);
  const wait = setTimeout(() => {
    if (!answered) own = openStream(listen);
  }, 3000);
  const bye = () => say("bye");
  addEventListener("pagehide", bye);
  addEventListener("pageshow", (event) => event.persisted && say("hello"));
  return {
    again: () => (own ? own.again() : say("again")),
    close() {
      clearInterval(beat);
      clearTimeout(wait);
      removeEventListener("pagehide", bye);
      own?.close();
      bye();
    },
  };
}
