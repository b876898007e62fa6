// tab.mjs - what one seat's page costs and how soon it shows: from nothing to the first row, at the
// desk and on a phone with a slow link; from a message over MQTT to its row, also in a flood of
// ten alarms a second; 2,000 sites on the wall with one alarm a second.
//
//   CAREWATCH_BUILD=build node tests/bench/tab.mjs [--for 20] [--alarms 60] [--flood 20]
//
// Prints figures, fails on none of them.
import { readFileSync } from "node:fs";
import { Screen } from "../e2e/screen.mjs";
import { rules, until } from "../e2e/stack.mjs";

const option = (name, preset) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? preset : Number(process.argv[at + 1]);
};
const seconds = option("for", 20), alarms = option("alarms", 60), flood = option("flood", 20);
const codes = [104, 105, 106, 107, 108, 112, 113, 114, 115, 116, 117, 118, 121, 129, 131, 171, 172, 173, 181, 182, 183, 184, 185];
const sites = `sites = (${Array.from({ length: 2000 }, (_, i) => `{ site = "s-${i}"; kind = "institution"; district = "510${codes[i % codes.length]}"; }`).join(",\n")});`;
const OPEN = 100; // alarms from the beginning
const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];

const screen = new Screen();
const { stack } = screen;
try {
  await screen.begin(sites + rules, { "http.command_rate": "none" });
  const { page, browser } = screen;
  await page.setViewportSize({ width: 1920, height: 1080 });

  // Each alarm is of another site: what belongs to one incident would be folded. The sending
  // program's own start is counted in.
  const sent = new Map();
  const say = (i) => {
    sent.set(`b-${i}`, Date.now());
    stack.publish(`care/v1/s-${i}/desk/event`, { id: `e-${i}`, ts: Date.now(), type: "call.pressed", bed: `b-${i}` });
  };
  for (let i = 0; i < OPEN; i++) say(i);
  await until("they are open", async () => (await stack.alarms()).length === OPEN);

  // From a cold cache to the first row: at the desk, then on a phone.
  const coldly = async (what, viewport, link) => {
    const context = await screen.newContext({ viewport });
    const cold = await screen.newPage(context);
    if (link) {
      const session = await context.newCDPSession(cold);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", { offline: false, ...link });
    }
    const begun = Date.now();
    await cold.goto(`${stack.url()}/#/alarms`, { waitUntil: "commit" });
    await cold.locator("#alarms tbody tr").first().waitFor();
    const shown = Date.now() - begun;
    const bytes = await cold.evaluate(() => performance.getEntriesByType("resource").reduce((sum, one) => sum + one.transferSize, 0));
    console.log(`${what}: first row after ${shown} ms, ${Math.round(bytes / 1024)} KiB until then`);
    await context.close();
  };
  for (let i = 0; i < 3; i++) await coldly(`desk, ${OPEN} open alarms`, { width: 1920, height: 1080 });
  // What Lighthouse calls a slow 4G.
  await coldly("phone of 390 px, 1.6 Mbit/s with 150 ms", { width: 390, height: 844 }, { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 });
  await screen.open("/alarms?all=1");
  await page.locator("#connection.live").waitFor();

  // Over MQTT to the row: the page notes when a row of its bed is in the document.
  await page.evaluate(() => {
    globalThis.seen = new Map();
    new MutationObserver(() => {
      for (const row of document.querySelectorAll("#alarms tbody tr")) {
        const bed = /b-\d+/.exec(row.textContent)?.[0];
        if (bed && !seen.has(bed)) seen.set(bed, Date.now());
      }
      const box = document.querySelector(".list"); // only rows in view are drawn: the newest is the last
      if (box) box.scrollTop = box.scrollHeight;
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  await page.evaluate(() => (location.hash = "#/alarms?all=1"));
  const seenBefore = sent.size;
  for (let i = seenBefore; i < seenBefore + alarms; i++) {
    say(i);
    await until(`b-${i}`, () => page.evaluate((bed) => globalThis.seen.has(bed), `b-${i}`));
  }
  const report = async (what, first) => {
    const seen = new Map(await page.evaluate(() => [...globalThis.seen]));
    const delays = [...sent].slice(first).filter(([bed]) => seen.has(bed)).map(([bed, at]) => seen.get(bed) - at);
    console.log(`${what}: n ${delays.length} p50 ${percentile(delays, 0.5)} ms p99 ${percentile(delays, 0.99)} ms`);
  };
  await report("alarm over MQTT to its row", seenBefore);

  const beforeFlood = sent.size;
  for (let i = 0; i < 10 * flood; i++) {
    const next = Date.now() + 100;
    say(beforeFlood + i);
    await new Promise((done) => setTimeout(done, next - Date.now()));
  }
  await until("the last one is seen", () => page.evaluate((bed) => globalThis.seen.has(bed), `b-${sent.size - 1}`));
  await report(`the same at ten alarms a second for ${flood} s`, beforeFlood);

  // The wall, one alarm a second.
  await screen.open("/wall");
  await page.locator("#wall canvas").first().waitFor();
  const cdp = await browser.newBrowserCDPSession();
  const tab = await page.context().newCDPSession(page);
  await tab.send("Performance.enable");
  const cpu = async () => {
    const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
    return Math.max(...processInfo.filter(({ type }) => type === "renderer").map(({ cpuTime }) => cpuTime));
  };
  const timer = setInterval(() => say(sent.size), 1000);
  const [from, at] = [await cpu(), Date.now()];
  await new Promise((done) => setTimeout(done, seconds * 1000));
  const share = ((await cpu()) - from) / ((Date.now() - at) / 1000);
  clearInterval(timer);
  await tab.send("HeapProfiler.collectGarbage");
  const { metrics } = await tab.send("Performance.getMetrics");
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize").value / 1048576;
  // Of the process what is its own: the browser's code is shared by all its processes.
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  const busiest = processInfo.filter(({ type }) => type === "renderer").sort((one, other) => other.cpuTime - one.cpuTime)[0];
  const rollup = readFileSync(`/proc/${busiest.id}/smaps_rollup`, "utf8");
  const kib = (name) => Number(new RegExp(`^${name}: +(\\d+)`, "m").exec(rollup)[1]);
  console.log(`2,000 marks, 1 alarm/s: ${(100 * share).toFixed(1)} % of a core, heap ${heap.toFixed(1)} MiB, process ${((kib("Private_Dirty") + kib("Private_Clean")) / 1024).toFixed(1)} MiB of its own`);
} finally {
  await screen.end();
}
