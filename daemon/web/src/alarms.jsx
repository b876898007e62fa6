// alarms.jsx - the queue: unacknowledged first, high before low, what goes on before what is
// over, oldest first.
// J K or arrows move, A acknowledges. One alarm at a time: there is no "acknowledge all".
import { useEffect, useRef, useState } from "preact/hooks";
import { age, both, clock, t, word } from "./i18n.js";
import { acknowledge, state } from "./store.js";

const weight = { high: 0, medium: 1, low: 2 };
const waiting = (alarm) => alarm.state === "unack" || alarm.state === "rtn_unack";

function queue() {
  return [...state.alarms.values()].sort(
    (a, b) =>
      waiting(b) - waiting(a) ||
      weight[a.priority] - weight[b.priority] ||
      b.active - a.active ||
      a.raised_at.localeCompare(b.raised_at) ||
      a.id.localeCompare(b.id),
  );
}

function where(alarm) {
  const site = state.sites.find((s) => s.site === alarm.site);
  return [site?.name || alarm.site, alarm.bed || alarm.device].filter(Boolean).join(" · ");
}

function Row({ alarm, selected, onSelect, onAck, busy }) {
  const row = useRef(null);
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const pending = waiting(alarm);
  return (
    <tr
      ref={row}
      class={`${selected ? "selected" : ""} ${alarm.active ? "" : "over"}`}
      aria-selected={selected}
      data-id={alarm.id}
      onClick={onSelect}
    >
      <td>
        <i class={`glyph ${alarm.priority} ${pending ? "flash" : ""}`} aria-hidden="true" /> {t(alarm.priority)}
      </td>
      <td title={alarm.raised_at}>{clock(alarm.raised_at)}</td>
      <td class="number">{alarm.closed_at ? "" : age(Date.now() - new Date(alarm.raised_at))}</td>
      <td>{where(alarm)}</td>
      <td>
        {both(alarm.text)}
        {alarm.count > 1 && <small> {t("times", alarm.count)}</small>}
        {alarm.historical && <small> {t("historical")}</small>}
        {alarm.delayed && <small> {t("delayed")}</small>}
      </td>
      <td>{word(alarm.state)}</td>
      <td>
        {pending && (
          <button onClick={(event) => (event.stopPropagation(), onAck(alarm))} disabled={busy}>
            {t("ack")}
          </button>
        )}
      </td>
    </tr>
  );
}

function Detail({ alarm }) {
  if (!alarm) return null;
  return (
    <aside id="detail" aria-label={both(alarm.text)}>
      <h2>
        <i class={`glyph ${alarm.priority}`} aria-hidden="true" /> {both(alarm.text)}
      </h2>
      <p>{where(alarm)}</p>
      {both(alarm.action) && (
        <p class="action">
          <b>{t("todo")}</b> {both(alarm.action)}
        </p>
      )}
      {alarm.value !== undefined && <p>{t("measured", alarm.value, alarm.limit ?? "—")}</p>}
      <p>
        {word(alarm.state)}
        {alarm.acked_by && ` · ${t("ackedBy", alarm.acked_by)}`}
      </p>
      <p class="fine">
        {alarm.rule} · {alarm.id} · rev {alarm.rev}
      </p>
    </aside>
  );
}

export function Alarms({ query }) {
  const showClosed = query.get("state") === "closed";
  const list = showClosed ? state.closed : queue();
  const [selectedId, select] = useState(null);
  const [busy, setBusy] = useState(null);
  const [notice, setNotice] = useState("");
  const at = Math.max(0, list.findIndex((alarm) => alarm.id === selectedId));
  const selected = list[at];

  const ack = async (alarm) => {
    setBusy(alarm.id);
    setNotice("");
    const problem = await acknowledge(alarm);
    setBusy(null);
    if (problem) setNotice(problem === "changedBy" ? t("changedBy") : t("failed", problem));
  };
  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "INPUT") return;
      const key = event.key.toLowerCase();
      if (key === "j" || key === "arrowdown") select(list[Math.min(list.length - 1, at + 1)]?.id);
      else if (key === "k" || key === "arrowup") select(list[Math.max(0, at - 1)]?.id);
      else if (key === "a" && selected && waiting(selected)) ack(selected);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  return (
    <section>
      <div class="tools">
        <a href="#/alarms" aria-current={!showClosed || undefined}>{t("open")}</a>
        <a href="#/alarms?state=closed" aria-current={showClosed || undefined}>{t("closed")}</a>
        <span role="alert" class="notice">{notice}</span>
      </div>
      {list.length === 0 && <p class="empty">{t(showClosed ? "none" : "noneOpen")}</p>}
      <div class="split">
        {list.length > 0 && (
          <table id="alarms">
            <thead>
              <tr>
                {["priority", "time", "age", "where", "what", "state"].map((k) => (
                  <th key={k}>{t(k)}</th>
                ))}
                <th />
              </tr>
            </thead>
            <tbody>
              {list.slice(0, 200).map((alarm) => (
                <Row
                  key={alarm.id}
                  alarm={alarm}
                  selected={alarm.id === selected?.id}
                  onSelect={() => select(alarm.id)}
                  onAck={ack}
                  busy={busy === alarm.id}
                />
              ))}
            </tbody>
          </table>
        )}
        <Detail alarm={selected} />
      </div>
    </section>
  );
}
