// alarms.jsx - the queue of the duty desk, all of it by keyboard: the keys are those of orders.js and of `?`.
//
// One alarm at a time, or those that were chosen one by one: there is no "acknowledge all". The
// selection is an alarm, never a place in the list, so that an alarm that comes in between is
// not acknowledged by mistake.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t, word } from "../base/i18n.js";
import { ask, changed, isWaiting, siteName, state } from "../base/store.js";
import { change, here } from "../base/url.js";
import { FirstRun } from "../parts/first.jsx";
import { Demo } from "./demo.jsx";
import { Detail } from "./detail.jsx";
import { OrderDialog } from "./dialog.jsx";
import { Filters, Flood } from "./filters.jsx";
import { isNarrow, List } from "./list.jsx";
import { Load } from "./load.jsx";
import { isOffered, orderOfKey, orders, send } from "./orders.js";
import { mayLook } from "./person.jsx";
import { filterOf, fold, select } from "./queue.js";
import "./words.js";

const UNDO_MS = 5000;

// The alarm of the URL, also when it is closed and no longer in any list.
// [it, why there is none].
function useAlarm(id) {
  const [read, setRead] = useState({});
  const known = state.alarms.get(id) ?? state.closed.find((alarm) => alarm.id === id);
  useEffect(() => {
    let over = false;
    if (!id || known) return undefined;
    ask(`/api/v1/alarms/${encodeURIComponent(id)}`).then((alarm) => over || setRead({ id, alarm }), (problem) => over || setRead({ id, problem }));
    return () => {
      over = true;
    };
  }, [id, !known]);
  const own = read.id === id ? read : {};
  return [known ?? own.alarm ?? null, known ? null : own.problem];
}

// A set of ids that knows how to turn one over.
function useSet() {
  const [set, change] = useState(new Set());
  const toggle = (id) =>
    change((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  return [set, toggle, () => change(new Set())];
}

// What can be done by keys. After an acknowledgement the alarm goes to another place: `place` is
// where it was, so that J goes on with the next one that waits. The URL is ahead of the screen by
// a moment: what is not shown yet is not acted upon.
function useKeys(list, selected, on) {
  const place = useRef({ id: null, index: -1 });
  const indexOf = (id) => list.findIndex((row) => row.alarm.id === id);
  const at = indexOf(selected?.id);
  const held = place.current.id === selected?.id && selected && place.current.acked;
  if (at >= 0 && !held) place.current = { id: selected.id, index: at };
  const step = (by) => {
    const id = here().query.get("id");
    const isShown = id === selected?.id;
    const moved = isShown && (held || at < 0);
    const from = isShown ? place.current.index : indexOf(id);
    const inside = (index) => list[Math.max(0, Math.min(list.length - 1, index))]?.alarm;
    const to = moved && by > 0 ? Math.max(0, from) : from + by;
    const next = inside(to)?.id === id ? inside(to + by) : inside(to);
    if (next) on.select(next, false);
  };
  const act = (key) => {
    if (!selected || here().query.get("id") !== selected.id) return;
    if (key === "x") return on.choose(selected);
    if (key === "p") return mayLook(selected) && on.look(selected);
    if (key === "arrowright" || key === "arrowleft") return on.expand(selected.incident);
    if (key === "a" && on.chosen.size > 0) return on.ackChosen();
    const name = orderOfKey(key, selected);
    if (!name) return;
    if (name === "ack") place.current = { id: selected.id, index: at, acked: true };
    on.order(name, selected);
  };
  useLayoutEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (["SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
      if (event.target.tagName === "INPUT" && event.target.type !== "checkbox") return;
      const key = event.key.toLowerCase();
      if (key === "j" || key === "arrowdown") step(1);
      else if (key === "k" || key === "arrowup") step(-1);
      else if (key === "/") document.getElementById("q")?.focus();
      else if (key === "u") on.undo();
      else if (key === "escape") on.clear();
      else if ("adveshcnxp".includes(key) || key === "arrowright" || key === "arrowleft") event.repeat || act(key);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

// Sends orders and says how it went. `done`: what can be undone, and until when. Acknowledgements
// wait for each other, and an undo for them: a key that is pressed while one is under way is not
// lost, and means the newest.
function useOrders() {
  const [busy, setBusy] = useState(null);
  const [notice, setNotice] = useState("");
  const [done, setDone] = useState(null);
  const offered = useRef(null); // a key may come before its listener knows what is drawn
  const running = useRef(Promise.resolve());
  const offer = (what) => {
    offered.current = what;
    setDone(what);
  };
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => offered.current === done && offer(null), UNDO_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const why = ({ changed, by, text }) => {
    if (!changed) return t("failed", text);
    return by === "" ? t("changedMeanwhile", word(changed.state)) : t("changedBy", by ?? t("somebody"), word(changed.state));
  };

  const ackEach = async (alarms) => {
    const problems = [];
    setNotice("");
    for (const alarm of alarms) {
      if (!isWaiting(state.alarms.get(alarm.id) ?? alarm)) continue; // the key before has done it
      setBusy(alarm.id);
      const problem = await send("ack", alarm);
      if (problem) problems.push(problem);
    }
    setBusy(null);
    if (problems.length) setNotice(why(problems[0]));
    // What was over is closed by it; that cannot be taken back.
    const acked = standing(alarms);
    if (acked.length && problems.length < alarms.length) offer({ alarms: acked });
  };
  const acknowledge = (alarms) => {
    offer(null);
    running.current = running.current.then(() => ackEach(alarms)).catch((error) => {
      setBusy(null); // the next one is not to wait for it
      setNotice(t("failed", error.message));
    });
  };
  const undo = async () => {
    await running.current;
    const last = offered.current;
    if (!last) return;
    offer(null);
    for (const alarm of standing(last.alarms)) {
      const problem = await send("unack", alarm);
      if (problem) setNotice(why(problem));
    }
  };
  // null, or {why} it did not work, and the alarm as it was {changed} meanwhile.
  const order = async (name, alarm, body, key) => {
    setNotice("");
    const problem = await send(name, alarm, body, key);
    if (problem) setNotice(why(problem));
    return problem && { why: why(problem), changed: problem.changed };
  };
  return { busy, notice, done, setNotice, acknowledge, undo, order };
}

// Those that are acknowledged now, as they are now: what was closed meanwhile is not taken back.
const standing = (alarms) => alarms.map(({ id }) => state.alarms.get(id)).filter((alarm) => alarm?.state === "acked");

function Undo({ done, onUndo }) {
  const n = done ? standing(done.alarms).length : 0;
  if (n === 0) return null;
  return (
    <div id="undo" role="status">
      {t("ackedN", n)}{" "}
      <button class="quiet" onClick={onUndo}>
        {t("undo")} <kbd>U</kbd>
      </button>
    </div>
  );
}

// Where there is room for both, the first one is selected once, and stays so; again when the
// list was empty.
function useFirst(rows, id) {
  const wasEmpty = useRef(false);
  useEffect(() => {
    const lost = wasEmpty.current && !rows.some((row) => row.alarm.id === id);
    if (rows.length > 0 && (!id || lost) && !isNarrow()) change({ id: rows[0].alarm.id });
    wasEmpty.current = state.read && rows.length === 0;
  });
}

// Whether the words of a dialog can still be sent: they stay, and may be said of it as it is now.
const isOfUse = ({ name }, { changed }) => !changed || isOffered(name, changed);

export function Page({ query }) {
  const filter = filterOf(query);
  const source = filter.view === "closed" ? state.closed : [...state.alarms.values()];
  const found = select(source, filter, siteName, { me: state.session?.by, flood: state.kpi?.flood });
  const [expanded, expand] = useSet();
  const [picked, choose, chooseNone] = useSet();
  const [dialog, setDialog] = useState(null);
  const [looked, setLooked] = useState(null);
  const id = query.get("id");
  const [selected, missing] = useAlarm(id);
  const desk = useOrders();
  // Nobody acts upon what a filter hides, and only what waits can be acknowledged.
  const chosen = picked.size > 0 ? new Set(found.list.filter((alarm) => picked.has(alarm.id) && isWaiting(alarm)).map(({ id }) => id)) : picked;
  // A folded alarm that is selected is to be seen.
  const seen = selected?.folded && !expanded.has(selected.incident) ? new Set([...expanded, selected.incident]) : expanded;
  const rows = fold(found.list, seen);
  const under = (alarm) => rows.find((row) => row.alarm.id === alarm.id && !seen.has(alarm.incident))?.under ?? [];

  const on = {
    chosen,
    choose: (alarm) => choose(alarm.id),
    expand,
    undo: desk.undo,
    clear: () => (chooseNone(), desk.setNotice("")),
    look: (alarm) => setLooked(alarm.id),
    select: (alarm, back) => {
      desk.setNotice("");
      change({ id: alarm.id }, back);
    },
    acknowledge: (all) => {
      const waiting = all.filter((one) => one && isWaiting(one) && isOffered("ack", one));
      if (waiting.length) desk.acknowledge(waiting);
      else desk.setNotice(t("noneWait"));
    },
    ackChosen: () => {
      on.acknowledge([...chosen].map((one) => state.alarms.get(one)));
      chooseNone();
    },
    // What is folded goes with its head, for they are one row.
    order: (name, alarm) => {
      if (name === "ack") on.acknowledge([alarm, ...under(alarm)]);
      else if (orders[name].fields.length === 0) desk.order(name, alarm);
      else setDialog({ name, alarm, key: `${alarm.id}-${alarm.rev}-${name}-${Date.now()}` });
    },
  };
  useFirst(rows, id);
  useKeys(rows, selected, on);
  const nothing = !state.read ? "reading" : found.hidden ? "noneFit" : filter.view === "closed" ? "none" : "noneOpen";

  return (
    <section id="queue" class={id ? "one" : ""}>
      <Demo />
      <Filters filter={filter} found={found} n={found.list.length} />
      <Load />
      <Flood filter={filter} flooded={found.flooded} />
      <p role="alert" class={desk.notice ? "bar" : "none"}>
        {desk.notice}
      </p>
      {chosen.size > 0 && (
        <p class="chosen">
          {t("chosenN", chosen.size)}{" "}
          <button class="quiet" onClick={on.ackChosen}>
            {t("ack")} <kbd>A</kbd>
          </button>{" "}
          <button class="quiet" onClick={chooseNone}>
            {t("chooseNone")} <kbd>Esc</kbd>
          </button>
        </p>
      )}
      {rows.length === 0 && <p class="empty">{t(nothing)}</p>}
      {rows.length === 0 && <FirstRun />}
      <div class="split">
        {rows.length > 0 && <List {...{ rows, selected, chosen, expanded: seen, on, busy: desk.busy }} />}
        {missing && (
          <aside id="detail">
            <button class="quiet back" onClick={() => change({ id: "" })}>
              {t("back")}
            </button>
            <p role="alert">{missing.status === 404 ? t("notThere") : t("failed", missing.message)}</p>
          </aside>
        )}
        <Detail
          alarm={selected}
          onOrder={on.order}
          onBack={() => change({ id: "" })}
          busy={desk.busy !== null && desk.busy === selected?.id}
          looked={looked === selected?.id}
        />
      </div>
      <Undo done={desk.done} onUndo={desk.undo} />
      {dialog && (
        <OrderDialog
          key={dialog.key}
          name={dialog.name}
          alarm={dialog.alarm}
          onSend={async (values) => {
            const problem = await desk.order(dialog.name, dialog.alarm, values, `${dialog.key}-${dialog.alarm.rev}`);
            changed();
            if (problem && isOfUse(dialog, problem)) {
              desk.setNotice(""); // it stands in the dialog
              if (problem.changed) setDialog({ ...dialog, alarm: problem.changed });
              return problem.changed ? `${problem.why} ${t("sendAllTheSame")}` : problem.why;
            }
            setDialog(null);
            return null;
          }}
          onClose={() => setDialog(null)}
        />
      )}
    </section>
  );
}
