// marks.jsx - how one alarm is named in a list and in its detail: the place, and what is special.
import { t } from "../base/i18n.js";
import { incidentOf, siteName } from "../base/store.js";

export const where = (alarm) =>
  [siteName(alarm.site), alarm.bed || alarm.device || alarm.resident].filter(Boolean).join(" · ") ||
  "carewatch"; // its own trouble has no site

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
