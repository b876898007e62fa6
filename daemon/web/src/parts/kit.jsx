// kit.jsx - what pages are made of: tables, tabs whose choice is in the address, facts, money
// and days.
import { useLayoutEffect } from "preact/hooks";
import { t, word } from "../base/i18n.js";
import { now } from "../base/store.js";
import { age, clock, day } from "../base/time.js";
import { change } from "../base/url.js";

export const yuan = (fen) =>
  fen === undefined || fen === null ? "—" : `¥ ${(fen / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
export const ago = (iso) => (iso ? age(now() - Date.parse(iso)) : "—");

// Evidence is a text, or a list of them; what the inspector's phone wrote is said in words.
const forms = [
  [/^on site (\d+) m ±(\d+) m (\S+)$/, (away, about, at) => t("proofPlace", away, about, clock(at))],
  [/^position ±(\d+) m (\S+)$/, (about, at) => t("proofPosition", about, clock(at))],
  [/^photo sha256:([0-9a-f]{12})[0-9a-f]{52}$/, (key) => t("proofPhoto", key)],
  [/^checked: (.+)$/, (items) => t("proofChecked", items)],
];
function proof(text) {
  const form = forms.find(([pattern]) => pattern.test(text));
  return form ? form[1](...form[0].exec(text).slice(1)) : text;
}
export const proofs = (some) => (Array.isArray(some) ? some.map(proof).join(" · ") : some && proof(some));

export { day };
export const today = () => day(new Date(now()).toISOString());
export const Day = ({ iso }) => <time dateTime={iso} title={iso}>{day(iso)}</time>;
export const Moment = ({ iso }) => <time dateTime={iso} title={iso}>{clock(iso) || "—"}</time>;

// When something has to be done: days left, or how long it is over.
export function Due({ iso }) {
  if (!iso) return "—";
  const left = Date.parse(iso) - now();
  const days = Math.floor(Math.abs(left) / 86400000);
  return (
    <span class={left < 0 ? "late" : ""}>
      <Day iso={iso} /> {left < 0 ? `! ${t("overdueBy", days)}` : t("daysLeft", days)}
    </span>
  );
}

// A case that asks nothing of anybody any more is not late. Of a duty a failure is the result, of an
// inspection it is not the end.
const over = ["passed", "dismissed", "archived", "closed", "done", "waived"];
export const isOver = ({ state, duty }) => over.includes(state) || (duty !== undefined && state === "failed");
export const DueOf = ({ row }) => (isOver(row) ? "—" : <Due iso={row.due_at ?? row.due} />);

// The state of a case as the API says it: a word in a frame, never a colour.
export const State = ({ name }) => (name ? <span class={`tag state-${name}`}>{word(name)}</span> : null);

export function Connection({ name }) {
  return (
    <>
      <i class={`mark ${name}`} aria-hidden="true" /> {word(name)}
    </>
  );
}

// What was asked, or why there is nothing to show. An old answer stays and says that it is old.
export function Answer({ of, children }) {
  if (!of.data) {
    const { problem } = of;
    return <p class="empty">{!problem ? t("reading") : problem.status === 404 ? t("notThere") : t("failed", problem.message)}</p>;
  }
  return (
    <>
      {of.problem && <p class="notice">{t("failed", of.problem.message)}</p>}
      {children}
    </>
  );
}

// columns: [title key, row => cell, class]. lookOf(row): the row's class.
export function Table({ id, label, columns, rows, empty = "nothing", most = 300, keyOf, lookOf }) {
  if (rows.length === 0) return <p class="empty">{t(empty)}</p>;
  return (
    <div class="wide" role="region" aria-label={label ?? t("list")} tabIndex={0}>
      <table id={id} class="rows">
        <thead>
          <tr>
            {columns.map(([title]) => (
              <th key={title} scope="col">
                {t(title)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, most).map((row, i) => (
            <tr key={keyOf ? keyOf(row) : i} class={lookOf?.(row)}>
              {columns.map(([title, cell, look]) => (
                <td key={title} class={look} data-title={t(title)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > most && <p class="dim">{t("moreRows", most, rows.length)}</p>}
    </div>
  );
}

// names: [name, title key, letter]; the letter chooses it, so does a click; `tab` of the address.
export function Tabs({ names, chosen, parameter = "tab", children }) {
  useKeys(Object.fromEntries(names.filter(([, , letter]) => letter).map(([name, , letter]) => [letter, () => change({ [parameter]: name })])));
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const at = names.findIndex(([name]) => name === chosen);
    const [next] = names[(at + step + names.length) % names.length];
    change({ [parameter]: next });
    event.currentTarget.querySelector(`[data-name="${next}"]`)?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" onKeyDown={move}>
        {names.map(([name, title, letter]) => (
          <button
            key={name}
            role="tab"
            id={`tab-${name}`}
            data-name={name}
            aria-selected={name === chosen}
            aria-controls="tab-panel"
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => change({ [parameter]: name })}
          >
            {t(title)} {letter && <kbd>{letter.toUpperCase()}</kbd>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${chosen}`}>
        {children}
      </div>
    </>
  );
}

// letter -> what it does, except while somebody types.
export function useKeys(keys) {
  useLayoutEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
      const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (!Object.hasOwn(keys, name)) return;
      if (name === " " && ["BUTTON", "SUMMARY"].includes(event.target.tagName)) return;
      event.preventDefault();
      keys[name]();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

// Facts in a row: [title key, value]; what is not known is left out.
export function Facts({ list }) {
  return (
    <dl class="facts">
      {list
        .filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false)
        .map(([title, value]) => (
          <div key={title}>
            <dt>{t(title)}</dt> <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

// A choice that is kept in the address. options: [value, text].
export function Choice({ name, label, value, options }) {
  return (
    <label class="choice">
      {t(label)}{" "}
      <select value={value} onChange={(event) => change({ [name]: event.target.value })}>
        {options.map(([code, text]) => (
          <option key={code} value={code}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

// A part of a whole as a bar in grey with its numbers beside it.
export function Share({ part, whole, label }) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return (
    <span class="share">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="whole" width="100" height="8" />
        <rect class="part" width={100 * share} height="8" />
      </svg>{" "}
      <span class="number">{label ?? `${part}/${whole}`}</span>
    </span>
  );
}
