// announce.jsx - what a screen reader says at once: a high alarm that has just come, nothing else.
// What was there when the page opened is read in the list.
import { useRef } from "preact/hooks";
import { both, t } from "../base/i18n.js";
import { isWaiting, siteName, state } from "../base/store.js";
import { clock } from "../base/time.js";

const isHigh = (alarm) => alarm.priority === "high" && isWaiting(alarm) && !alarm.drill && !alarm.historical;

export function Announce() {
  const heard = useRef(null);
  const said = useRef("");
  const high = [...state.alarms.values()].filter(isHigh);
  if (state.read) {
    const fresh = heard.current ? high.filter(({ id }) => !heard.current.has(id)) : [];
    const [alarm] = fresh;
    const parts = alarm && [t("high"), both(alarm.text) || alarm.rule, siteName(alarm.site), alarm.bed, clock(alarm.raised_at), fresh.length > 1 && t("more", fresh.length - 1)];
    if (parts) said.current = parts.filter(Boolean).join(" · ");
    heard.current = new Set(high.map(({ id }) => id));
  }
  return (
    <div id="announce" class="hidden" aria-live="assertive">
      {said.current}
    </div>
  );
}
