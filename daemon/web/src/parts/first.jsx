// first.jsx - a daemon that knows no site yet: what to do next.
import { t } from "../base/i18n.js";
import { state } from "../base/store.js";

export function FirstRun() {
  if (!state.loaded || state.sites.length > 0) return null;
  return (
    <section id="first">
      <h2>{t("firstTitle")}</h2>
      <ol>
        <li>
          {t("firstPublish")}
          <pre>
            {"mosquitto_pub -t care/v1/SITE/DEVICE/telemetry -m '{\"hr\":72,\"spo2\":97}'"}
          </pre>
        </li>
        <li>{t("firstRegister")}</li>
        <li>
          {t("firstDemo")}
          <pre>scripts/demo</pre>
        </li>
        <li>
          {t("firstHealth")} <a href="#/health">{t("health")}</a>
        </li>
      </ol>
    </section>
  );
}
