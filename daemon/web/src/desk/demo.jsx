// demo.jsx - in the demonstration: what one sees, until it is put away.
import { useState } from "preact/hooks";
import { t } from "../base/i18n.js";
import { state } from "../base/store.js";

const KEY = "demoSeen";

export function Demo() {
  const [isSeen, setSeen] = useState(localStorage.getItem(KEY) === "1");
  if (isSeen || !state.status?.config?.file?.endsWith("/demo.conf")) return null;
  const close = () => {
    localStorage.setItem(KEY, "1");
    setSeen(true);
  };
  return (
    <section id="demo" class="note">
      <p>
        <b>{t("demoTitle")}</b> {t("demoWhat")} {t("demoTry")}
      </p>
      <button class="quiet" onClick={close}>
        {t("close")}
      </button>
    </section>
  );
}
