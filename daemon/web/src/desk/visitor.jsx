// visitor.jsx - the wall for visitors: how many places, how many alarms, nothing to press and
// nobody's name, also not a place's. It makes no sound.
import { t } from "../base/i18n.js";
import { isStale, state } from "../base/store.js";
import { priorities } from "../base/urgency.js";
import { viewOf } from "./queue.js";
import { Clock } from "../parts/clock.jsx";
import { Today } from "./today.jsx";
import { Wall } from "./wall.jsx";
import "./words.js";

export function Page() {
  const open = [...state.alarms.values()].filter((alarm) => viewOf(alarm) === "open");
  const { online = 0, total = 0 } = state.kpi ?? {};
  return (
    <section id="visitor">
      <h1>{t("title")}</h1>
      <p class={isStale() ? "sums old" : "sums"}>
        <span>
          {t("sites")} <b>{total}</b>
        </span>
        <span>
          {t("online")} <b>{online}</b>
        </span>
        {priorities.map((p) => (
          <span key={p}>
            <i class={`glyph ${p}`} aria-hidden="true" /> {t(p)} <b>{open.filter((alarm) => alarm.priority === p).length}</b>
          </span>
        ))}
        <Clock />
      </p>
      <Today />
      <Wall isPublic />
    </section>
  );
}
