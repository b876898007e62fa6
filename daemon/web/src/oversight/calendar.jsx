// calendar.jsx - a month of days with what is due on each.
import { t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { siteName } from "../base/store.js";
import { change, link } from "../base/url.js";
import { day, isOver, today } from "../parts/kit.jsx";

const DAY = 86400000;
const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export function Calendar({ rows, month, part }) {
  const chosen = /^\d{4}-\d\d$/.test(month ?? "") ? month : today().slice(0, 7);
  const first = new Date(`${chosen}-01T12:00:00`);
  const monday = first.getTime() - ((first.getDay() + 6) % 7) * DAY;
  const weeks = Array.from({ length: 6 }, (_, week) => Array.from({ length: 7 }, (_, i) => day(new Date(monday + (week * 7 + i) * DAY).toISOString())));
  const shift = (by) => day(new Date(first.getFullYear(), first.getMonth() + by, 1, 12).toISOString()).slice(0, 7);
  const on = new Map();
  for (const row of rows) {
    const due = !isOver(row) && (row.due_at ?? row.due);
    if (due) on.set(day(due), [...(on.get(day(due)) ?? []), row]);
  }
  return (
    <div class="wide" role="region" aria-label={t("calendar")} tabIndex={0}>
      <p class="tools">
        <button class="quiet" onClick={() => change({ month: shift(-1) })} aria-label={t("monthBefore")}>
          ←
        </button>
        <b>{chosen}</b>
        <button class="quiet" onClick={() => change({ month: shift(1) })} aria-label={t("monthAfter")}>
          →
        </button>
      </p>
      <table id="calendar">
        <thead>
          <tr>
            {weekdays.map((name) => (
              <th key={name} scope="col">
                {t(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks
            .filter((week) => week.some((one) => one.startsWith(chosen)))
            .map((week) => (
              <tr key={week[0]}>
                {week.map((one) => (
                  <td key={one} class={`${one.startsWith(chosen) ? "" : "dim"} ${one === today() ? "today" : ""}`}>
                    <span class="number">{Number(one.slice(8))}</span>
                    {(on.get(one) ?? []).map((row) => (
                      <a key={row.id} href={link(part, row.id)} class={one < today() ? "late" : ""}>
                        {one < today() && "! "}
                        {row.site ? siteName(row.site) : orgName(row.org)} {word(row.state)}
                      </a>
                    ))}
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
