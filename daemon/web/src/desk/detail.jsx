// detail.jsx - one alarm: what to do first, what can be done with it, then why it is believed
// (evidence), what happened to it and who was told.
import { both, metricName, t, unit, word } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { is } from "../base/steps.js";
import { ask, isOpen, isOrg, isWaiting, now, state } from "../base/store.js";
import { age, clock } from "../base/time.js";
import { link } from "../base/url.js";
import { Trend } from "../parts/trend.jsx";
import { Around, Incident, Timeline, Told, Why } from "./evidence.jsx";
import { Marks, where } from "./marks.jsx";
import { isOffered, orders } from "./orders.js";
import { Person } from "./person.jsx";

// Who is on duty now, by the rosters; a shift may change while an alarm is looked at.
async function readDuty() {
  if (!is("viewer", "dispatcher", "supervisor", "admin")) return [];
  return (await ask("/api/v1/rosters")).items.filter((roster) => roster.holds && roster.on_duty);
}

function Plan({ alarm }) {
  const onDuty = useRead(readDuty, 60, `duty/${state.status?.role}`).data ?? [];
  return (
    <div class="action">
      <b>{t("todo")}</b> {both(alarm.action) || t("noPlan")}
      {onDuty.length > 0 && (
        <p>
          <b>{t("dutyNow")}</b> {onDuty.map((roster) => `${roster.on_duty} (${roster.roster})`).join(" · ")}
        </p>
      )}
    </div>
  );
}

function Dispatch({ alarm }) {
  const facts = [
    alarm.owner && t("sent", alarm.owner, clock(alarm.assigned_at)),
    alarm.arrived_at && t("arrivedAt", clock(alarm.arrived_at)),
    alarm.handover && t("handedOver", alarm.handover.to, alarm.handover.answerer, clock(alarm.handover.at)),
    alarm.shelved_until && t("shelvedUntil", alarm.shelved_by, clock(alarm.shelved_until)),
    alarm.cause && t("closedFor", alarm.closed_by, word(alarm.cause)),
    alarm.escalates_at && isOpen(alarm) && t("escalatesAt", clock(alarm.escalates_at)),
    alarm.ack_until && t("ackUntil", clock(alarm.ack_until)),
  ].filter(Boolean);
  return facts.map((fact) => <p key={fact}>{fact}</p>);
}

function Facts({ alarm }) {
  const waited = isWaiting(alarm) ? now() - Date.parse(alarm.raised_at) : 0;
  const left = alarm.due && isOpen(alarm) ? Date.parse(alarm.due) - now() : null;
  return (
    <>
      <p>
        <b>{word(alarm.state)}</b>
        {waited > 0 && ` · ${t("waits", age(waited))}`}
        {left !== null && " · "}
        {left !== null && (left >= 0 ? t("left", age(left)) : <b>{t("lateBy", age(-left))}</b>)}
        {alarm.acked_by && ` · ${t("ackedBy", alarm.acked_by)} ${clock(alarm.acked_at)}`}
        {!alarm.active && alarm.cleared_at && ` · ${t("clearedAt", clock(alarm.cleared_at))}`}
      </p>
      <Dispatch alarm={alarm} />
      {alarm.value !== undefined && (
        <p>
          {alarm.metric && `${metricName(alarm.metric)} `}
          {t("measured", `${alarm.value} ${unit(alarm.metric)}`.trim(), alarm.limit ?? "—")}
        </p>
      )}
      {alarm.withheld && <p class="dim">{t("valueWithheld", word(alarm.withheld))}</p>}
      {(alarm.historical || alarm.delayed) && alarm.device_at && (
        <p title={alarm.device_at}>{t("happenedAt", clock(alarm.device_at), clock(alarm.raised_at))}</p>
      )}
    </>
  );
}

// Without orders (a wall shows, a desk acts) the way to where they are.
function Buttons({ alarm, onOrder, busy }) {
  if (!onOrder)
    return (
      <p class="buttons">
        <a class="call" href={link("alarms", "", { id: alarm.id })}>
          {t("handle")}
        </a>
      </p>
    );
  const offered = Object.keys(orders).filter((name) => isOffered(name, alarm));
  return (
    <p class="buttons">
      {offered.map((name) => (
        <button key={name} class={name === "ack" ? "primary" : "quiet"} onClick={() => onOrder(name, alarm)} disabled={busy}>
          {busy && name === "ack" ? t("acking") : name === "ack" ? t("ack") : t(`order.${name}`)}{" "}
          <kbd>{orders[name].key.toUpperCase()}</kbd>
        </button>
      ))}
    </p>
  );
}

export function Detail({ alarm, onOrder, onBack, busy, looked }) {
  if (!alarm) return null;
  return (
    <aside id="detail" aria-label={both(alarm.text) || alarm.rule} data-id={alarm.id} tabIndex={0}>
      {onBack && (
        <button class="quiet back" onClick={onBack}>
          {t("back")}
        </button>
      )}
      <h2>
        <i class={`glyph ${alarm.priority}`} aria-hidden="true" /> {t(alarm.priority)} ·{" "}
        {both(alarm.text) || alarm.rule} <Marks alarm={alarm} />
      </h2>
      <p>{alarm.site ? <a href={link(isOrg(alarm.site) ? "org" : "site", alarm.site)}>{where(alarm)}</a> : where(alarm)}</p>
      <Plan alarm={alarm} />
      <Facts alarm={alarm} />
      <Buttons alarm={alarm} onOrder={onOrder} busy={busy} />
      {onOrder && <Person key={`person/${alarm.id}`} alarm={alarm} asked={looked} />}
      {alarm.metric && !alarm.withheld && <Trend key={alarm.id} alarm={alarm} />}
      <Incident alarm={alarm} />
      <Timeline key={`steps/${alarm.id}`} alarm={alarm} />
      <Told alarm={alarm} />
      <Around key={`around/${alarm.id}`} alarm={alarm} />
      <Why key={`why/${alarm.id}`} alarm={alarm} />
      <p class="fine">
        {alarm.rule} · {alarm.id} · rev {alarm.rev}
      </p>
    </aside>
  );
}
