// test_page_first.mjs - the first minutes: nobody has a token yet, and no site is known.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { options, Screen } from "./screen.mjs";
import { rules, until } from "./stack.mjs";

const screen = new Screen();
const { stack } = screen;
let page;

before(async () => {
  await screen.begin(rules, { "registry.unknown_sites": "quarantine" }); // as it ships
  page = screen.page;
  if (page) await screen.open();
});
after(() => screen.end());

test("who does what the empty page says has a site with live data", options, async () => {
  const steps = page.locator("#first pre");
  await steps.first().waitFor();
  assert.deepEqual(await screen.axe(page, "first run"), []);
  await screen.shot("first-run");
  appendFileSync(stack.conf, await steps.nth(0).innerText());
  stack.children.get("carewatch").kill("SIGHUP");
  await until("the site", async () => (await stack.get("/api/v1/sites")).items.length === 1);
  execFileSync("sh", ["-c", await steps.nth(1).innerText()]);
  await until("it is heard", async () => (await stack.get("/api/v1/sites")).items[0].connection === "online");
  await page.locator("#online", { hasText: "1/1" }).waitFor();
  await until("nothing is left to do", async () => (await page.locator("#first").count()) === 0);
});

test("who has no token is told who makes one, in the own language", options, async () => {
  screen.expected = /401|403|503|ERR_CONNECTION|ERR_INCOMPLETE/;
  await stack.stop("carewatch");
  await stack.daemon(null, { "http.auth": "token" });
  await page.reload();
  await page.getByText("carewatch token add").waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByText("No token?").waitFor();
  assert.deepEqual(await screen.axe(page, "sign-in"), []);
  await screen.shot("sign-in");
});

test("no request went to another host, nothing was blocked", options, () => screen.calm());
