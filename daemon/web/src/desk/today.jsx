// today.jsx - how many places are heard, and what the day has brought so far: alarms as they were
// raised, what was closed, services planned for today and what became of them. The daemon counts,
// from local midnight on; nothing here is of a person.
import { t } from "../base/i18n.js";
import { isStale, state } from "../base/store.js";
import { priorities } from "../base/urgency.js";
import "./words.js";

const Places = ({ name, of }) =>
  of.total > 0 && (
    <span id={name}>
      {t(`today.${name}`)} <b>{t("ofOnline", of.online, of.total)}</b>
    </span>
  );

export function Today() {
  const { today, institutions, stations } = state.kpi ?? {};
  if (!today) return null;
  return (
    <div class={isStale() ? "today old" : "today"} role="group" aria-label={t("today")}>
      <Places name="institutions" of={institutions} />
      <Places name="stations" of={stations} />
      <span id="came" title={today.day}>
        {t("cameToday")}{" "}
        {priorities.map((p) => (
          <span key={p}>
            {t(p)} <b>{today[p]}</b>{" "}
          </span>
        ))}
        · {t("closedToday")} <b>{today.closed}</b>
      </span>
      {today.visits > 0 && (
        <span id="served">
          {t("servedToday")} <b>{t("ofDone", today.done, today.visits)}</b> · {t("lateToday", today.late)} · {t("missedToday", today.missed)}
        </span>
      )}
    </div>
  );
}
