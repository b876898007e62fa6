// timeline.jsx - the visits of a day, planned above, actual below; what is wrong is said in
// words on the bar. A click opens what stands behind a visit.
import { serviceName, t, word } from "../base/i18n.js";
import { now, siteName } from "../base/store.js";
import { clock } from "../base/time.js";
import { change } from "../base/url.js";
import { hoursOf, lanesOf, lookOf, placeOf } from "./lanes.js";

const keyOf = (visit) => `${visit.site}/${visit.visit}`;
const hhmm = (ms) => new Date(ms).toTimeString().slice(0, 5);

function says(visit) {
  const standing = (visit.standing ?? []).map(word);
  if (visit.state === "missed" && standing.length === 0) standing.push(word("missed"));
  return standing.length > 0 ? `! ${standing.join(" · ")}` : word(visit.state);
}

function Bar({ visit, window, chosen, at }) {
  const look = lookOf(visit);
  const planned = placeOf(visit.start, visit.end, window);
  const until = visit.checkout_at ?? (visit.state === "in_service" ? new Date(at).toISOString() : null);
  const actual = visit.checkin_at && placeOf(visit.checkin_at, until ?? new Date(Date.parse(visit.checkin_at) + 60000).toISOString(), window);
  const whole = placeOf(
    [visit.start, visit.checkin_at].filter(Boolean).sort()[0],
    [visit.end, until].filter(Boolean).sort().at(-1),
    window,
  );
  if (!whole) return null;
  const shown = `${serviceName(visit.service) || visit.visit} ${says(visit)}`;
  const label = [shown, visit.recipient, siteName(visit.site), `${t("plannedTime")} ${clock(visit.start)}–${clock(visit.end)}`, visit.checkin_at && `${t("actualTime")} ${clock(visit.checkin_at)}–${clock(visit.checkout_at)}`];
  const inner = (place) => ({
    left: `${(100 * (parseFloat(place.left) - parseFloat(whole.left))) / parseFloat(whole.width)}%`,
    width: `${(100 * parseFloat(place.width)) / parseFloat(whole.width)}%`,
  });
  return (
    <button
      class={`visit ${look}`}
      style={whole}
      aria-label={label.filter(Boolean).join(", ")}
      title={label.filter(Boolean).join("\n")}
      aria-pressed={chosen}
      onClick={() => change({ visit: chosen ? "" : keyOf(visit) }, true)}
    >
      {planned && <i class="plan" style={inner(planned)} />}
      {actual && <i class={visit.checkout_at || visit.state === "in_service" ? "real" : "real open"} style={inner(actual)} />}
      <span>{shown}</span>
    </button>
  );
}

export function Timeline({ visits, by, dayFrom, chosen }) {
  const window = hoursOf(visits, dayFrom, dayFrom + 86400000);
  const at = now();
  const hours = [];
  const each = Math.max(1, Math.ceil((window.to - window.from) / 3600000 / 12));
  for (let hour = window.from; hour < window.to; hour += each * 3600000) hours.push(hour);
  const line = placeOf(new Date(window.from).toISOString(), new Date(at).toISOString(), window);
  return (
    <div class="wide" role="region" aria-label={t("timeAxis")} tabIndex={0}>
      <div class="timeline-grid" id="timeline">
        <div class="lane hours" aria-hidden="true">
          <b />
          <div class="lines">
            <div class="line">
              {hours.map((hour) => (
                <span key={hour} style={{ left: `${(100 * (hour - window.from)) / (window.to - window.from)}%` }}>
                  {hhmm(hour)}
                </span>
              ))}
            </div>
          </div>
        </div>
        {lanesOf(visits, by).map(({ key, name, site, lines }) => (
          <div class="lane" key={key}>
            <b>
              {name ? (by === "site" ? siteName(name) : name) : t("nobodyAssigned")}
              {by === "worker" && name && <small>{siteName(site)}</small>}
            </b>
            <div class="lines">
              {at > window.from && at < window.to && <i class="now" style={{ left: line.width }} />}
              {lines.map((list, i) => (
                <div class="line" key={i}>
                  {list.map((visit) => (
                    <Bar key={keyOf(visit)} {...{ visit, window, at }} chosen={chosen === keyOf(visit)} />
                  ))}
                </div>
              ))}
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}
