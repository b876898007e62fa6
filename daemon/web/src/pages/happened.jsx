// happened.jsx - the alarms of one device or resident, newest first, open ones and closed ones.
import { both, t, word } from "../base/i18n.js";
import { isWaiting } from "../base/store.js";
import { link } from "../base/url.js";
import { Moment, Table } from "../parts/kit.jsx";

// hasMore: there are older ones that were not read.
export function Happened({ alarms, hasMore }) {
  return (
    <section>
      <h3>
        {t("alarms")} {alarms.length}
        {hasMore && "+"}
      </h3>
      <Table
        id="happened"
        empty="noneEver"
        rows={[...alarms].sort((a, b) => (a.raised_at < b.raised_at ? 1 : -1))}
        keyOf={(alarm) => alarm.id}
        most={50}
        columns={[
          [
            "level",
            (alarm) => (
              <>
                <i class={alarm.state === "closed" ? "none" : `glyph ${alarm.priority} ${isWaiting(alarm) ? "flash" : ""}`} aria-hidden="true" />{" "}
                {t(alarm.priority)}
              </>
            ),
          ],
          ["when", (alarm) => <Moment iso={alarm.raised_at} />],
          ["alarm", (alarm) => (alarm.state === "closed" ? both(alarm.text) || alarm.rule : <a href={link("alarms", "", { id: alarm.id })}>{both(alarm.text) || alarm.rule}</a>)],
          ["value", (alarm) => (alarm.value === undefined ? "" : `${alarm.value}${alarm.limit === undefined ? "" : ` (${alarm.limit})`}`), "number"],
          ["state", (alarm) => word(alarm.state)],
          ["device", (alarm) => alarm.device],
        ]}
      />
    </section>
  );
}
