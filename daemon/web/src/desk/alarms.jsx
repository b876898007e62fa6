// alarms.jsx - the queue. J K or arrows move, A acknowledges what is selected, / filters.
//
// One alarm at a time: there is no "acknowledge all". The selection is an alarm, never a place
// in the list, so that an alarm that comes in between is not acknowledged by mistake; the
// button stands in the selected row only, so that a row that moved under the pointer is
// selected, not acknowledged. Only the rows in view are drawn.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { both, t, word } from "../base/i18n.js";
import { age, clock } from "../base/time.js";
import { acknowledge, ask, isOpen, isWaiting, mayAcknowledge, now, siteName, state } from "../base/store.js";
import { priorities } from "../base/urgency.js";
import { change, here } from "../base/url.js";
import { FirstRun } from "../parts/first.jsx";
import { windowOf } from "../parts/window.js";
import { Detail, Marks, where } from "./detail.jsx";
import { filterOf, select } from "./queue.js";
import "./words.js";

const isNarrow = () => matchMedia("(max-width: 60rem)").matches;
const rowHeight = () => (isNarrow() ? 64 : 44);

function Row({ alarm, index, selected, onSelect, onAck, busy }) {
  const pending = isWaiting(alarm);
  return (
    <tr
      id={`row-${alarm.id}`}
      class={`${selected ? "selected" : ""} ${alarm.active ? "" : "over"}`}
      aria-selected={selected}
      aria-rowindex={index + 2}
      data-id={alarm.id}
      onClick={onSelect}
    >
      <td>
        <i class={`glyph ${alarm.priority} ${pending ? "flash" : ""}`} aria-hidden="true" /> {t(alarm.priority)}
      </td>
      <td title={alarm.raised_at}>{clock(alarm.raised_at)}</td>
      <td class="number">{isOpen(alarm) ? age(now() - Date.parse(alarm.raised_at)) : ""}</td>
      <td title={where(alarm)}>{where(alarm)}</td>
      <td title={both(alarm.text)}>
        {both(alarm.text) || alarm.rule} <Marks alarm={alarm} />
      </td>
      <td>
        {word(alarm.state)}
        {alarm.acked_by && ` · ${alarm.acked_by}`}
      </td>
      <td>
        {pending && selected && mayAcknowledge() && (
          <button onClick={(event) => (event.stopPropagation(), onAck(alarm))} disabled={busy}>
            {t("ack")}
          </button>
        )}
      </td>
    </tr>
  );
}

// The list's scrolling: which rows are in view, and the selected one brought into it.
function useWindow(n, at) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 900 });
  useLayoutEffect(() => {
    const measure = () => box.current && setView({ top: box.current.scrollTop, height: box.current.clientHeight });
    const watcher = new ResizeObserver(measure);
    watcher.observe(box.current);
    box.current.addEventListener("scroll", measure, { passive: true });
    return () => watcher.disconnect();
  }, []);
  const reveal = (index) => {
    const row = rowHeight();
    const head = 36;
    const { scrollTop, clientHeight } = box.current;
    if (index * row < scrollTop) box.current.scrollTop = index * row;
    else if ((index + 1) * row + head > scrollTop + clientHeight)
      box.current.scrollTop = (index + 1) * row + head - clientHeight;
  };
  return { box, reveal, rows: windowOf(n, view.top, view.height, rowHeight()), at };
}

function List({ list, selected, onSelect, onAck, busy }) {
  const at = list.findIndex((alarm) => alarm.id === selected?.id);
  const { box, reveal, rows } = useWindow(list.length);
  useEffect(() => {
    if (at >= 0) reveal(at);
  }, [selected?.id]);
  return (
    <div class="list" ref={box}>
      <table
        id="alarms"
        role="grid"
        tabindex={0}
        aria-label={t("alarms")}
        aria-rowcount={list.length + 1}
        aria-activedescendant={at >= rows.from && at < rows.to ? `row-${selected.id}` : undefined}
      >
        <thead>
          <tr aria-rowindex={1}>
            {["priority", "time", "age", "where", "what", "state"].map((k) => (
              <th key={k} scope="col">
                {t(k)}
              </th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          {rows.above > 0 && <tr class="space" aria-hidden="true" style={{ height: `${rows.above}px` }} />}
          {list.slice(rows.from, rows.to).map((alarm, i) => (
            <Row
              key={alarm.id}
              alarm={alarm}
              index={rows.from + i}
              selected={alarm.id === selected?.id}
              onSelect={() => onSelect(alarm, isNarrow())}
              onAck={onAck}
              busy={busy === alarm.id}
            />
          ))}
          {rows.below > 0 && <tr class="space" aria-hidden="true" style={{ height: `${rows.below}px` }} />}
        </tbody>
      </table>
    </div>
  );
}

function Filters({ filter, hidden, n }) {
  const toggle = (p) => {
    const chosen = priorities.filter((one) => filter.priorities.includes(one) !== (one === p));
    change({ priority: chosen.length < 3 ? chosen.join(",") : "" });
  };
  return (
    <div class="tools" role="search">
      <select
        id="state"
        aria-label={t("state")}
        value={filter.state}
        onChange={(event) => change({ state: event.target.value === "open" ? "" : event.target.value, id: "" })}
      >
        {["open", "waiting", "closed"].map((name) => (
          <option value={name} key={name}>
            {t(name)}
          </option>
        ))}
      </select>
      {priorities.map((p) => (
        <button class="quiet" key={p} aria-pressed={filter.priorities.includes(p)} onClick={() => toggle(p)}>
          <i class={`glyph ${p}`} aria-hidden="true" /> {t(p)}
        </button>
      ))}
      <input
        id="q"
        type="search"
        aria-label={t("filter")}
        placeholder={t("filter")}
        value={filter.text}
        onInput={(event) => change({ q: event.target.value })}
        onKeyDown={(event) => event.key === "Escape" && (change({ q: "" }), event.target.blur())}
      />
      <span class="dim number">
        {t("shownN", n)}
        {filter.state === "closed" && ` · ${t("last100")}`}
      </span>
      {hidden > 0 && filter.state !== "closed" && (
        <span class="notice" id="hidden">
          {t("hiddenN", hidden)}{" "}
          <button class="quiet" onClick={() => change({ state: "", priority: "", q: "" })}>
            {t("showAll")}
          </button>
        </span>
      )}
      {state.cut && <span class="notice">{t("cut")}</span>}
    </div>
  );
}

// The alarm of the URL, also when it is closed and no longer in any list.
function useAlarm(id) {
  const [read, setRead] = useState(null);
  const known = state.alarms.get(id) ?? state.closed.find((alarm) => alarm.id === id);
  useEffect(() => {
    if (!id || known) return;
    ask(`/api/v1/alarms/${encodeURIComponent(id)}`).then(setRead, () => setRead(null));
  }, [id, !known]);
  return known ?? (read?.id === id ? read : null);
}

// Moves by keys. After an acknowledgement the alarm goes to another place: `place` is where it
// was, so that J goes on with the next one that waits. The URL is ahead of the screen by a
// moment: what is not shown yet is not acknowledged.
function useKeys(list, selected, onSelect, onAck) {
  const place = useRef({ id: null, index: -1 });
  const indexOf = (id) => list.findIndex((alarm) => alarm.id === id);
  const at = indexOf(selected?.id);
  const held = place.current.id === selected?.id && selected && place.current.acked;
  if (at >= 0 && !held) place.current = { id: selected.id, index: at };
  const step = (by) => {
    const id = here().query.get("id");
    const isShown = id === selected?.id;
    const moved = isShown && (held || at < 0);
    const from = isShown ? place.current.index : indexOf(id);
    const inside = (index) => list[Math.max(0, Math.min(list.length - 1, index))];
    const to = moved && by > 0 ? Math.max(0, from) : from + by;
    const next = inside(to)?.id === id ? inside(to + by) : inside(to);
    if (next) onSelect(next, false);
  };
  useLayoutEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
      const key = event.key.toLowerCase();
      if (key === "j" || key === "arrowdown") step(1);
      else if (key === "k" || key === "arrowup") step(-1);
      else if (key === "/") document.getElementById("q")?.focus();
      else if (key === "a" && !event.repeat && selected && isWaiting(selected)) {
        if (here().query.get("id") !== selected.id) return;
        place.current = { id: selected.id, index: at, acked: true };
        onAck(selected);
      } else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

export function Page({ query }) {
  const filter = filterOf(query);
  const source = filter.state === "closed" ? state.closed : [...state.alarms.values()];
  const { list, hidden } = select(source, filter, siteName);
  const id = query.get("id");
  const selected = useAlarm(id);
  const [busy, setBusy] = useState(null);
  const [notice, setNotice] = useState("");
  const nothing = !state.read ? "reading" : hidden ? "noneFit" : filter.state === "closed" ? "none" : "noneOpen";

  const onSelect = (alarm, back) => {
    setNotice("");
    change({ id: alarm.id }, back);
  };
  const onAck = async (alarm) => {
    if (!mayAcknowledge() || busy) return;
    setBusy(alarm.id);
    setNotice("");
    const problem = await acknowledge(alarm);
    setBusy(null);
    if (problem?.changed) {
      setNotice(t("changedBy", problem.changed.acked_by || t("somebody"), word(problem.changed.state)));
    } else if (problem) setNotice(t("failed", problem.text));
  };
  // Where there is room for both, the first one is selected once, and stays so; again when the
  // list was empty.
  const wasEmpty = useRef(false);
  useEffect(() => {
    const lost = wasEmpty.current && !list.some((alarm) => alarm.id === id);
    if (list.length > 0 && (!id || lost) && !isNarrow()) change({ id: list[0].id });
    wasEmpty.current = state.loaded && list.length === 0;
  });
  useKeys(list, selected, onSelect, onAck);

  return (
    <section id="queue" class={id ? "one" : ""}>
      <Filters filter={filter} hidden={hidden} n={list.length} />
      <p role="alert" class={notice ? "bar" : "none"}>
        {notice}
      </p>
      {list.length === 0 && <p class="empty">{t(nothing)}</p>}
      {list.length === 0 && <FirstRun />}
      <div class="split">
        {list.length > 0 && <List {...{ list, selected, onSelect, onAck, busy }} />}
        <Detail
          alarm={selected}
          onAck={onAck}
          onBack={() => change({ id: "" })}
          busy={busy !== null && busy === selected?.id}
        />
      </div>
    </section>
  );
}
