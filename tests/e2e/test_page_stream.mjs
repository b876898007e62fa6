// test_page_stream.mjs - what a page knows stays true when answers come late or out of order,
// when a stream is refused, when a page was away, and when somebody signs out.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { options, Screen } from "./screen.mjs";
import { carewatch, rules, until } from "./stack.mjs";

const screen = new Screen();
const { stack } = screen;
let page;
let n = 0;

const call = (bed) => stack.publish("care/v1/s-1/desk/event", { id: `c-${++n}`, ts: Date.now(), type: "call.pressed", bed });
const row = (text, at = page) => at.locator("#alarms tbody tr", { hasText: text });

before(async () => {
  await screen.begin(rules);
  page = screen.page;
  if (page) await screen.speak("en");
});
after(() => screen.end());

test("a list that was read earlier and comes later changes nothing", options, async () => {
  call("b-first");
  await until("it is known", async () => (await stack.alarms()).length === 1);
  let [old, give] = [null, null];
  const later = new Promise((done) => (give = done));
  await page.route(/alarms\?state=open/, async (route) => {
    if (old) return route.continue();
    old = true;
    const response = await route.fetch();
    await later;
    return route.fulfill({ response });
  });
  await screen.open();
  await row("b-first").waitFor();
  assert.equal(old, true);
  call("b-second");
  await row("b-second").waitFor();
  const came = page.waitForEvent("requestfinished", (request) => request.url().includes("alarms?state=open"));
  give();
  await came;
  call("b-third");
  await row("b-third").waitFor();
  assert.equal(await row("b-second").count(), 1);
  await page.unroute(/alarms\?state=open/);
});

test("an answer that is older than what was heard brings nothing back", options, async () => {
  const { id } = (await stack.alarms()).find((one) => one.bed === "b-second");
  let give;
  const later = new Promise((done) => (give = done));
  await page.route(/\/ack$/, async (route) => {
    const response = await route.fetch();
    await later;
    await route.fulfill({ response });
  });
  await page.reload();
  await row("b-second").click();
  await page.locator(`#detail[data-id="${id}"]`).waitFor();
  await page.keyboard.press("a");
  await row("b-second").filter({ hasText: "acked · local" }).waitFor();
  const closed = await stack.post(`/api/v1/alarms/${id}/close`, { cause: "handled" });
  assert.ok(closed.ok, await closed.text());
  await until("its row is gone", async () => (await row("b-second").count()) === 0);
  const came = page.waitForEvent("requestfinished", (request) => request.url().endsWith("/ack"));
  give();
  await came;
  call("b-fourth");
  await row("b-fourth").waitFor();
  assert.equal(await row("b-second").count(), 0);
  await page.unroute(/\/ack$/);
});

test("a page that the worker gave up and that is back reads what it missed", options, async () => {
  const away = await screen.newPage();
  await away.addInitScript(() => {
    const Real = SharedWorker;
    globalThis.SharedWorker = class extends Real {
      constructor(...all) {
        super(...all);
        globalThis.port = this.port;
      }
    };
  });
  await screen.open("/alarms", away);
  await away.locator("#connection.live").waitFor();
  await away.evaluate(() => globalThis.port.postMessage("bye"));
  await away.locator("#stale").waitFor();
  call("b-missed");
  await row("b-missed").waitFor();
  await away.evaluate(() => globalThis.port.postMessage("here"));
  await row("b-missed", away).waitFor();
  await away.close();
});

test("of two pages the one that may sound does, also when the other shows the visitors' wall", options, async () => {
  const count = () => {
    const real = AudioContext.prototype.createOscillator;
    globalThis.pulses = 0;
    AudioContext.prototype.createOscillator = function () {
      globalThis.pulses++;
      return real.call(this);
    };
  };
  const context = await screen.newContext();
  const [first, second] = [await screen.newPage(context), await screen.newPage(context)];
  for (const one of [first, second]) {
    await one.addInitScript(count);
    await screen.open("/alarms", one);
    await row("b-missed", one).waitFor();
    await one.keyboard.press("k");
    if (one === first) await until("the first sounds", () => one.evaluate(() => globalThis.pulses > 0));
  }
  assert.equal(await second.evaluate(() => globalThis.pulses), 0);
  await first.evaluate(() => (location.hash = "#/visitor"));
  await until("the second sounds", () => second.evaluate(() => globalThis.pulses > 0));
  await context.close();
});

test("an error that is over is not shown as one of now", options, async () => {
  await stack.stop("mosquitto");
  const broker = async () => (await stack.get("/api/v1/status")).mqtt[0];
  await until("it is away", async () => !(await broker()).connected && (await broker()).last_error);
  const other = await screen.newPage();
  await screen.open("/health", other);
  const part = other.locator(".part", { hasText: "MQTT" }).first();
  await part.locator(".notice").waitFor();
  await stack.broker();
  await until("it is back", async () => (await broker()).connected);
  await part.locator("h2", { hasText: "well" }).waitFor();
  await until("no notice", async () => (await part.locator(".notice").count()) === 0);
  await part.locator(".fine", { hasText: "Last error" }).waitFor();
  await other.close();
});

test("a stream that was refused is asked for again until it is there", options, async () => {
  screen.expected = /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|50[23]/;
  await stack.stop("carewatch", "SIGKILL");
  const asked = { stream: 0, status: 0 };
  const gateway = createServer((request, answer) => {
    for (const name of Object.keys(asked)) if (request.url.includes(name)) asked[name]++;
    answer.writeHead(502, { "Content-Type": "text/plain" }).end("no daemon");
  });
  await new Promise((done) => gateway.listen(stack.httpPort, "127.0.0.1", done));
  await until("it was refused", () => asked.stream > 0 && asked.status > 0);
  await new Promise((done) => (gateway.close(done), gateway.closeAllConnections()));
  await stack.daemon(null);
  await page.locator("#connection.live").waitFor();
  await row("b-missed").waitFor();
  screen.expected = null;
});

test("signed out is only who was signed out, and one page signs in for all", options, async () => {
  screen.expected = /ERR_|401/;
  await stack.stop("carewatch");
  const add = ["token", "add", "--role", "viewer", "--store", join(stack.dir, "carewatch.db")];
  const token = execFileSync(carewatch, add).toString().match(/\S{20,}/)[0];
  await stack.daemon(null, { "http.auth": "token" });
  const other = await screen.newPage();
  await screen.open("/alarms", other);
  const signIn = async (at) => {
    await at.locator("#token").fill(token);
    await at.keyboard.press("Enter");
    await row("b-missed", at).waitFor();
  };
  await page.locator("#token").waitFor();
  await other.locator("#token").waitFor();
  await signIn(page);
  await row("b-missed", other).waitFor();
  const out = page.getByRole("button", { name: "Sign out" });
  await page.route("**/api/v1/session", (route) => (route.request().method() === "DELETE" ? route.abort() : route.continue()));
  await page.reload();
  await row("b-missed").waitFor();
  await out.click();
  await page.locator(".bar[role=alert]", { hasText: "the daemon does not answer" }).waitFor();
  assert.equal(await page.locator("#token").count(), 0);
  await page.unroute("**/api/v1/session");
  await out.click();
  await page.locator("#token").waitFor();
  await other.locator("#token").waitFor();
  assert.equal(await row("b-missed").count(), 0);
});

test("no request went to another host, nothing was blocked", options, () => screen.calm());
