// tab.mjs - what one seat's page costs and how soon it shows: 2,000 sites on the wall with one
// alarm a second, and from a message over MQTT to its row on the screen.
//
//   CAREWATCH_BUILD=build node tests/bench/tab.mjs [--for 20] [--alarms 60]
//
// Prints figures, fails on none of them.
import { Screen } from "../e2e/screen.mjs";
import { rules, until } from "../e2e/stack.mjs";

const option = (name, preset) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? preset : Number(process.argv[at + 1]);
};
const seconds = option("for", 20), alarms = option("alarms", 60);
const codes = [104, 105, 106, 107, 108, 112, 113, 114, 115, 116, 117, 118, 121, 129, 131, 171, 172, 173, 181, 182, 183, 184, 185];
const sites = `sites = (${Array.from({ length: 2000 }, (_, i) => `{ site = "s-${i}"; kind = "institution"; district = "510${codes[i % codes.length]}"; }`).join(",\n")});`;
const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];

const screen = new Screen();
const { stack } = screen;
try {
  await screen.begin(sites + rules, { "http.command_rate": "none" });
  const { page, browser } = screen;
  await page.setViewportSize({ width: 1920, height: 1080 });

  // From a cold cache to the first list.
  const begun = Date.now();
  await screen.open("/alarms");
  await page.locator("#connection.live").waitFor();
  await page.locator("#queue").waitFor();
  const navigation = await page.evaluate(() => performance.getEntriesByType("navigation")[0].domInteractive);
  console.log(`live on the screen ${Date.now() - begun} ms, document interactive ${Math.round(navigation)} ms`);

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
  // Each from another site: what belongs to one incident would be folded. The sending program's
  // own start is counted in.
  const sent = new Map();
  const say = (i) => {
    sent.set(`b-${i}`, Date.now());
    stack.publish(`care/v1/s-${i}/desk/event`, { id: `e-${i}`, ts: Date.now(), type: "call.pressed", bed: `b-${i}` });
  };
  await page.evaluate(() => (location.hash = "#/alarms?all=1"));
  for (let i = 0; i < alarms; i++) {
    say(i);
    await until(`b-${i}`, () => page.evaluate((bed) => globalThis.seen.has(bed), `b-${i}`));
  }
  const seen = new Map(await page.evaluate(() => [...globalThis.seen]));
  const delays = [...sent].filter(([bed]) => seen.has(bed)).map(([bed, at]) => seen.get(bed) - at);
  console.log(`alarm over MQTT to its row: n ${delays.length} p50 ${percentile(delays, 0.5)} ms p99 ${percentile(delays, 0.99)} ms`);

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
  const { metrics } = await tab.send("Performance.getMetrics");
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize").value / 1048576;
  console.log(`2,000 marks, 1 alarm/s: ${(100 * share).toFixed(1)} % of a core, heap ${heap.toFixed(1)} MiB`);
} finally {
  await screen.end();
}
