// worker.js - holds the one event stream of all open pages and hands on what it says.
//
// A page says hello, is here every twenty seconds, and says bye; browsers slow down the timers
// of hidden pages, so one is given up only after three minutes. Without pages no stream.
import { openStream } from "./stream.js";

const GONE_MS = 180000;
const ports = new Map(); // port -> when last heard
let stream = null;
let kpi = null;

function tell(message) {
  if (message.type === "kpi") kpi = message;
  for (const port of ports.keys()) port.postMessage(message);
}
function sweep() {
  for (const [port, heard] of ports) if (Date.now() - heard > GONE_MS) ports.delete(port);
  if (ports.size === 0) {
    stream?.close();
    stream = null;
    kpi = null;
  }
}
// Who is new, or was given up and is back, has missed what came meanwhile: "open" lets it read.
function hear(port, what) {
  const isBack = !ports.has(port);
  if (what === "bye") {
    ports.delete(port);
    sweep();
    return;
  }
  ports.set(port, Date.now());
  if (!stream) stream = openStream(tell);
  else if (what === "again") stream.again();
  else if (isBack && stream.isOpen()) {
    port.postMessage({ type: "open" });
    if (kpi) port.postMessage(kpi);
  }
}

addEventListener("connect", (event) => {
  const [port] = event.ports;
  port.onmessage = (message) => hear(port, message.data);
});
setInterval(sweep, 30000);
