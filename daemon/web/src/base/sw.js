// sw.js - keeps the program's own files in the browser, so that a page opens where there is no
// network (an inspector's phone, a restart of the daemon).
//
// Never an answer of the API: what it says is of the moment, and a page without it says so.
// Files whose name carries their hash are taken from here; the page itself from the daemon
// whenever that answers. ASSETS and VERSION are of build.mjs.
const NAME = `carewatch-${VERSION}`;
const LATE_MS = 4000;
const pages = ["/", "/public"];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(ASSETS)).then(() => skipWaiting()));
});
addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((name) => name.startsWith("carewatch-") && name !== NAME).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(old).then(() => clients.claim()));
});
// What the daemon says, unless it says nothing for a while or something else answers in its place.
async function newest(asked, kept) {
  const late = new Promise((done) => setTimeout(done, LATE_MS));
  const answer = await Promise.race([asked, late]).catch(() => null);
  return answer?.ok ? answer : ((await kept) ?? asked);
}
addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !ASSETS.includes(pathname)) return;
  const kept = () => caches.match(pathname);
  const asked = () => fetch(event.request);
  event.respondWith(pages.includes(pathname) ? newest(asked(), kept()) : kept().then((found) => found ?? asked()));
});
