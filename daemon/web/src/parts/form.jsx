// form.jsx - a few fields that are sent as one word about a case. What the daemon says against
// it stands below, in its own words.
import { useRef, useState } from "preact/hooks";
import { t, word } from "../base/i18n.js";
import { readAgain } from "../base/read.js";
import { newKey } from "../base/steps.js";

// {name: value} as the API wants it: lines become a list, a day its last second.
function bodyOf(fields, data) {
  const body = {};
  for (const { name, type } of fields) {
    const text = String(data.get(name) ?? "").trim();
    if (text === "") continue;
    if (type === "lines") body[name] = text.split("\n").map((line) => line.trim()).filter(Boolean);
    else if (type === "day") body[name] = new Date(`${text}T23:59:59`).toISOString();
    else if (type === "number" || type === "real") body[name] = Number(text);
    else if (type === "yuan") body[name] = Math.round(Number(text) * 100);
    else if (type === "flag") body[name] = text === "yes";
    else body[name] = text;
  }
  return body;
}

function Field({ of, field: { name, label, type, options, nameOf = word, required, value } }) {
  const id = `${of}-${name}`;
  const common = { id, name, required };
  return (
    <div class="field">
      <label for={id}>
        {t(label)} {required && <span aria-hidden="true">*</span>}
      </label>
      {options ? (
        <select {...common}>
          {options.map((code) => (
            <option key={code} value={code} selected={code === value}>
              {code === "" ? "—" : nameOf(code)}
            </option>
          ))}
        </select>
      ) : type === "lines" || type === "long" ? (
        <textarea {...common} rows={2} maxLength={1000} defaultValue={value} />
      ) : (
        <input {...common} type={{ day: "date", number: "number", real: "number", yuan: "number" }[type] ?? "text"} step={{ yuan: "0.01", real: "any" }[type]} min={type === "number" || type === "yuan" ? 0 : undefined} maxLength={250} defaultValue={value} />
      )}
    </div>
  );
}

// fields: {name, label, type, required, value, options, nameOf}; options are codes, named when
// they are drawn, in the language of that moment.
// send(body, key): resolves when it is taken; rejects with a problem. Sent again after no answer it
// has the same key: what the daemon has taken already is not done twice. onDone: it was taken.
export function FormBody({ id, fields = [], send, onDone }) {
  const [said, setSaid] = useState(null);
  const [busy, setBusy] = useState(false);
  const last = useRef({});
  const submit = async (event) => {
    event.preventDefault();
    if (last.current.isUnderWay) return;
    const form = event.target;
    const body = bodyOf(fields, new FormData(form));
    const text = JSON.stringify(body);
    if (last.current.text !== text) last.current = { text, key: newKey() };
    last.current.isUnderWay = true;
    setBusy(true);
    setSaid({ text: t("sending") });
    try {
      await send(body, last.current.key);
      form.reset();
      last.current = {};
      setSaid({ text: t("takenIn"), good: true });
      readAgain();
      onDone?.();
    } catch (problem) {
      last.current = problem.status ? {} : { ...last.current, isUnderWay: false };
      setSaid({ text: t(problem.status === 409 || problem.status === 412 ? "conflict" : "failed", problem.message) });
    }
    setBusy(false);
  };
  return (
    <form onSubmit={submit}>
      {fields.map((field) => (
        <Field key={field.name} of={id} field={field} />
      ))}
      <button disabled={busy}>{t("send")}</button>
      <p role="status" class={said && !said.good ? "notice" : ""}>
        {said?.text}
      </p>
    </form>
  );
}

// The same behind its title. Drawn when it is opened first: a list of cases has hundreds.
export function Form({ id, title, ...rest }) {
  const [wasOpened, setOpened] = useState(false);
  return (
    <details class="form" id={id} onToggle={() => setOpened(true)}>
      <summary>{t(title)}</summary>
      {wasOpened && <FormBody id={id} {...rest} />}
    </details>
  );
}
