// evidence.jsx - what stands behind an alarm: what happened to it, who was told, what belongs
// to it, what else was there, and why the rule spoke. Each is read when it is looked at.
import { useEffect, useState } from "preact/hooks";
import { both, metricName, t, word } from "../base/i18n.js";
import { ask, incidentOf, isOpen, isWaiting, now, state } from "../base/store.js";
import { clock } from "../base/time.js";
import { byUrgency } from "../base/urgency.js";
import { change } from "../base/url.js";

// {data} or {problem}; read again when `key` changes, or what may be shown.
function useAnswer(path, key) {
  const [found, setFound] = useState({});
  useEffect(() => {
    let over = false;
    if (!path) return undefined;
    ask(path)
      .then((data) => over || setFound({ data }))
      .catch((problem) => over || setFound((before) => ({ ...before, problem })));
    return () => {
      over = true;
    };
  }, [path, key, state.consents]);
  return found;
}
const pathOf = (alarm, part) => `/api/v1/alarms/${encodeURIComponent(alarm.id)}/${part}`;

function Moment({ at }) {
  return (
    <time datetime={at} title={at}>
      {clock(at)}
    </time>
  );
}

// What the daemon itself writes has a code, and is said in the reader's language.
const noteOf = ({ note, code, args }) => (code ? t(`note.${code}`, ...args) : note);

// The steps, read again when there is a new one.
export function Timeline({ alarm }) {
  const key = `${alarm.rev} ${alarm.count} ${alarm.notified?.length ?? 0}`;
  const { data, problem } = useAnswer(pathOf(alarm, "history"), key);
  return (
    <section>
      <h3>{t("timeline")}</h3>
      {problem && <p class="dim">{t("failed", problem.message)}</p>}
      <ol class="timeline">
        {(data?.items ?? []).map((step, i) => (
          <li key={i}>
            <Moment at={step.at} /> {word(step.change)}
            {step.by && ` · ${step.by}`}
            {step.note && ` · ${noteOf(step)}`}
          </li>
        ))}
      </ol>
    </section>
  );
}

// Whom the next step of its chain tells, and when, if nobody answers until then.
function Next({ alarm }) {
  const { data } = useAnswer(alarm.escalates_at && isWaiting(alarm) && pathOf(alarm, "why"), alarm.rev);
  const next = data?.telling?.next ?? [];
  if (!alarm.escalates_at || next.length === 0) return null;
  return (
    <p id="next-told">
      <Moment at={alarm.escalates_at} /> {t("nextTold", next.map((one) => [one.channel, one.to].filter(Boolean).join(" → ")).join(" · "))}
    </p>
  );
}

export function Told({ alarm }) {
  const list = alarm.notified ?? [];
  return (
    <section>
      <h3>{t("told")}</h3>
      {list.length === 0 && <p class="dim">{t("toldNobody")}</p>}
      <ul class="timeline">
        {list.map((one, i) => (
          <li key={i} class={one.ok ? "" : "bad"}>
            <Moment at={one.at} /> {one.channel}
            {one.to && ` → ${one.to}`} · {t(one.ok ? "delivered" : "notDelivered")}
          </li>
        ))}
      </ul>
      <Next key={`next/${alarm.id}`} alarm={alarm} />
    </section>
  );
}

function Lines({ list }) {
  return (
    <ul class="timeline">
      {list.map((alarm) => (
        <li key={alarm.id}>
          <Moment at={alarm.raised_at} /> <i class={`glyph ${alarm.priority}`} aria-hidden="true" />{" "}
          <button class="link" onClick={() => change({ id: alarm.id }, true)}>
            {both(alarm.text) || alarm.rule}
          </button>{" "}
          {alarm.bed || alarm.device} · {word(alarm.state)}
        </li>
      ))}
    </ul>
  );
}

// Those of the same incident, the first one first.
export function Incident({ alarm }) {
  const others = incidentOf(alarm.incident).filter((one) => one.id !== alarm.id);
  if (others.length === 0) return null;
  others.sort((a, b) => b.first_out - a.first_out || byUrgency(a, b));
  return (
    <section>
      <h3>{t("sameIncident", others.length)}</h3>
      <Lines list={others.slice(0, 20)} />
    </section>
  );
}

const DAY_MS = 86400e3;

// What else that place had to say: in the last day, or around an alarm that is closed.
export function Around({ alarm }) {
  const path = alarm.site && `/api/v1/alarms?state=all&limit=200&site=${encodeURIComponent(alarm.site)}`;
  const { data } = useAnswer(path, alarm.id);
  const middle = isOpen(alarm) ? now() : Date.parse(alarm.raised_at);
  const list = (data?.items ?? []).filter(
    (one) => one.id !== alarm.id && one.incident !== alarm.incident && Math.abs(Date.parse(one.raised_at) - middle) < DAY_MS,
  );
  if (list.length === 0) return null;
  list.sort((a, b) => (a.raised_at < b.raised_at ? 1 : -1));
  return (
    <section>
      <h3>{t("around", `${list.length}${data.next ? "+" : ""}`)}</h3>
      <Lines list={list.slice(0, 8)} />
    </section>
  );
}

const show = (value) =>
  value === null || value === undefined ? "—" : typeof value === "object" ? JSON.stringify(value) : String(value);
const moment = (value) => (/^\d{4}-\d\d-\d\dT/.test(value) ? clock(value) : show(value));

function Facts({ of }) {
  return Object.entries(of ?? {}).map(([name, value]) => (
    <div key={name}>
      <dt>{word(`why.${name}`) === `why.${name}` ? name : word(`why.${name}`)}</dt>
      <dd>{moment(value)}</dd>
    </div>
  ));
}

function Reasons({ alarm }) {
  const { data, problem } = useAnswer(pathOf(alarm, "why"), alarm.rev);
  if (!data) return <p class="dim">{problem ? t("failed", problem.message) : t("reading")}</p>;
  const list = (items) => (items?.length ? items.map(show).join(" · ") : t("noneOf"));
  return (
    <dl class="why">
      <div>
        <dt>{t("whyReason")}</dt>
        <dd>{both(data.reason) || data.rule}</dd>
      </div>
      {data.detector && (
        <div>
          <dt>{t("whyDetector")}</dt>
          <dd>
            {data.detector} · {(data.inputs ?? []).map((one) => metricName(one.name ?? one)).join(", ")}
          </dd>
        </div>
      )}
      <Facts of={data.thresholds} />
      <Facts of={data.learned} />
      <Facts of={data.timers} />
      <div>
        <dt>{t("whySuppressors")}</dt>
        <dd>{list(data.suppressors)}</dd>
      </div>
      <div>
        <dt>{t("whyRouting")}</dt>
        <dd>{list(data.routing)}</dd>
      </div>
    </dl>
  );
}

export function Why({ alarm }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="why" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("why")}</summary>
      {isOpen && <Reasons alarm={alarm} />}
    </details>
  );
}
