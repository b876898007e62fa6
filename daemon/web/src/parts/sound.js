// sound.js - what must be heard until somebody acknowledges it (WebAudio, no files).
//
// High: ten pulses every 10 s. Medium: three every 20 s. Low: two, once. A new alarm sounds at
// once; acknowledging silences that alarm; data that stopped coming is told too, for silence
// would sound like peace. M pauses for two minutes, in all open pages. A browser lets a page
// sound only after a click or a key: until then the page says that it is mute. Of several
// pages one sounds.
const patterns = {
  high: { tone: 880, at: [0, 0.22, 0.44, 0.84, 1.06, 1.9, 2.12, 2.34, 2.74, 2.96], every: 10000 },
  medium: { tone: 660, at: [0, 0.3, 0.6], every: 20000 },
  low: { tone: 520, at: [0, 0.35], every: Infinity },
  stale: { tone: 440, at: [0, 0.35], every: 15000 },
};
const MUTE_MS = 120000;
const KEY = "muteUntil";

// What to play now, if anything. `memory` is {known: Set, last: {}} and is kept up to date.
// `waiting` are the alarms nobody has acknowledged.
export function due(memory, waiting, isStale, nowMs) {
  const known = new Set();
  let sound = null;
  const ask = (name, isNew) => {
    const is = isNew || nowMs - (memory.last[name] ?? -Infinity) >= patterns[name].every;
    if (is && (!sound || name === "high" || (name === "medium" && sound !== "high"))) sound = name;
  };
  if (isStale) ask("stale", false);
  else delete memory.last.stale;
  for (const alarm of waiting) {
    if (alarm.historical) continue;
    const key = `${alarm.id}/${alarm.count}`;
    known.add(key);
    ask(alarm.priority, !memory.known.has(key));
  }
  memory.known = known;
  if (sound) memory.last[sound] = nowMs;
  return sound;
}

let audio = null;
let isOurs = !globalThis.navigator?.locks; // of several pages the one that sounds
const memory = { known: new Set(), last: {} };

export const mutedFor = () => Math.max(0, Number(localStorage.getItem(KEY) ?? 0) - Date.now());
export const isAudible = () => audio?.state === "running";
export function toggleMute() {
  localStorage.setItem(KEY, mutedFor() ? 0 : Date.now() + MUTE_MS);
}

function pulse(tone, at) {
  const source = audio.createOscillator();
  const gain = audio.createGain();
  source.type = "triangle";
  source.frequency.value = tone;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.4, at + 0.02);
  gain.gain.setValueAtTime(0.4, at + 0.13);
  gain.gain.linearRampToValueAtTime(0, at + 0.16);
  source.connect(gain).connect(audio.destination);
  source.start(at);
  source.stop(at + 0.17);
}

// Of the pages that may sound, the first one does, until it is closed or is not to sound any more.
let turn = null; // asked for, or ours
function claim() {
  if (turn || !isAudible() || !navigator.locks) return;
  const asked = new AbortController();
  const own = (turn = { leave: () => asked.abort() });
  const hold = (done) => {
    own.leave = done;
    isOurs = true;
  };
  navigator.locks.request("sound", { signal: asked.signal }, () => new Promise(hold)).catch(() => {}); // left before its turn
}
export function leave() {
  if (!turn) return;
  turn.leave();
  turn = null;
  isOurs = false;
}

export async function enable() {
  audio ??= globalThis.AudioContext && new AudioContext();
  await audio?.resume();
}

export function hear(waiting, isStale) {
  claim();
  const sound = due(memory, waiting, isStale, Date.now());
  if (!sound || !isOurs || !isAudible() || mutedFor()) return;
  const { tone, at } = patterns[sound];
  for (const offset of at) pulse(tone, audio.currentTime + 0.05 + offset);
}

// `changed` is called when the state may be another one.
export function beginSound(changed) {
  try {
    audio = new AudioContext();
    audio.onstatechange = () => (isAudible() ? claim() : leave(), changed());
  } catch {
    audio = null;
  }
  const gesture = (event) => {
    if (!event.target.closest?.("#sound")) enable().then(changed);
  };
  addEventListener("pointerdown", gesture);
  addEventListener("keydown", gesture);
  addEventListener("storage", changed);
}
