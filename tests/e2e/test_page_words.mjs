// test_page_words.mjs - the words of the pages: both languages are complete, no key is twice,
// missing or left over, and a translation fits where the original does.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const src = fileURLToPath(new URL("../../daemon/web/src", import.meta.url));
const rooms = readdirSync(src, { withFileTypes: true }).filter((one) => one.isDirectory()).map((one) => one.name);
const kinds = ["words", "states", "services", "metrics"];
const dictionaries = new Map();
for (const room of rooms) {
  if (readdirSync(join(src, room)).includes("words.js")) {
    dictionaries.set(room, await import(join(src, room, "words.js")));
  }
}
const sourceOf = (dir) =>
  readdirSync(join(src, dir), { withFileTypes: true })
    .filter((one) => one.isFile() && /\.jsx?$/.test(one.name) && one.name !== "words.js")
    .map((one) => readFileSync(join(src, dir, one.name), "utf8"))
    .join("\n");
const entries = (kind) =>
  [...dictionaries].flatMap(([room, words]) => Object.entries(words[kind] ?? {}).map(([key, row]) => ({ room, key, row })));
const every = () => kinds.flatMap((kind) => entries(kind).map((one) => ({ ...one, kind })));

test("every word is there in both languages, with the same places to fill", () => {
  const places = (text) => [...text.matchAll(/\{\d\}/g)].map(String).sort().join();
  for (const { room, key, row, kind } of every()) {
    const [zh, en] = row;
    assert.ok(zh?.trim() && en?.trim(), `${room}: ${key}`);
    assert.equal(places(zh), places(en), `${room}: ${key}`);
    if (kind !== "metrics") assert.equal(row.length, 2, `${room}: ${key}`);
  }
});

test("中文 is Chinese and English is English", () => {
  const known = new Set(["language", "title"]);
  for (const { room, key, row } of every()) {
    if (known.has(key)) continue;
    assert.doesNotMatch(row[1], /\p{Script=Han}/u, `${room}: ${key}`);
  }
});

// A telephone has one thing under the other, or one at a time.
test("a help text names no side of the screen", () => {
  for (const { room, key, row } of entries("words").filter((one) => one.key.startsWith("help"))) {
    assert.doesNotMatch(row.join(" "), /[左右][边侧面]|[上下]边|\b(on the (left|right)|side by side)\b/i, `${room}: ${key}`);
  }
});

test("no key stands in two rooms", () => {
  for (const kind of kinds) {
    const seen = new Map();
    for (const { room, key } of entries(kind)) {
      assert.ok(!seen.has(key), `${key} is in ${seen.get(key)} and in ${room}`);
      seen.set(key, room);
    }
  }
});

// A label has to fit into its button and its column, a sentence onto its line: of a Chinese
// character's width are about two Latin letters.
test("a translation is not much longer than the original", () => {
  const width = (text) => [...text].reduce((sum, c) => sum + (c.codePointAt(0) > 0x2e7f ? 2 : 1), 0);
  for (const { room, key, row } of every()) {
    const [zh, en] = row.map(width);
    const most = zh <= 8 ? 3 * zh + 16 : 2 * zh + 24;
    assert.ok(en <= most && zh <= 2 * en + 24, `${room}: ${key}: ${zh} and ${en} columns`);
  }
});

test("what a room asks for is in its words or in those of all", () => {
  const base = dictionaries.get("base").words;
  for (const room of [...rooms, "."]) {
    const own = dictionaries.get(room)?.words ?? {};
    for (const [, key] of sourceOf(room).matchAll(/\bt\("([^"]+)"/g)) {
      assert.ok(Object.hasOwn(own, key) || Object.hasOwn(base, key), `${room}: t("${key}")`);
    }
  }
  const rows = readFileSync(join(src, "routes.js"), "utf8");
  for (const [, title] of rows.matchAll(/title: "(\w+)"/g)) assert.ok(Object.hasOwn(base, title), title);
  for (const [, help, room] of rows.matchAll(/help: "(\w+)".*import\("\.\/(\w+)\//g)) {
    assert.ok(Object.hasOwn(dictionaries.get(room).words, help), `${help} in ${room}`);
  }
});

test("no word is left over", () => {
  const all = [...rooms, "."].map(sourceOf).join("\n");
  for (const { room, key } of entries("words")) {
    const stem = key.includes(".") ? `${key.split(".")[0]}.` : null; // t(`group.${name}`)
    const used = all.includes(`"${key}"`) || all.includes(`'${key}'`) || (stem && all.includes(`\`${stem}\${`));
    const listed = new RegExp(`\\b${key.replace(/\./g, "\\.")}:`).test(all);
    assert.ok(used || listed, `${room}: ${key}`);
  }
});

test("a room asks base and parts, never another room", () => {
  for (const room of rooms) {
    for (const [, from] of sourceOf(room).matchAll(/from "\.\.\/(\w+)\//g)) {
      const allowed = room === "base" ? [] : room === "parts" ? ["base"] : ["base", "parts"];
      assert.ok(allowed.includes(from), `${room} uses ${from}`);
    }
  }
});
