// trail.jsx - every change of a case or registration: when, by whom, what was and what is. A
// correction never erases: the old value stands beside the new one.
import { t, word } from "../base/i18n.js";
import { useRead } from "../base/read.js";
import { clock } from "../base/time.js";
import { Answer, Moment, proofs } from "./kit.jsx";

const shown = (value) => {
  if (value === null || value === "") return "—";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return clock(value);
  if (Array.isArray(value)) return value.map(shown).join(" · ");
  if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${word(name)} ${shown(one)}`).join(" · ");
  return proofs(word(String(value)));
};

// "visit.assigned" without a word of its own is called what "assigned" is.
const stepName = (what) => (word(what) === what ? word(what.slice(what.indexOf(".") + 1)) : word(what));

const inner = ["trend", "explained", "lines"]; // the daemon's own accounts of it

// One change: [field, old -> new]; what was not known before is only named.
export const Change = ({ row }) => (
  <>
    <b>{stepName(row.what)}</b> <span class="dim">{row.by}</span> {row.reason}
    <ul>
      {Object.entries(row.changes ?? {}).filter(([name]) => !inner.includes(name)).map(([name, [before, after]]) => (
        <li key={name}>
          {word(name)}: {before !== null && before !== "" && <s>{shown(before)}</s>} → {shown(after)}
        </li>
      ))}
    </ul>
  </>
);

export function Trail({ path }) {
  const found = useRead(`${path}?limit=200`, 60, path);
  const rows = found.data?.items ?? [];
  return (
    <Answer of={found}>
      {rows.length === 0 && <p class="dim">{t("nothing")}</p>}
      <ol class="trail">
        {rows.map((row) => (
          <li key={row.rev}>
            <Moment iso={row.at} /> <Change row={row} />
          </li>
        ))}
      </ol>
      {found.data?.next && <p class="dim">{t("newestOnly", rows.length)}</p>}
    </Answer>
  );
}
