// test_page_public.mjs - what anybody sees, in a real browser: places with filters, free beds as
// of when, the published lists; no sign-in, and nothing asked but /public.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { districtsOf, fitting, isOld, labels, plane } from "../../daemon/web/src/public/filter.js";
import { configuration, fill } from "./page_world.mjs";
import { options, Screen } from "./screen.mjs";
import { until } from "./stack.mjs";

const screen = new Screen();
const { stack } = screen;
let page;
const asked = [];

before(async () => {
  await screen.begin(configuration);
  page = screen.page;
  if (!page) return;
  await fill(stack);
  await stack.stop("carewatch");
  await stack.daemon(null, { "http.auth": "token" });
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${stack.url()}/public`);
});
after(() => screen.end());

test("places are shown with price, grade and free beds as of when", options, async () => {
  const place = page.locator("#place-inst-1");
  await place.waitFor();
  assert.match(await place.innerText(), /福寿养老院[^]*等级 4[^]*2,680 元 \/ 月起[^]*空床 5[^]*截至 2/);
  assert.match(await page.locator("#place-inst-2").innerText(), /空床 0/);
  // What a place takes and when it is open is said as people say it; nobody lives in a station.
  assert.match(await place.innerText(), /接受政府补贴/);
  const station = await page.locator("#place-st-1").innerText();
  assert.match(station, /时间 周一至周六 09:00-17:00; 周日 10:00-12:00/);
  assert.doesNotMatch(station, /空床/);
  assert.equal(await page.locator(".map a").count(), 3);
});

test("filters narrow them, and stand in the address", options, async () => {
  await page.locator("#free").check();
  await until("one place", async () => (await page.locator(".places > li").count()) === 1);
  assert.match(page.url(), /free=1/);
  await page.locator("#price").selectOption("1500");
  await page.getByText("没有符合条件的机构").waitFor();
  await page.locator("#price").selectOption("3500");
  await page.locator("#level").selectOption("care");
  await page.locator("#subsidy").check();
  await page.locator("#place-inst-1").waitFor();
  await page.locator("#level").selectOption("special");
  await page.getByText("没有符合条件的机构").waitFor();
});

test("the published lists are there, without evidence and persons", options, async () => {
  await page.getByRole("button", { name: "公示名单" }).click();
  await page.locator("main dl").first().waitFor();
  const text = await page.locator("main").innerText();
  assert.match(text, /红榜[^]*川民2026-12/);
  assert.doesNotMatch(text, /decision 12|letter 9/);
});

test("in English too, and accessible at every width", options, async () => {
  await page.locator("#language").click();
  await page.getByText("Published lists").waitFor();
  for (const hash of ["", "#show=lists"]) {
    for (const width of [390, 1366]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${stack.url()}/public${hash}`);
      await page.locator(hash ? "main dl" : "#place-inst-1").first().waitFor();
      assert.deepEqual(await screen.axe(page, `public${hash}`), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
      await screen.shot(`public${hash ? "-lists" : ""}-${width}`);
    }
  }
});

test("nothing but the public's routes was asked", options, () => {
  const api = asked.filter((path) => !/\.(js|css|svg)$/.test(path) && path !== "/public");
  assert.deepEqual([...new Set(api)].sort(), ["/map.geojson", "/public/v1/credit", "/public/v1/map"]);
  screen.calm();
});

test("who does not say what is asked for does not fit", () => {
  const places = [
    { site: "a", kind: "institution", district: "1", price_fen: 200000, free_beds: 3, care_levels: ["care"], subsidised: true, name: "福寿" },
    { site: "b", kind: "station.health", district: "2" },
    { site: "c", kind: "institution", district: "2", price_fen: 500000, free_beds: 0 },
  ];
  const ids = (query) => fitting(places, new URLSearchParams(query)).map((place) => place.site).join("");
  for (const [query, expected] of [
    ["", "abc"], ["kind=station", "b"], ["kind=institution", "ac"], ["district=2", "bc"], ["price=2500", "a"], ["price=8000", "ac"],
    ["level=care", "a"], ["subsidy=1", "a"], ["free=1", "a"], ["q=福", "a"], ["q=C", "c"], ["free=1&district=2", ""],
  ]) assert.equal(ids(query), expected, query);
});
test("a figure older than a week, or without a date, is old", () => {
  const now = Date.parse("2026-11-23T10:00:00Z");
  for (const [at, old] of [["2026-11-22T10:00:00Z", false], ["2026-11-15T10:00:00Z", true], [undefined, true]]) {
    assert.equal(isOld({ free_beds_as_of: at }, now), old);
  }
});
test("north is up and west is left, inside the frame", () => {
  const { points } = plane([{ lat: 30.7, lon: 104.0 }, { lat: 30.6, lon: 104.2 }, { lat: NaN, lon: 1 }], 900, 380);
  assert.equal(points.length, 2);
  assert.ok(points[0].y < points[1].y && points[0].x < points[1].x);
  assert.ok(points.every(({ x, y }) => x >= 0 && x <= 900 && y >= 0 && y <= 380));
  assert.equal(plane([], 1, 1), null);
});
test("the districts that places are in are drawn around them", () => {
  const square = (code, west) => ({ properties: { code }, geometry: { type: "Polygon", coordinates: [[[west, 30], [west + 1, 30], [west + 1, 31], [west, 31], [west, 30]]] } });
  const outline = { features: [square("1", 104), square("2", 110)] };
  const places = [{ site: "a", district: "1", lat: 30.5, lon: 104.5 }];
  const districts = districtsOf(outline, places);
  assert.deepEqual(districts.map((one) => one.code), ["1"]);
  const { points: [point], shapes: [shape] } = plane(places, 900, 380, districts);
  const xs = shape.rings[0].map(([x]) => x);
  assert.ok(Math.min(...xs) < point.x && point.x < Math.max(...xs));
  assert.deepEqual(districtsOf(null, places), []);
});
test("names that would lie over each other are left to the list", () => {
  const at = (site, x, y) => ({ place: { site, name: "松鹤养老院" }, x, y });
  assert.deepEqual([...labels([at("a", 100, 100), at("b", 120, 104), at("c", 500, 100)], 900, 380).keys()], ["a", "c"]);
  assert.ok([...labels([at("a", 3, 10)], 900, 380).values()][0].x > 40);
  assert.ok([...labels([at("a", 100, 375)], 900, 380).values()][0].y < 375, "inside the frame");
});
