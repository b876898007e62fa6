// marks.jsx - how one alarm is named in a list and in its detail: the place, and what is special.
import { t } from "../base/i18n.js";
import { incidentOf, siteName } from "../base/store.js";

const spot = (alarm) => alarm.bed || alarm.device || alarm.resident;
export const where = (alarm) =>
  [siteName(alarm.site), spot(alarm)].filter(Boolean).join(" · ") || "carewatch"; // its own trouble has no site

// The same where it may take two lines: "3-12" is never torn in two.
export const Where = ({ alarm }) =>
  alarm.site && spot(alarm) ? (
    <>
      {siteName(alarm.site)} · <span class="whole">{spot(alarm)}</span>
    </>
  ) : (
    where(alarm)
  );

// The first of several in one incident; an alarm alone is no "first".
const isFirstOut = (alarm) => alarm.first_out && incidentOf(alarm.incident).length > 1;

export function Marks({ alarm }) {
  const marks = [
    alarm.drill && "drill",
    isFirstOut(alarm) && "firstOut",
    alarm.historical && "historical",
    alarm.delayed && "delayed",
  ].filter(Boolean);
  return (
    <>
      {marks.map((mark) => (
        <small class="tag" key={mark}>
          {t(mark)}
        </small>
      ))}
      {alarm.count > 1 && <small> {t("times", alarm.count)}</small>}
      {alarm.escalation > 0 && <small> {t("escalatedN", alarm.escalation)}</small>}
    </>
  );
}
