// probe.mjs - what the measurements of scripts/bench share: a publisher, a listener to the event
// stream, a process's processor time and memory, quantiles.
import { readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { until } from "../e2e/stack.mjs";

export function cpuSeconds(...pids) {
  let ns = 0;
  for (const pid of pids) {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
    }
  }
  return ns / 1e9;
}
const status = (pid, what) => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
export const rssMb = (pid) => status(pid, "VmRSS");
export const rssAnonMb = (pid) => status(pid, "RssAnon");
export const round = (x, digits = 2) => (Number.isFinite(x) ? +x.toFixed(digits) : null);
export const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;

// Just enough MQTT 3.1.1 to publish at QoS 0 without the start-up time of a program.
export async function publisher(port, name = "bench") {
  const socket = connect(port, "127.0.0.1");
  const id = Buffer.from(name);
  socket.setNoDelay(true);
  socket.write(Buffer.concat([Buffer.from([0x10, 12 + id.length, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, id.length]), id]));
  await new Promise((done) => socket.once("data", done));
  return (topic, payload) => {
    const t = Buffer.from(topic);
    const body = Buffer.concat([Buffer.from([t.length >> 8, t.length & 255]), t, Buffer.from(JSON.stringify(payload))]);
    const head = body.length < 128 ? [0x30, body.length] : [0x30, (body.length & 127) | 128, body.length >> 7];
    socket.write(Buffer.concat([Buffer.from(head), body]));
  };
}

// Ready is one session; what is published at QoS 0 before the other is there is lost.
export const sessionsUp = (stack) =>
  until("the sessions are there", async () => {
    const sessions = (await stack.get("/api/v1/status")).mqtt;
    return sessions.length > 0 && sessions.every((session) => session.connected);
  });

// Calls told(frame) for each frame of an event stream; resolves when the stream is open.
export function listen(url, told) {
  return new Promise((done, failed) => {
    get(url, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => {
        text += chunk;
        const frames = text.split("\n\n");
        text = frames.pop();
        frames.forEach(told);
      });
      answer.on("error", () => {});
      done();
    }).on("error", failed);
  });
}
