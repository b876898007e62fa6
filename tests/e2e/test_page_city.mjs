// test_page_city.mjs - a whole city before one seat: 2,000 sites and 500 open alarms, on every
// kind of screen, for eyes that see otherwise, and with names that mean harm.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { options, Screen } from "./screen.mjs";
import { rules, until } from "./stack.mjs";

const codes = [104, 105, 106, 107, 108, 112, 113, 114, 115, 116, 117, 118, 121, 129, 131, 171, 172, 173, 181, 182, 183, 184, 185];
const naughty = [
  "<img src=x onerror=alert(1)>",
  "'\"><script>alert(1)</script>",
  "javascript:alert(1)",
  "{{constructor.constructor('alert(1)')()}}",
  "\u202etxt.exe\u202c",
  "Z̸̡̛a̵l̷g̴o̶",
  "👨‍👩‍👧‍👦‍🏠".repeat(6),
  "很长的名字".repeat(30),
  "%00%0d%0aSet-Cookie: a=b",
  "constructor",
];
const N = 2000;
const sites = `sites = (${Array.from({ length: N }, (_, i) => `{ site = "s-${i}"; kind = "institution"; district = "510${codes[i % codes.length]}"; }`).join(",\n")});`;
const screen = new Screen();
const { stack } = screen;
let page;

const put = (path, body) =>
  fetch(stack.url() + path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

before(async () => {
  await screen.begin(sites + rules, { "http.command_rate": "none" });
  page = screen.page;
  if (!page) return;
  for (let i = 0; i < naughty.length; i++) {
    const answer = await put(`/api/v1/sites/s-${i}`, { kind: "institution", district: `510${codes[i]}`, name: naughty[i].slice(0, 60) });
    assert.ok(answer.ok || answer.status === 400, `${naughty[i]}: ${answer.status}`);
  }
  const open = async (i) => {
    const priority = i % 20 === 0 ? "high" : i % 5 === 0 ? "medium" : "low";
    const text = naughty[i % 50] ?? `第 ${i} 条`;
    const answer = await stack.post("/api/v1/alarms", { site: `s-${i}`, bed: `b-${i}`, priority, text: { zh: text.slice(0, 40), en: text.slice(0, 40) }, note: text.slice(0, 100) });
    assert.equal(answer.status, 201, `${i}`);
  };
  for (let i = 0; i < 500; i += 20) await Promise.all(Array.from({ length: 20 }, (_, k) => open(i + k)));
  await page.setViewportSize({ width: 1920, height: 1080 });
  await screen.open("/alarms?all=1");
});
after(() => screen.end());

test("of 500 alarms the rows in view are drawn, and the last one is reached", options, async () => {
  const rows = page.locator("#alarms tbody tr:not(.space)");
  await until("the counts", async () => /高 25 .*中 75 .*低 400/s.test((await page.locator(".counts").innerText()).replace(/\s+/g, " ")));
  assert.ok((await rows.count()) < 60, `${await rows.count()} rows`);
  await page.locator(".list").evaluate((box) => (box.scrollTop = box.scrollHeight));
  await until("the last row", async () => Number(await rows.last().getAttribute("aria-rowindex")) === 501);
  await page.locator(".list").evaluate((box) => (box.scrollTop = 0));
  await screen.shot("city-queue-1080p");
});

test("in a flood what is high stays, the rest is counted", options, async () => {
  await screen.open("/alarms");
  await page.locator(".flood", { hasText: "另有 475 条" }).waitFor();
  assert.equal(await page.locator("#alarms").getAttribute("aria-rowcount"), "26");
  await page.locator(".flood button").click();
  await until("all of them", async () => (await page.locator("#alarms").getAttribute("aria-rowcount")) === "501");
});

test("names that mean harm are text", options, async () => {
  for (const hash of ["/alarms?all=1&priority=high", "/sites", "/wall", "/site/s-0", "/handover"]) {
    await screen.open(hash);
    await until(`${hash} is there`, async () => (await page.locator("main").innerText()).length > 50);
    assert.equal(await page.locator("main img, main script, main iframe").count(), 0, hash);
  }
});

test("the wall on every kind of screen", options, async () => {
  for (const [name, width, height] of [["1080p", 1920, 1080], ["4k", 3840, 2160], ["32x9", 3840, 1080]]) {
    await page.setViewportSize({ width, height });
    await screen.open("/wall");
    await until("the whole city", async () => new RegExp(`${N} 个站点`).test(await page.locator("#wall canvas").first().getAttribute("aria-label")));
    const over = await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.querySelector("main").scrollHeight - document.querySelector("main").clientHeight]);
    assert.ok(over[0] <= 0 && over[1] <= 1, `${name}: ${over} px too large`);
    await screen.shot(`city-wall-${name}`);
    await page.locator("#wall .load", { hasText: "已超时" }).waitFor();
    if (name === "32x9") {
      // It shows what is most urgent; it neither acts nor asks who lies there.
      await page.locator("#detail a", { hasText: "到报警列表处理" }).waitFor();
      assert.equal(await page.locator("#detail button").filter({ visible: true }).count(), 0);
    }
    await screen.open("/visitor");
    await page.locator("#visitor canvas").waitFor();
    await screen.shot(`city-visitor-${name}`);
  }
  await page.setViewportSize({ width: 1366, height: 768 });
});

// Columns of the queue: what would be cut off of the longest that they hold, and how wide the event is.
const columns = (late) =>
  page.evaluate((late) => {
    const row = document.querySelector("#alarms tbody tr.selected").cloneNode(true);
    document.querySelector("#alarms tbody").append(row);
    row.cells[1].textContent = "10-29 16:00";
    row.cells[6].innerHTML = `<b>${late}</b>`;
    const cut = [0, 1, 2, 6, 7].map((i) => row.cells[i]).filter((td) => td.clientWidth > 0 && td.scrollWidth > td.clientWidth);
    const found = { cut: cut.map((td) => td.innerText), event: document.querySelector("#alarms th:nth-child(5)").clientWidth };
    row.remove();
    return found;
  }, late);

test("at every width of a desk one can read what happened, in both languages", options, async () => {
  await screen.open("/alarms?all=1");
  for (const language of ["中文", "English"]) {
    await page.locator("#language", { hasText: language === "English" ? "中文" : "English" }).waitFor();
    for (const [width, least] of [[1024, 100], [1366, 180], [1920, 300], [3840, 600]]) {
      await page.setViewportSize({ width, height: 900 });
      await page.locator("#alarms tbody tr.selected").waitFor();
      const { cut, event } = await columns(language === "English" ? "late 40:28" : "超时 40:28");
      assert.deepEqual(cut, [], `${language} at ${width}`);
      assert.ok(event >= least, `${language} at ${width}: the event has ${event} px`);
    }
    await page.locator("#language").click();
  }
  await page.setViewportSize({ width: 1366, height: 768 });
});

test("on a screen of four times the dots everything is twice as large, rows included", options, async () => {
  await page.setViewportSize({ width: 3840, height: 2160 });
  const rows = page.locator("#alarms tbody tr:not(.space)");
  await rows.first().waitFor();
  assert.equal(await page.evaluate(() => Math.round(parseFloat(getComputedStyle(document.body).fontSize))), 32);
  // Rows that are not drawn, too, and at once: who stands at the end of the list stays there.
  const heights = await page.evaluate(() => {
    const box = document.querySelector(".list");
    return ["", "64px"].map((size) => ((document.documentElement.style.fontSize = size), box.scrollHeight));
  });
  await page.evaluate(() => (document.documentElement.style.fontSize = ""));
  assert.ok(Math.abs(heights[1] / heights[0] - 2) < 0.01, `${heights}`);
  await page.locator(".list").evaluate((box) => (box.scrollTop = box.scrollHeight));
  await until("the last row", async () => Number(await rows.last().getAttribute("aria-rowindex")) === 501);
  const under = await page.evaluate(() => document.querySelector(".list").getBoundingClientRect().bottom - [...document.querySelectorAll("#alarms tbody tr:not(.space)")].at(-1).getBoundingClientRect().bottom);
  assert.ok(Math.abs(under) < 8, `the list ends ${under} px above its box's end`);
  await page.locator(".list").evaluate((box) => (box.scrollTop = 0));
  await screen.shot("city-queue-4k");
  await page.setViewportSize({ width: 1366, height: 768 });
});

test("without motion nothing flashes", options, async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await screen.open("/alarms?all=1");
  const glyph = page.locator("#alarms .glyph.high").first();
  await glyph.waitFor();
  assert.equal(await glyph.evaluate((one) => getComputedStyle(one).animationName), "none");
  await page.emulateMedia({ reducedMotion: null });
});

test("in forced colours shape and colour of a priority remain", options, async () => {
  await page.emulateMedia({ forcedColors: "active" });
  const glyph = page.locator("#alarms .glyph.high").first();
  assert.equal(await glyph.evaluate((one) => getComputedStyle(one).backgroundColor), "rgb(255, 59, 78)");
  // What was told by a ground is told by a line, and a picture keeps the ground it was drawn for.
  for (const one of ["tr.selected", "nav [aria-current]"])
    assert.equal(await page.locator(one).first().evaluate((it) => getComputedStyle(it).outlineStyle), "solid", one);
  await screen.shot("city-forced-colours");
  await screen.open("/wall");
  const ground = await page.locator("#wall canvas").first().evaluate((one) => getComputedStyle(one).backgroundColor);
  assert.equal(ground, "rgb(20, 25, 30)");
  await screen.shot("city-wall-forced-colours");
  await page.emulateMedia({ forcedColors: null });
});

test("at 200 % nothing is cut off sideways", options, async () => {
  await page.setViewportSize({ width: 683, height: 384 }); // 1366 x 768, twice as large
  for (const hash of ["/alarms?all=1", "/wall", "/handover", "/health"]) {
    await screen.open(hash);
    await until(`${hash} is there`, async () => (await page.locator("main").innerText()).length > 50);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${hash} is ${wide} px too wide`);
  }
  await screen.open("/alarms?all=1");
  await page.locator("#alarms tbody tr").first().waitFor();
  const high = await page.locator(".list").evaluate((one) => one.clientHeight);
  assert.ok(high > 330, `of 384 px the list may have ${high}: the head goes away with the page`);
  await screen.shot("city-zoom-200");
});

test("no dialog, no report, no request to another host", options, () => screen.calm());
