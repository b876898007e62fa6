// inspect.jsx - the inspector's checklist on a phone, also where there is no network: choose an
// inspection, confirm being there, tick, photograph, done. What was said waits in the phone and
// goes when the network is back (pending.js).
import { useEffect, useRef, useState } from "preact/hooks";
import { both, t, word } from "../base/i18n.js";
import { orgName } from "../base/names.js";
import { newKey } from "../base/steps.js";
import { ask, readAll, siteName, state } from "../base/store.js";
import { clock } from "../base/time.js";
import { change, link } from "../base/url.js";
import { Due, State } from "../parts/kit.jsx";
import { all, drop, get, handIn, isOthers, keep, sync, waiting } from "./pending.js";
import { distance, MOST_BYTES, shrink } from "./photo.js";
import "./words.js";

// Where nothing is configured: one item for whatever there is to say.
const free = [{ item: "other", text: { zh: "其他", en: "Other" } }];
// What no list has foreseen: nobody has to say anything about it.
const beyond = { item: "other", text: { zh: "清单以外的问题", en: "Anything else" }, isOptional: true };
const severities = ["minor", "major", "critical"];
const known = () => state.sites.map(({ site, name, lat, lon }) => ({ site, name, lat, lon }));

// The open inspections as they were last read; without a network those of the last time.
function useCases() {
  const [cases, setCases] = useState({ list: null });
  useEffect(() => {
    let over = false;
    const read = async () => {
      try {
        const list = (await readAll("/api/v1/inspections")).filter((one) => ["planned", "found", "rectified", "failed"].includes(one.state));
        await keep("cases", { key: "open", list, sites: known(), at: Date.now() });
        const { checklist } = await ask("/api/v1/statutes");
        await keep("cases", { key: "checklist", list: checklist });
        await keep("cases", { key: "session", by: (await ask("/api/v1/session")).by });
        if (!over) setCases({ list, at: Date.now() });
      } catch (problem) {
        const last = await get("cases", "open");
        if (state.sites.length === 0 && last) state.sites = last.sites;
        if (!over) setCases({ list: last?.list ?? [], at: last?.at, problem });
      }
    };
    read();
    const timer = setInterval(read, 20000);
    addEventListener("online", read);
    return () => {
      over = true;
      clearInterval(timer);
      removeEventListener("online", read);
    };
  }, []);
  return cases;
}

// What is looked at, by the department's own list (`checklist` of the configuration); without a
// network as it was last read.
function useItems(domain) {
  const [list, setList] = useState(null);
  useEffect(() => {
    ask("/api/v1/statutes")
      .then(async ({ checklist }) => (await keep("cases", { key: "checklist", list: checklist }), checklist))
      .catch(async () => (await get("cases", "checklist"))?.list)
      .then((found) => setList(found ?? []));
  }, []);
  const own = list?.filter((one) => one.domain === domain);
  return own && (own.length === 0 ? free : own.some((one) => one.item === beyond.item) ? own : [...own, beyond]);
}

// What waits to be sent; tried again every ten seconds and when the network is back.
function usePending() {
  const [list, setList] = useState([]);
  const look = async () => setList(await waiting());
  const again = () => sync().then(look, look);
  useEffect(() => {
    again();
    const timer = setInterval(again, 10000);
    addEventListener("online", again);
    return () => {
      clearInterval(timer);
      removeEventListener("online", again);
    };
  }, []);
  return { list, again, look };
}

function Waiting({ pending: { list, again, look } }) {
  if (list.length === 0) return <p class="dim">{t("allSent")}</p>;
  const retry = async (one) => {
    await keep("words", { ...one, refused: undefined, by: state.session?.by });
    await again();
  };
  const giveUp = async (one) => {
    await drop("words", one.key);
    for (const key of one.body.attachments ?? []) await drop("photos", key);
    await look();
  };
  return (
    <section id="waiting" aria-label={t("notSent")}>
      <h3>{t("notSentN", list.length)}</h3>
      <ul class="plain">
        {list.map((one) => (
          <li key={one.key}>
            {one.id} · {word(`inspection.${one.step}`)} · {clock(new Date(one.at).toISOString())}
            {one.refused && (
              <div class="notice" role="alert">
                {t("refusedBecause", one.refused.text)} <a href={link("inspection", one.id)}>{t("asItIsNow")}</a>
                <button onClick={() => retry(one)}>{t("sendAgain")}</button>
                <button class="quiet" onClick={() => giveUp(one)}>
                  {t("giveUp")}
                </button>
              </div>
            )}
            {!one.refused && state.session && isOthers(one) && (
              <div class="notice">
                {t("saidBy", one.by)} <button onClick={() => retry(one)}>{t("sendAsMine")}</button>
              </div>
            )}
          </li>
        ))}
      </ul>
      <button onClick={again}>{t("sendNow")}</button>
    </section>
  );
}

function Place({ row, place, set }) {
  const [problem, setProblem] = useState("");
  const site = state.sites.find((one) => one.site === row.site);
  const ask = () => {
    setProblem(t("locating"));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setProblem("");
        set({
          at: new Date().toISOString(),
          accuracy: Math.round(coords.accuracy),
          distance: site?.lat === undefined ? null : Math.round(distance({ lat: coords.latitude, lon: coords.longitude }, site)),
        });
      },
      (error) => setProblem(t("noPosition", error.message)),
      { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 },
    );
  };
  return (
    <p id="place">
      <button onClick={ask}>{t("confirmPlace")}</button> {problem}
      {place && (place.distance === null ? t("placeUnknown", place.accuracy) : t("placeIs", place.distance, place.accuracy))}
    </p>
  );
}

// set(part): of its answer; the rest stays as it is by then.
function Item({ item, answer = {}, set, onPhoto }) {
  const { item: id, clause } = item;
  return (
    <fieldset>
      <legend>
        {both(item.text)} <small class="dim">{clause}</small>
      </legend>
      {["ok", "bad", "na"].map((value) => (
        <label key={value} class="pick">
          <input type="radio" name={id} value={value} checked={answer.value === value} onChange={() => set({ value })} /> {t(`pick.${value}`)}
        </label>
      ))}
      {answer.value === "bad" && <Bad answer={answer} set={set} onPhoto={onPhoto} />}
    </fieldset>
  );
}

function Bad({ answer, set, onPhoto }) {
  const photos = answer.photos ?? [];
  return (
    <>
      <label>
        {t("foundWhat")}
        <textarea rows={2} maxLength={500} value={answer.text ?? ""} onInput={(event) => set({ text: event.target.value })} />
      </label>
      <label>
        {t("severity")}{" "}
        <select value={answer.severity ?? "major"} onChange={(event) => set({ severity: event.target.value })}>
          {severities.map((one) => (
            <option key={one} value={one}>
              {word(one)}
            </option>
          ))}
        </select>
      </label>{" "}
      <label>
        {t("rectifyBy")} <input type="date" value={answer.due ?? ""} onChange={(event) => set({ due: event.target.value })} />
      </label>
      <label class="photo">
        {t("photo")}
        <input type="file" accept="image/*" capture="environment" onChange={(event) => onPhoto(event.target.files[0])} />
      </label>
      {photos.map((photo) => (
        <span class="tag" key={photo.key}>
          {photo.name} {Math.round(photo.bytes / 1024)} KB{" "}
          <button class="quiet" onClick={() => set({ photos: photos.filter((one) => one !== photo) })} aria-label={t("removePhoto", photo.name)}>
            ✕
          </button>
        </span>
      ))}
      {answer.problem && <p class="notice">{answer.problem}</p>}
    </>
  );
}

// The words of one filled checklist: a finding for each item that is not right, the first under
// the inspection's own id; or that all is right. What was said to be put right and is not, failed.
function wordsOf(row, items, answers, place, at) {
  const here = place ? [place.distance === null ? `position ±${place.accuracy} m ${place.at}` : `on site ${place.distance} m ±${place.accuracy} m ${place.at}`] : [];
  const bad = items.filter(({ item }) => answers[item]?.value === "bad");
  const ok = items.map(({ item }) => item).filter((id) => answers[id]?.value === "ok");
  if (bad.length === 0) {
    return [{ key: newKey(), id: row.id, step: "passed", at, body: { evidence: [...here, `checked: ${ok.join(", ")}`] } }];
  }
  return bad.map(({ item: id, clause, text: what }, i) => {
    const { text, photos = [], severity = "major", due } = answers[id];
    const proof = [...here, ...photos.map((photo) => `photo sha256:${photo.key}`)];
    return {
      key: newKey(),
      id: i === 0 ? row.id : `${row.id}.${id}`,
      step: i === 0 && row.state === "rectified" ? "failed" : "finding",
      at: at + i,
      body: {
        ...(row.org && { org: row.org }), ...(row.site && { site: row.site }), ...(row.campaign && { campaign: row.campaign }),
        ...(row.domain && { domain: row.domain }), ...(row.inspectors && { inspectors: row.inspectors }),
        clause: clause || id, severity, ...(due && { due: new Date(`${due}T23:59:59`).toISOString() }), text: text?.trim() || what.zh,
        evidence: proof.length > 0 ? proof : [`checked: ${id}`],
        ...(photos.length > 0 && { attachments: photos.map((photo) => photo.key) }),
      },
    };
  });
}

// What was filled in so far, as it is by now and in the phone as well: a photo or a position that
// took its time is added to what was said meanwhile.
function useDraft(id) {
  const key = `draft/${id}`;
  const latest = useRef({ answers: {}, place: null });
  const [draft, setDraft] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    get("cases", key)
      .catch(() => null)
      .then((kept) => setDraft((latest.current = kept ?? latest.current)));
  }, []);
  const write = (change) => {
    if (latest.current.isOver) return;
    setDraft((latest.current = { ...change(latest.current), key }));
    keep("cases", latest.current).then(() => setProblem(""), ({ message }) => setProblem(t("failed", message)));
  };
  // Once, however often it is asked for.
  const finish = async (row, items) => {
    const draft = latest.current;
    if (draft.isOver) return false;
    latest.current = { isOver: true };
    try {
      const by = state.session?.by ?? (await get("cases", "session"))?.by;
      const words = wordsOf(row, items, draft.answers, draft.place, Date.now()).map((one) => ({ ...one, by }));
      const named = new Set(words.flatMap(({ body }) => body.attachments ?? []));
      const photos = (await all("photos")).filter((photo) => photo.inspection === id && !named.has(photo.key));
      await handIn(words, key, photos.map((photo) => photo.key));
      return true;
    } catch ({ message }) {
      latest.current = draft;
      setProblem(t("failed", message));
      return false;
    }
  };
  return { draft, problem, write, finish };
}

function Checklist({ row, done }) {
  const items = useItems(row.domain);
  const { draft, problem, write, finish } = useDraft(row.id);
  const [shrinking, setShrinking] = useState(0);
  const answer = (id, part) =>
    write(({ answers, ...rest }) => ({ ...rest, answers: { ...answers, [id]: { ...answers[id], ...(typeof part === "function" ? part(answers[id] ?? {}) : part) } } }));
  const onPhoto = async (id, file) => {
    if (!file) return;
    setShrinking((n) => n + 1);
    try {
      const photo = await shrink(file);
      await keep("photos", { ...photo, inspection: row.id, at: Date.now() });
      const { blob, ...about } = photo;
      answer(id, ({ photos = [] }) => ({ problem: "", photos: [...photos.filter((one) => one.key !== about.key), about].slice(-4) }));
    } catch {
      answer(id, { problem: t("photoRefused", Math.round(MOST_BYTES / 1024)) });
    }
    setShrinking((n) => n - 1);
  };
  if (!items || !draft) return <p class="empty">{t("reading")}</p>;
  const open = items.filter(({ item, isOptional }) => !isOptional && !draft.answers[item]?.value).length;
  return (
    <section id="checklist">
      <p>
        <button class="quiet" onClick={() => change({ of: "" })}>
          ← {t("otherInspection")}
        </button>
      </p>
      <h2>
        {row.site ? siteName(row.site) : orgName(row.org)} <small class="dim">{row.id}</small> <State name={row.state} />
      </h2>
      <Place row={row} place={draft.place} set={(place) => write((before) => ({ ...before, place }))} />
      {items.map((item) => (
        <Item key={item.item} item={item} answer={draft.answers[item.item]} set={(value) => answer(item.item, value)} onPhoto={(file) => onPhoto(item.item, file)} />
      ))}
      {problem && (
        <p class="notice" role="alert">
          {problem}
        </p>
      )}
      <button class="primary" disabled={open > 0 || shrinking > 0} onClick={async () => (await finish(row, items)) && done()}>
        {open > 0 ? t("stillOpen", open) : t("finish")}
      </button>
      <p class="fine">{t("keptHere")}</p>
    </section>
  );
}

export function Page({ query }) {
  const cases = useCases();
  const pending = usePending();
  const of = query.get("of");
  const row = cases.list?.find((one) => one.id === of);
  const done = () => {
    change({ of: "" });
    pending.look().then(pending.again);
  };
  return (
    <section id="inspect">
      {!cases.list && <p class="empty">{t("reading")}</p>}
      {cases.problem && (
        <p class="notice" id="offline">
          {cases.problem.status ? t("failed", cases.problem.message) : t("offline", cases.at ? clock(new Date(cases.at).toISOString()) : "—")}
        </p>
      )}
      {row && <Checklist key={row.id} row={row} done={done} />}
      {!row && cases.list && (
        <>
          <h2>{t("chooseInspection")}</h2>
          {cases.list.length === 0 && <p class="empty">{t("nothing")}</p>}
          <ul class="cards">
            {cases.list.map((one) => (
              <li key={one.id}>
                <a href={link("inspect", "", { of: one.id })}>
                  <b>{one.site ? siteName(one.site) : orgName(one.org)}</b> <State name={one.state} />
                  <span>
                    {word(one.domain)} · {one.id}
                  </span>
                  <span>
                    {t("dueBy")} <Due iso={one.due_at ?? one.due} />
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
      <Waiting pending={pending} />
    </section>
  );
}
