// span.jsx - the window of time that charts show, in the address: `span` seconds up to `end`,
// or up to now and going on while there is no end.
import { t } from "../base/i18n.js";
import { now } from "../base/store.js";
import { change, here } from "../base/url.js";
import { useKeys } from "./kit.jsx";

const spans = [600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400];
const names = { 600: "10 min", 3600: "1 h", 21600: "6 h", 86400: "24 h", 604800: "7 d", 2592000: "30 d" };
const LEAST = 60;
const MOST = 400 * 86400;

export function windowIn(query, fallback = 3600) {
  const span = Math.min(MOST, Math.max(LEAST, Number(query.get("span")) || fallback));
  const end = Number(query.get("end")) || 0;
  const to = end || Math.ceil(now() / 5000) * 5000;
  return { span, to, from: to - span * 1000, live: !end };
}

// What a key or button does begins at what the address says then, not when it was drawn.
function moves(fallback) {
  const at = () => windowIn(here().query, fallback);
  const set = (seconds, end) =>
    change({
      span: String(Math.round(Math.min(MOST, Math.max(LEAST, seconds)))),
      end: end && end < now() ? String(Math.round(end)) : "",
    });
  const same = ({ live, to }) => (live ? 0 : to);
  return {
    set: (seconds) => set(seconds, same(at())),
    zoom: (factor) => set(at().span * factor, same(at())),
    pan: (part) => set(at().span, at().to + part * at().span * 1000),
    step(by) {
      const { span } = at();
      const next = by > 0 ? spans.find((one) => one > span) : spans.filter((one) => one < span).at(-1);
      if (next) set(next, same(at()));
    },
    follow: () => set(at().span, 0),
    hold: () => (at().live ? set(at().span, now() - 1000) : set(at().span, 0)),
  };
}

export function Span({ query, fallback }) {
  const { span, live } = windowIn(query, fallback);
  const { set, zoom, pan, step, follow, hold } = moves(fallback);
  useKeys({
    "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2),
    "[": () => step(-1), "]": () => step(1),
    ArrowLeft: () => pan(-0.25), ArrowRight: () => pan(0.25),
    r: follow, " ": hold,
  });
  return (
    <div class="tools" role="toolbar" aria-label={t("timeWindow")}>
      {spans.map((one) => (
        <button key={one} class="quiet" aria-pressed={one === span} onClick={() => set(one)}>
          {names[one]}
        </button>
      ))}
      <button class="quiet" onClick={() => pan(-0.25)} aria-label={t("earlier")}>
        ←
      </button>
      <button class="quiet" onClick={() => pan(0.25)} disabled={live} aria-label={t("later")}>
        →
      </button>
      <button class="quiet" onClick={() => zoom(0.5)} aria-label={t("closer")}>
        +
      </button>
      <button class="quiet" onClick={() => zoom(2)} aria-label={t("wider")}>
        −
      </button>
      <button id="live" class="quiet" aria-pressed={live} onClick={hold}>
        {t(live ? "follows" : "held")}
      </button>
    </div>
  );
}
