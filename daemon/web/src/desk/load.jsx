// load.jsx - is the desk keeping up: how much comes (for each operator, against what a person
// can follow), what is overdue, how fast alarms were answered today, and who rings most.
import { useState } from "preact/hooks";
import { t } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { ask, now, state } from "../base/store.js";

const DAY_MS = 86400e3;
const percent = (share) => (share === null || share === undefined ? "—" : `${Math.round(share * 1000) / 10} %`);
const seconds = (s) => (s === null || s === undefined ? "—" : s < 120 ? `${Math.round(s)} s` : `${Math.round(s / 60)} min`);
const report = (kind, by) => {
  const from = new Date(now() - DAY_MS).toISOString();
  return ask(`/api/v1/reports/${kind}?by=${by}&from=${from}`).then((answer) => answer.items);
};

function Figure({ name, value, bad }) {
  return (
    <span class={bad ? "figure bad" : "figure"}>
      {t(name)} <b>{value}</b>
    </span>
  );
}

function Actors() {
  const load = useRead(() => report("load", "all"), 60, "load");
  const actors = useRead(() => report("load", "actor"), 60, "actors");
  const all = load.data?.[0];
  return (
    <div class="actors">
      {all && (
        <p>
          {t("split", percent(all.high_share), percent(all.medium_share), percent(all.low_share))} ·{" "}
          {t("chattering", all.chattering)} · {t("standing", all.stale)}
        </p>
      )}
      <h3>{t("actors")}</h3>
      <ol>
        {(actors.data ?? []).slice(0, 10).map((row) => (
          <li key={row.actor}>
            {row.actor} · {row.alarms} ({percent(row.share)})
          </li>
        ))}
      </ol>
    </div>
  );
}

// A share of none is not a bad one.
const isBelow = (share, wanted) => share !== null && share < wanted;

export function Load() {
  const [isOpen, setOpen] = useState(false);
  const response = useRead(() => report("response", "all"), 30, "response").data?.[0];
  const { kpi } = state;
  if (!kpi) return null; // nobody may say "none" before it is known
  const aside = kpi.aside ?? 0;
  const open = Math.max(state.alarms.size, aside);
  return (
    <div class="load" role="group" aria-label={t("loadTitle")}>
      <Figure name="dueSoon" value={kpi.due_soon ?? 0} bad={kpi.due_soon > 0} />
      <Figure name="overdue" value={kpi.overdue ?? 0} bad={kpi.overdue > 0} />
      <Figure name="asideN" value={aside ? `${aside} (${percent(aside / open)})` : 0} />
      {response && (
        <>
          <Figure name="answerMedian" value={seconds(response.answer_median_s)} />
          <Figure name="answered60" value={percent(response.answered_in_target)} bad={isBelow(response.answered_in_target, 0.975)} />
          <Figure name="scene45" value={percent(response.on_scene_in_target)} bad={isBelow(response.on_scene_in_target, 0.9)} />
        </>
      )}
      <details class="menu" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t("loadMore")}</summary>
        {isOpen && <Actors />}
      </details>
    </div>
  );
}
