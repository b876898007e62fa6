// dialog.jsx - what has to be said with an order: a cause by its digit, a person by the first
// letters, words. Enter sends it, Escape leaves everything as it is.
import { useEffect, useRef, useState } from "preact/hooks";
import { both, t, word } from "../base/i18n.js";
import { ask, state } from "../base/store.js";
import { where } from "./marks.jsx";
import { orders } from "./orders.js";

// Who is on duty by the rosters, and who was sent before.
function usePeople(wanted) {
  const [people, setPeople] = useState([]);
  useEffect(() => {
    if (!wanted) return;
    const sent = [...state.alarms.values(), ...state.closed].map((alarm) => alarm.owner).filter(Boolean);
    const show = (more) => setPeople([...new Set([...more, ...sent])].sort());
    show([]);
    ask("/api/v1/rosters")
      .then(({ items }) => show(items.flatMap((roster) => [roster.on_duty, ...(roster.members ?? [])]).filter(Boolean)))
      .catch(() => {}); // the box takes any id
  }, [wanted]);
  return people;
}

function Choice({ field, values, set }) {
  const isDigit = field.choices.length > 4;
  return (
    <fieldset>
      <legend>{t(field.name)}</legend>
      <div class={isDigit ? "choices" : "choices few"}>
        {field.choices.map((choice, i) => (
          <label key={choice}>
            <input
              type="radio"
              name={field.name}
              value={choice}
              checked={values[field.name] === choice}
              onChange={() => set(field.name, choice)}
              required
            />
            <kbd>{i + 1}</kbd> {word(choice)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Text({ field, values, set, isRequired, people }) {
  const isId = field.kind === "person" || field.kind === "id";
  return (
    <label class="field">
      {t(field.name)}
      {isRequired && " *"}
      <input
        name={field.name}
        value={values[field.name] ?? ""}
        onInput={(event) => set(field.name, event.target.value)}
        list={field.kind === "person" ? "people" : undefined}
        pattern={isId ? "[A-Za-z0-9_.\\-]{1,64}" : undefined}
        title={isId ? t("idOnly") : undefined}
        maxLength={isId ? 64 : 150}
        autocomplete="off"
        required={isRequired}
      />
      {field.kind === "person" && (
        <datalist id="people">
          {people.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </label>
  );
}

// onSend(values) answers null, or why it did not work: then the dialog stays.
export function OrderDialog({ name, alarm, onSend, onClose }) {
  const { fields } = orders[name];
  const box = useRef(null);
  const isLeft = useRef(false); // closed by who opened it: the next one may be there by then
  const [values, setValues] = useState(() =>
    Object.fromEntries(fields.filter((field) => field.preset).map((field) => [field.name, field.preset])),
  );
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const people = usePeople(fields.some((field) => field.kind === "person"));
  const choice = fields.find((field) => field.kind === "choice");
  const set = (key, value) => setValues((before) => ({ ...before, [key]: value }));
  useEffect(() => {
    const own = box.current;
    isLeft.current = false;
    own.showModal();
    own.querySelector("input:checked, input")?.focus();
    return () => {
      isLeft.current = true;
      own.close(); // the focus goes back to where it was
      if (document.activeElement === document.body) document.getElementById("alarms")?.focus({ preventScroll: true });
    };
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const filled = Object.entries(values).filter(([, value]) => value.trim());
    const why = await onSend(Object.fromEntries(filled.map(([key, value]) => [key, value.trim()])));
    setBusy(false);
    if (why) setProblem(why);
  };
  const onKey = (event) => {
    const digit = choice && event.target.type !== "text" && choice.choices[event.key - 1];
    if (digit) {
      set(choice.name, digit);
      box.current.querySelector(`input[value="${digit}"]`)?.focus();
      event.preventDefault();
    }
    if (event.key === "Enter" && event.ctrlKey) box.current.querySelector("form").requestSubmit();
    event.stopPropagation();
  };
  return (
    <dialog ref={box} class="order" onClose={() => isLeft.current || onClose()} onKeyDown={onKey} aria-labelledby="order-title">
      <form onSubmit={submit}>
        <h2 id="order-title">
          {t(`order.${name}`)} · {both(alarm.text) || alarm.rule}
        </h2>
        <p class="dim">{where(alarm)}</p>
        {fields.map((field) => {
          const isRequired = typeof field.required === "function" ? field.required(values) : field.required;
          return field.kind === "choice" ? (
            <Choice key={field.name} {...{ field, values, set }} />
          ) : (
            <Text key={field.name} {...{ field, values, set, isRequired, people }} />
          );
        })}
        <p role="alert" class={problem ? "notice" : "none"}>
          {problem}
        </p>
        <p class="buttons">
          <button class="primary" disabled={busy}>
            {t(`order.${name}`)} <kbd>Enter</kbd>
          </button>
          <button type="button" class="quiet" onClick={() => box.current.close()}>
            {t("cancel")} <kbd>Esc</kbd>
          </button>
        </p>
      </form>
    </dialog>
  );
}
