// i18n.js - words in the language that is set, 中文 first: t(key). Each room brings its own
// (words.js beside its pages) and adds them here when it is loaded; test_page_words.mjs sees to
// it that no key is there twice, none is missing and none is left over.
const all = { words: {}, states: {}, services: {}, metrics: {} };

export function addWords(rooms) {
  for (const [kind, rows] of Object.entries(rooms)) Object.assign(all[kind], rows);
}

const kept = globalThis.localStorage; // none where the words are tested
let index = kept?.getItem("language") === "en" ? 1 : 0;
export const language = () => (index === 1 ? "en" : "zh");
export function setLanguage(name) {
  index = name === "en" ? 1 : 0;
  kept?.setItem("language", name);
  document.documentElement.lang = index === 1 ? "en" : "zh-CN";
}

const of = (kind, key) => (Object.hasOwn(all[kind], key) ? all[kind][key] : undefined);
export const t = (key, ...args) =>
  (of("words", key)?.[index] ?? key).replace(/\{(\d)\}/g, (_, i) => args[i] ?? "");
// What the API says; a code that nobody has a word for is shown as it is.
// A field's name is often a word of the page, too; not one with places to fill.
const label = (key) => (of("words", key)?.[index].includes("{") ? undefined : of("words", key)?.[index]);
export const word = (key) => of("states", key)?.[index] ?? of("services", key)?.[index] ?? label(key) ?? key ?? "";
export const serviceName = (code) => of("services", code)?.[index] ?? code ?? "";
// "mon-sat 08:30-17:30", as hours are registered, with the days as they are called here.
const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const dayName = (code) => new Intl.DateTimeFormat(index === 1 ? "en" : "zh-CN", { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + days.indexOf(code)));
const spans = new RegExp(`\\b(${days.join("|")})(?:-(${days.join("|")}))?\\b`, "g");
export const hoursText = (text) =>
  text?.replace(spans, (_, from, to) => (to ? `${dayName(from)}${index === 1 ? "–" : "至"}${dayName(to)}` : dayName(from)));
export const metricName = (name) => of("metrics", name)?.[index] ?? name;
export const unit = (name) => of("metrics", name)?.[2] ?? "";
export const both = (text) => text?.[language()] || text?.zh || text?.en || "";
