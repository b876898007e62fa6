// first.jsx - a daemon that knows no site yet: what to do next. What it says to write and to run
// is taken literally by test_page_first.mjs.
import { t } from "../base/i18n.js";
import { state } from "../base/store.js";

const SITE = 'sites = ( { site = "s-1"; kind = "institution"; district = "510104"; name = "S1"; } );';

// Where the daemon's own broker is; who may not know it gets a place to fill in.
function publish() {
  const [, host, port] = /^[a-z]+:\/\/([^:/]+):(\d+)/.exec(state.status?.mqtt?.[0]?.broker ?? "") ?? [, "BROKER", "1883"];
  return `mosquitto_pub -h ${host} -p ${port} -t care/v1/s-1/bed-1/telemetry -m '{"hr":72,"spo2":97}'`;
}

export function FirstRun() {
  if (!state.loaded || state.sites.length > 0) return null;
  return (
    <section id="first">
      <h2>{t("firstTitle")}</h2>
      <ol>
        <li>
          {t("firstRegister")}
          <pre>{SITE}</pre>
        </li>
        <li>
          {t("firstPublish")}
          <pre>{publish()}</pre>
          <p class="dim">{t("firstUnknown")}</p>
        </li>
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
