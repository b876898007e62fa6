// detail.jsx - one alarm: what to do first, then why it is believed (evidence), what happened
// to it (timeline) and who was told.
import { useEffect, useState } from "preact/hooks";
import { both, metricName, t, unit, word } from "../base/i18n.js";
import { age, clock } from "../base/time.js";
import { ask, incidentSize, isWaiting, mayAcknowledge, now, siteName } from "../base/store.js";
import { Trend } from "../parts/trend.jsx";
import { link } from "../base/url.js";

export const where = (alarm) =>
  [siteName(alarm.site), alarm.bed || alarm.device || alarm.resident].filter(Boolean).join(" · ") ||
  "carewatch"; // its own trouble has no site

// The first of several in one incident; an alarm alone is no "first".
const isFirstOut = (alarm) => alarm.first_out && incidentSize(alarm.incident) > 1;

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
    </>
  );
}

// The steps, read again when there is a new one.
function useHistory(alarm) {
  const [found, setFound] = useState({ items: [] });
  const told = alarm.notified?.length ?? 0;
  useEffect(() => {
    let over = false;
    ask(`/api/v1/alarms/${encodeURIComponent(alarm.id)}/history`)
      .then((page) => over || setFound({ items: page.items }))
      .catch((problem) => over || setFound({ items: [], problem }));
    return () => {
      over = true;
    };
  }, [alarm.id, alarm.rev, alarm.count, told]);
  return found;
}

function Timeline({ alarm }) {
  const { items, problem } = useHistory(alarm);
  if (!items.length && !problem) return null;
  return (
    <>
      <h3>{t("timeline")}</h3>
      {problem && <p class="dim">{t("failed", problem.message)}</p>}
      <ol class="timeline">
        {items.map((step, i) => (
          <li key={i}>
            <time datetime={step.at} title={step.at}>
              {clock(step.at)}
            </time>{" "}
            {word(step.change)}
            {step.by && ` · ${step.by}`}
            {step.note && ` · ${step.note}`}
          </li>
        ))}
      </ol>
    </>
  );
}

function Told({ alarm }) {
  const list = alarm.notified ?? [];
  return (
    <>
      <h3>{t("told")}</h3>
      {list.length === 0 && <p class="dim">{t("toldNobody")}</p>}
      <ul class="timeline">
        {list.map((one, i) => (
          <li key={i} class={one.ok ? "" : "bad"}>
            <time datetime={one.at} title={one.at}>
              {clock(one.at)}
            </time>{" "}
            {one.channel}
            {one.to && ` → ${one.to}`} · {t(one.ok ? "delivered" : "notDelivered")}
          </li>
        ))}
      </ul>
    </>
  );
}

function Facts({ alarm }) {
  const waited = isWaiting(alarm) ? now() - Date.parse(alarm.raised_at) : 0;
  return (
    <>
      <p>
        <b>{word(alarm.state)}</b>
        {waited > 0 && ` · ${t("waits", age(waited))}`}
        {alarm.acked_by && ` · ${t("ackedBy", alarm.acked_by)} ${clock(alarm.acked_at)}`}
        {!alarm.active && alarm.cleared_at && ` · ${t("clearedAt", clock(alarm.cleared_at))}`}
      </p>
      {alarm.value !== undefined && (
        <p>
          {alarm.metric && `${metricName(alarm.metric)} `}
          {t("measured", `${alarm.value} ${unit(alarm.metric)}`.trim(), alarm.limit ?? "—")}
        </p>
      )}
      {(alarm.historical || alarm.delayed) && alarm.device_at && (
        <p title={alarm.device_at}>{t("happenedAt", clock(alarm.device_at), clock(alarm.raised_at))}</p>
      )}
    </>
  );
}

export function Detail({ alarm, onAck, onBack, busy }) {
  if (!alarm) return null;
  return (
    <aside id="detail" aria-label={both(alarm.text) || alarm.rule} data-id={alarm.id}>
      <button class="quiet back" onClick={onBack}>
        {t("back")}
      </button>
      <h2>
        <i class={`glyph ${alarm.priority}`} aria-hidden="true" /> {t(alarm.priority)} ·{" "}
        {both(alarm.text) || alarm.rule} <Marks alarm={alarm} />
      </h2>
      <p>
        <a href={link("site", alarm.site)}>{where(alarm)}</a>
      </p>
      <p class="action">
        <b>{t("todo")}</b> {both(alarm.action) || t("noPlan")}
      </p>
      <Facts alarm={alarm} />
      {isWaiting(alarm) && mayAcknowledge() && (
        <button class="primary" onClick={() => onAck(alarm)} disabled={busy}>
          {t(busy ? "acking" : "ack")} <kbd>A</kbd>
        </button>
      )}
      {alarm.metric && <Trend key={alarm.id} alarm={alarm} />}
      <Timeline alarm={alarm} />
      <Told alarm={alarm} />
      <p class="fine">
        {alarm.rule} · {alarm.id} · rev {alarm.rev}
      </p>
    </aside>
  );
}
