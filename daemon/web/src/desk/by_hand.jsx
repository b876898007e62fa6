// by_hand.jsx - an alarm that somebody telephoned or told at the counter: where, what, of whom.
// Place and kind are enough; it goes the whole way like any other.
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../base/i18n.js";
import { is } from "../base/steps.js";
import { ask, keepAlarm, siteName, state } from "../base/store.js";
import { change } from "../base/url.js";
import { FormBody } from "../parts/form.jsx";
import { words } from "./words.js";

const kinds = ["call", "fall", "missing", "fire", "other"];
const named = (kind) => t(`hand.${kind}`);
const byName = (a, b) => siteName(a).localeCompare(siteName(b), "zh");
const fieldsFor = (site) => [
  { name: "site", label: "site", required: true, value: site, options: ["", ...state.sites.map((one) => one.site).sort(byName)], nameOf: siteName },
  { name: "kind", label: "hand.kind", required: true, options: kinds, nameOf: named },
  { name: "bed", label: "hand.bed" },
  { name: "resident", label: "hand.resident" },
  { name: "priority", label: "priority", options: ["high", "medium", "low"], nameOf: t },
  { name: "text", label: "hand.text", type: "long" },
];

async function open({ text, ...rest }, key) {
  const [zh, en] = words[`hand.${rest.kind}`];
  const alarm = await ask("/api/v1/alarms", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify({ ...rest, text: text ?? { zh, en } }),
  });
  keepAlarm(alarm);
  change({ id: alarm.id });
}

function Box({ site, onClose }) {
  const box = useRef(null);
  const fields = useRef(fieldsFor(site)); // as they were when it was opened: a list that moves cannot be chosen from
  useEffect(() => {
    box.current.showModal();
    box.current.querySelector("select").focus();
  }, []);
  return (
    <dialog ref={box} class="order" onClose={onClose} onKeyDown={(event) => event.stopPropagation()} aria-labelledby="by-hand-title">
      <h2 id="by-hand-title">{t("byHand")}</h2>
      <FormBody id="hand" fields={fields.current} send={open} onDone={() => box.current.close()} />
      <p class="buttons">
        <button type="button" class="quiet" onClick={() => box.current.close()}>
          {t("cancel")} <kbd>Esc</kbd>
        </button>
      </p>
    </dialog>
  );
}

export function ByHand({ site }) {
  const [isOpen, setOpen] = useState(false);
  const may = is("dispatcher", "supervisor");
  useEffect(() => {
    const onKey = (event) => {
      if (event.key.toLowerCase() !== "t" || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
      event.preventDefault();
      setOpen(true);
    };
    if (may) addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [may]);
  if (!may) return null;
  return (
    <>
      <button class="quiet" id="by-hand" onClick={() => setOpen(true)}>
        {t("byHand")} <kbd>T</kbd>
      </button>
      {isOpen && <Box site={site} onClose={() => setOpen(false)} />}
    </>
  );
}
