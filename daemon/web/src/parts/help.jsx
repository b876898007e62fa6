// help.jsx - the keys and the marks, on every page: ?
import { useEffect } from "preact/hooks";
import { t } from "../base/i18n.js";
import { routes } from "../routes.js";

const keys = {
  queue: [
    ["J K ↓ ↑", "helpMove"],
    ["A", "helpAck"],
    ["X", "helpChoose"],
    ["→ ←", "helpFold"],
    ["D V E", "helpSend"],
    ["S C N H", "helpClose"],
    ["P", "helpWho"],
    ["T", "helpByHand"],
    ["U", "helpUndo"],
    ["/", "helpFilter"],
  ],
  wall: [
    ["1 … 9", "helpDistrict"],
    ["Esc", "helpCity"],
    ["Enter", "helpWorst"],
    ["Q", "helpQueue"],
    ["+ - ← →", "helpZoom"],
  ],
  all: [
    ["M", "helpMute"],
    ["?", "help"],
  ],
};
const box = () => document.getElementById("help");
export const toggleHelp = () => (box().open ? box().close() : box().showModal());

export function Help({ page }) {
  useEffect(() => {
    const onKey = (event) => {
      if (event.key !== "?" || ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
      event.preventDefault();
      toggleHelp();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <dialog id="help" aria-labelledby="help-title">
      <h2 id="help-title">
        {t("help")} · {t(routes[page].title)}
      </h2>
      <p>{t(routes[page].help)}</p>
      <dl>
        {[...(keys[routes[page].keys] ?? []), ...keys.all].map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
      <p>
        {["high", "medium", "low"].map((p) => (
          <span key={p}>
            <i class={`glyph ${p}`} aria-hidden="true" /> {t(p)}{" "}
          </span>
        ))}
      </p>
      <p>{t("helpFlash")}</p>
      <p>{t("helpHollow")}</p>
      <button onClick={toggleHelp}>{t("close")}</button>
    </dialog>
  );
}
