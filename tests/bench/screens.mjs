// screens.mjs - 50 live screens while slow clients (slowhttptest: slow heads, slow bodies, slow
// readers) take what connections they can: does each screen get a frame every second?
//
//   CAREWATCH_BUILD=build node tests/bench/screens.mjs [--screens 50] [--slow 500] [--for 20]
import { spawn } from "node:child_process";
import { Stack, rules, until } from "../e2e/stack.mjs";

const option = (name, preset) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? preset : Number(process.argv[at + 1]);
};
const screens = option("screens", 50), slow = option("slow", 500), seconds = option("for", 20);

const stack = new Stack();
const seen = []; // per screen: [frames, longest gap in ms, last, cut]
async function screen(i, signal) {
  const state = (seen[i] = { frames: 0, gap: 0, last: Date.now(), cut: false });
  try {
    const answer = await fetch(`${stack.url()}/api/v1/stream?topics=alarms,kpi`, { signal });
    for await (const part of answer.body) {
      const now = Date.now();
      if (part.length === 0) continue;
      if (state.frames++ > 0) state.gap = Math.max(state.gap, now - state.last);
      state.last = now;
    }
    state.cut = true;
  } catch {
    state.cut = !signal.aborted;
  }
}

const attacks = { "slow heads": ["-H"], "slow bodies": ["-B", "-s", "8192"], "slow reading": ["-X", "-w", "16", "-y", "32", "-n", "5", "-z", "8", "-k", "3"] };
try {
  await stack.broker();
  await stack.daemon(rules);
  const stop = new AbortController();
  const all = Array.from({ length: screens }, (_, i) => screen(i, stop.signal));
  await until("all screens are live", () => seen.length === screens && seen.every(({ frames }) => frames > 0));
  for (const [name, args] of Object.entries(attacks)) {
    for (const state of seen) Object.assign(state, { frames: 1, gap: 0, last: Date.now() });
    const child = spawn("slowhttptest", [...args, "-c", `${slow}`, "-r", "200", "-i", "2", "-l", `${seconds}`, "-u", `${stack.url()}/api/v1/session`], { stdio: "ignore" });
    await new Promise((done) => child.on("exit", done));
    const cut = seen.filter((state) => state.cut).length;
    const gap = Math.max(...seen.map((state) => Math.max(state.gap, Date.now() - state.last)));
    const { clients, sse_clients } = await stack.get("/api/v1/status");
    console.log(`${name.padEnd(14)} ${slow} slow clients for ${seconds} s: ${screens - cut} of ${screens} screens live, longest gap ${gap} ms; then ${clients} connections, ${sse_clients} streams`);
  }
  stop.abort();
  await Promise.all(all);
} finally {
  await stack.end();
}
