// health.jsx - for the operator: is every part of the daemon well, how much goes through, and
// how far behind is each reader of the journal.
import { both, t, word } from "../base/i18n.js";
import { age, clock } from "../base/time.js";
import { useRead } from "../base/read.js";
import { isWaiting, state } from "../base/store.js";
import { byUrgency } from "../base/urgency.js";
import { link } from "../base/url.js";
import "./words.js";

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const n = (value) => (value === undefined || value === null ? "—" : number.format(value));
function bytes(value) {
  const unit = ["KiB", "MiB", "GiB", "TiB"];
  const i = Math.max(0, Math.min(unit.length, Math.floor(Math.log2(value) / 10)) - 1);
  return `${n(value / 1024 ** (i + 1))} ${unit[i]}`;
}
const ms = (seconds) => `${n(seconds * 1000)} ms`;

// A part and its facts; what is not well says so in words, what is well again keeps its last error.
function Part({ title, ok, facts, error, children }) {
  return (
    <section class="part">
      <h2>
        {ok !== undefined && <i class={`mark ${ok ? "online" : ""}`} aria-hidden="true" />} {title}{" "}
        {ok !== undefined && <small class={ok ? "dim" : "tag"}>{t(ok ? "well" : "trouble")}</small>}
      </h2>
      {facts && (
        <dl>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="number">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {children}
      {error && <p class={ok ? "fine" : "notice"}>{ok ? t("lastError", error) : error}</p>}
    </section>
  );
}

// Bytes between two positions "epoch.offset"; over an epoch nobody can tell.
function behind(end, at) {
  const [epoch, to] = end.split(".").map(Number);
  const [before, from] = at.split(".").map(Number);
  return epoch === before ? bytes(Math.max(0, to - from)) : t("epochBefore");
}

function Brokers({ list }) {
  return list.map((session, i) => (
    <Part
      key={i}
      title={`MQTT ${session.broker} · ${session.role}`}
      ok={session.connected}
      error={session.last_error}
      facts={[
        [t("since"), session.connected ? clock(session.connected_since) : "—"],
        [t("messages"), n(session.messages)],
        [t("connects"), n(session.connects)],
        [t("refusedByJournal"), n(session.refused_by_journal)],
      ]}
    />
  ));
}

function Doors({ list }) {
  return list.map((door) => (
    <Part
      key={door.name}
      title={`${t("door")} ${door.name}`}
      facts={Object.entries(door)
        .filter(([name, value]) => name !== "name" && typeof value !== "object")
        .map(([name, value]) => [name, typeof value === "number" ? n(value) : String(value)])}
    />
  ));
}

function Heartbeat({ heartbeat }) {
  if (!heartbeat) return <Part title={t("heartbeat")} facts={[[t("notConfigured"), ""]]} />;
  return (
    <Part
      title={t("heartbeat")}
      ok={heartbeat.ok}
      error={heartbeat.last_error}
      facts={[
        [t("lastWrite"), clock(heartbeat.sent) || "—"],
        [t("failures"), n(heartbeat.failed)],
        [t("heldBack"), n(heartbeat.withheld)],
      ]}
    />
  );
}

function Influx({ influx }) {
  if (!influx) return <Part title="InfluxDB" facts={[[t("notConfigured"), ""]]} />;
  return (
    <Part
      title="InfluxDB"
      ok={influx.up}
      error={influx.last_error}
      facts={[
        [t("written"), n(influx.written)],
        [t("lastWrite"), clock(influx.last_write) || "—"],
        [t("latency"), ms(influx.last_latency_s)],
        [t("buffer"), bytes(influx.buffer_bytes)],
        [t("retries"), n(influx.retries)],
        [t("badLines"), n(influx.bad_lines)],
        [t("givenUp"), n(influx.given_up)],
      ]}
    />
  );
}

function Channels({ list }) {
  if (list.length === 0) return <Part title={t("channels")} error={t("noChannels")} />;
  return list.map((channel) => (
    <Part
      key={channel.name}
      title={`${t("channel")} ${channel.name}`}
      ok={channel.ok}
      error={channel.last_error}
      facts={[
        [t("done"), n(channel.done)],
        [t("queued"), n(channel.queued)],
        [t("failures"), n(channel.failed)],
      ]}
    />
  ));
}

function Parts({ status }) {
  const { rates, journal, store, cursors, config } = status;
  const refused = Object.entries(status.refused ?? {});
  return (
    <div class="parts">
      <Part
        title={`carewatch ${status.version}`}
        facts={[
          [t("uptime"), age(status.uptime_s * 1000)],
          [t("rate"), n(rates.messages_s)],
          [t("values"), n(rates.values_s)],
          [t("lines"), n(rates.lines_s)],
          [t("cpu"), `${n(100 * status.process.cpu)} %`],
          [t("memory"), bytes(status.process.rss_bytes)],
          [t("loopLag"), ms(status.loop_lag_s)],
          [t("sites"), n(status.sites)],
          [t("devices"), n(status.devices)],
          [t("pagesOpen"), n(status.sse_clients)],
        ]}
      />
      <Brokers list={status.mqtt} />
      <Doors list={status.doors ?? []} />
      <Part
        title={t("journal")}
        ok={journal.ok}
        facts={[
          [t("size"), journal.quota_bytes ? t("sizeOf", bytes(journal.bytes), bytes(journal.quota_bytes)) : bytes(journal.bytes)],
          [t("diskFree"), journal.disk_bytes ? t("sizeOf", bytes(journal.disk_free_bytes), bytes(journal.disk_bytes)) : "—"],
          [t("appended"), n(journal.appended)],
          [t("refusedRecords"), n(journal.refused)],
          [t("sync99"), ms(journal.sync_p99_s)],
          ...Object.entries(cursors)
            .filter(([name]) => name !== "end")
            .map(([name, at]) => [t("behind", word(name)), behind(cursors.end, at)]),
        ]}
      />
      <Part title={t("store")} ok={store.ok} error={store.last_error} />
      <Influx influx={status.influx} />
      <Channels list={status.notify} />
      <Heartbeat heartbeat={status.heartbeat} />
      <Part
        title={t("taken")}
        facts={[
          [t("messages"), n(status.messages)],
          [t("lateOnes"), n(status.late)],
          [t("repeats"), n(status.repeats)],
          [t("redelivered"), n(status.redelivered)],
          ...refused.map(([reason, count]) => [`${t("refused")} ${reason}`, n(count)]),
        ]}
      />
      <Part
        title={t("config")}
        error={config.last_error}
        facts={[
          [t("file"), config.file ?? "—"],
          [t("loadedAt"), clock(config.loaded)],
          ["SHA-256", config.sha256.slice(0, 12)],
          [t("reloads"), `${n(config.reloads)} / ${n(config.reloads_failed)}`],
        ]}
      />
    </div>
  );
}

// Its own trouble: what it means for the watch, and what to do about it.
function Technical({ isWell }) {
  const list = [...state.alarms.values()].filter((alarm) => !alarm.site).sort(byUrgency);
  return (
    <section id="technical" class="part">
      <h2>
        {t("technicalOpen")} {list.length}
      </h2>
      {list.length === 0 && <p class="dim">{t(isWell ? "technicalNone" : "technicalNotYet")}</p>}
      {list.map((alarm) => (
        <div key={alarm.id}>
          <p>
            <i class={`glyph ${alarm.priority} ${isWaiting(alarm) ? "flash" : ""}`} aria-hidden="true" /> {t(alarm.priority)}{" "}
            <a href={link("alarms", "", { id: alarm.id })}>{both(alarm.text) || alarm.rule}</a>{" "}
            <span class="dim" title={alarm.raised_at}>
              {clock(alarm.raised_at)} · {word(alarm.state)}
            </span>
          </p>
          <p class="action">
            <b>{t("todo")}</b> {both(alarm.action) || t("noPlan")}
          </p>
        </div>
      ))}
    </section>
  );
}

// An alarm of the system's own waits some seconds; what is not well now is said at once.
const isWell = ({ unready, mqtt, influx, notify, heartbeat }) =>
  unready.length === 0 &&
  mqtt.every((session) => session.connected) &&
  notify.every((channel) => channel.ok) &&
  influx?.up !== false &&
  heartbeat?.ok !== false;

export function Page() {
  const { data: status, problem } = useRead("/api/v1/status", 2, "status");
  if (!status) return <p class="empty">{problem ? t("failed", problem.message) : t("reading")}</p>;
  if (!status.rates) return <p class="empty">{t("notYours")}</p>;
  return (
    <section id="health">
      {problem && <p class="notice">{t("failed", problem.message)}</p>}
      <Technical isWell={!problem && isWell(status)} />
      {status.unready.length > 0 && <p class="notice">{t("unready", status.unready.map(word).join(" · "))}</p>}
      <Parts status={status} />
    </section>
  );
}
