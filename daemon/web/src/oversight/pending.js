// pending.js - what an inspector said while there was no network, kept in the browser's own
// database until the daemon has taken it.
//
//   save -> WAITING -- taken --------------------> gone
//              ^  |-- no answer: stays, in order
//              |  `-- refused (403, 404, 409, 422): REFUSED, shown with the daemon's reason
//              `------- a person sends it again
//
// Each word has its key, so sending it twice does it once. In order: what comes after one that
// got no answer waits for it. The photos that a word names go before it. A word is its speaker's:
// on a phone that another has signed in with it stays until its own is back.
import { say } from "../base/steps.js";
import { ask, state } from "../base/store.js";

const NAME = "carewatch-inspector";
const PHOTO_MS = 300000; // a slow network takes its time
const STORES = ["words", "cases", "photos"];

let opened = null;
function database() {
  opened ??= new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store, { keyPath: "key" }));
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  return opened;
}
async function within(stores, mode, work) {
  const db = await database();
  return new Promise((done, failed) => {
    const transaction = db.transaction(stores, mode);
    const request = work(...[stores].flat().map((store) => transaction.objectStore(store)));
    transaction.oncomplete = () => done(request?.result);
    transaction.onerror = transaction.onabort = () => failed(transaction.error);
  });
}
export const keep = (store, value) => within(store, "readwrite", (s) => s.put(value));
export const drop = (store, key) => within(store, "readwrite", (s) => s.delete(key));
export const all = (store) => within(store, "readonly", (s) => s.getAll());
export const get = (store, key) => within(store, "readonly", (s) => s.get(key));

// The words of a whole checklist in place of its draft, and only the photos that they name: all of
// it or nothing.
export function handIn(words, draft, unused) {
  return within(["words", "cases", "photos"], "readwrite", (said, cases, photos) => {
    words.forEach((word) => said.put(word));
    unused.forEach((key) => photos.delete(key));
    return cases.delete(draft);
  });
}

export const waiting = async () => (await all("words")).sort((a, b) => a.at - b.at);

export const isOthers = (word) => Boolean(word.by) && word.by !== state.session?.by;
const isFinal = (problem) => [400, 403, 404, 409, 412, 413, 415, 422].includes(problem.status);

async function sendPhotos(names) {
  for (const key of names ?? []) {
    const photo = await get("photos", key);
    if (photo) await ask(`/api/v1/attachments/${key}`, { method: "PUT", headers: { "Content-Type": "image/jpeg" }, body: photo.blob, signal: AbortSignal.timeout(PHOTO_MS) });
  }
}

let sending = null;
// Sends what waits, oldest first; how many are left. One at a time, however often it is called.
export function sync(tell = say) {
  sending ??= send(tell).finally(() => (sending = null));
  return sending;
}
async function send(tell) {
  for (const word of await waiting()) {
    if (word.refused || isOthers(word)) continue;
    try {
      await sendPhotos(word.body.attachments);
      await tell("inspections", word.id, word.step, word.body, word.key);
      await drop("words", word.key);
      for (const key of word.body.attachments ?? []) await drop("photos", key);
    } catch (problem) {
      if (!isFinal(problem)) break;
      await keep("words", { ...word, refused: { status: problem.status, text: problem.message } });
    }
  }
  return (await waiting()).length;
}
