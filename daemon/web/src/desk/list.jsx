// list.jsx - the rows of the queue. Only those in view are drawn; the selected one is brought
// into view. The button stands in the selected row only, so that a row that moved under the
// pointer is selected, not acknowledged.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { both, t, word } from "../base/i18n.js";
import { isOpen, isWaiting, now } from "../base/store.js";
import { age, shortClock } from "../base/time.js";
import { windowOf } from "../parts/window.js";
import { Marks, Where, where } from "./marks.jsx";
import { isOffered } from "./orders.js";

export const isNarrow = () => matchMedia("(max-width: 60rem)").matches;
// Of style.css, and as the screen is: a wall's letters are larger.
const pixels = (rem) => rem * parseFloat(getComputedStyle(document.documentElement).fontSize);
const rowHeight = () => pixels(isNarrow() ? 4 : 2.75);

// What is left until somebody has to have answered, or to be there.
function Due({ alarm }) {
  if (!alarm.due || !isOpen(alarm)) return null;
  const left = Date.parse(alarm.due) - now();
  return left >= 0 ? t("left", age(left)) : <b>{t("lateBy", age(-left))}</b>;
}

function Row({ row, index, selected, chosen, expanded, on, busy }) {
  const { alarm, under, inside } = row;
  const pending = isWaiting(alarm);
  const stop = (act) => (event) => {
    event.stopPropagation();
    act();
  };
  return (
    <tr
      id={`row-${alarm.id}`}
      class={`${selected ? "selected" : ""} ${alarm.active ? "" : "over"} ${inside ? "inside" : ""}`}
      aria-selected={selected}
      aria-rowindex={index + 2}
      data-id={alarm.id}
      onClick={(event) => (event.shiftKey ? on.choose(alarm) : on.select(alarm, isNarrow()))}
    >
      <td>
        <label class="choose" onClick={(event) => event.stopPropagation()}>
          {pending && (
            <input
              type="checkbox"
              tabIndex={-1}
              checked={chosen}
              onChange={() => on.choose(alarm)}
              aria-label={t("choose", both(alarm.text) || alarm.rule)}
            />
          )}
        </label>
        <i class={`glyph ${alarm.priority} ${pending ? "flash" : ""}`} aria-hidden="true" /> {t(alarm.priority)}
      </td>
      <td title={alarm.raised_at}>{shortClock(alarm.raised_at)}</td>
      <td class="number">{isOpen(alarm) ? age(now() - Date.parse(alarm.raised_at)) : ""}</td>
      <td title={where(alarm)}>
        <div>
          <Where alarm={alarm} />
        </div>
      </td>
      <td title={both(alarm.text)}>
        {under.length > 0 && (
          <button class="quiet fold" tabIndex={-1} aria-expanded={expanded} onClick={stop(() => on.expand(alarm.incident))}>
            +{under.length} {expanded ? "▾" : "▸"}
          </button>
        )}
        <div>
          {both(alarm.text) || alarm.rule} <Marks alarm={alarm} />
        </div>
      </td>
      <td>
        <div>
          {word(alarm.state)}
          {(alarm.owner || alarm.acked_by) && ` · ${alarm.owner || alarm.acked_by}`}
        </div>
      </td>
      <td class="number">
        <Due alarm={alarm} />
      </td>
      <td>
        {pending && selected && isOffered("ack", alarm) && (
          <button tabIndex={-1} onClick={stop(() => on.order("ack", alarm))} disabled={busy}>
            {t("ack")}
          </button>
        )}
      </td>
    </tr>
  );
}

// Stands for n rows that are not drawn, by style.css: right at once when the letters grow.
const Space = ({ n }) => n > 0 && <tr class="space" aria-hidden="true" style={{ height: `calc(${n} * var(--row))` }} />;

// Which rows are in view.
function useWindow(n) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 900 });
  useLayoutEffect(() => {
    const measure = () => box.current && setView({ top: box.current.scrollTop, height: box.current.clientHeight });
    const watcher = new ResizeObserver(measure);
    const list = box.current;
    watcher.observe(list);
    list.addEventListener("scroll", measure, { passive: true });
    return () => (watcher.disconnect(), list.removeEventListener("scroll", measure));
  }, []);
  const reveal = (index) => {
    const row = rowHeight();
    const head = isNarrow() ? 0 : pixels(2.25);
    const { scrollTop, clientHeight } = box.current;
    if (index * row < scrollTop) box.current.scrollTop = index * row;
    else if ((index + 1) * row + head > scrollTop + clientHeight)
      box.current.scrollTop = (index + 1) * row + head - clientHeight;
  };
  return { box, reveal, rows: windowOf(n, view.top, view.height, rowHeight()) };
}

// rows: of fold(). chosen, expanded: sets of ids. on: { select, choose, expand, order }.
export function List({ rows: all, selected, chosen, expanded, on, busy }) {
  const at = all.findIndex((row) => row.alarm.id === selected?.id);
  const { box, reveal, rows } = useWindow(all.length);
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
        aria-multiselectable="true"
        aria-rowcount={all.length + 1}
        aria-activedescendant={at >= rows.from && at < rows.to ? `row-${selected.id}` : undefined}
      >
        <thead>
          <tr aria-rowindex={1}>
            {["priority", "time", "age", "where", "what", "state", "due"].map((k) => (
              <th key={k} scope="col">
                {t(k)}
              </th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          <Space n={rows.from} />
          {all.slice(rows.from, rows.to).map((row, i) => (
            <Row
              key={row.alarm.id}
              row={row}
              index={rows.from + i}
              selected={row.alarm.id === selected?.id}
              chosen={chosen.has(row.alarm.id)}
              expanded={expanded.has(row.alarm.incident)}
              on={on}
              busy={busy === row.alarm.id}
            />
          ))}
          <Space n={all.length - rows.to} />
        </tbody>
      </table>
    </div>
  );
}
