// wall.jsx - the whole city at a glance: one mark for every site, by district, each always in
// its place. A mark is the site's worst open alarm, larger while nobody has acknowledged it,
// hollow when the site is not heard. Beside it what waits for a person. No names of people.
import { useEffect, useRef, useState } from "preact/hooks";
import { districtName } from "../base/districts.js";
import { FirstRun } from "../parts/first.jsx";
import { both, t, word } from "../base/i18n.js";
import { age } from "../base/time.js";
import { byUrgency } from "../base/urgency.js";
import { isStale, isWaiting, now, siteName, state } from "../base/store.js";
import { link } from "../base/url.js";
import "./words.js";

const CELL = 20;
const colour = { high: "#ff3b4e", medium: "#f5c400", low: "#22b8cf" };
const weight = { high: 3, medium: 2, low: 1 };
const grey = "#9fadb9";
const notHeard = (site) => site.connection === "silent" || site.connection === "unknown";

function shape(ctx, priority, x, y, r) {
  ctx.beginPath();
  if (priority === "high") ctx.rect(x - r, y - r, 2 * r, 2 * r);
  else if (priority === "medium") {
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, y + r);
    ctx.lineTo(x - r, y + r);
    ctx.closePath();
  } else ctx.arc(x, y, r, 0, 2 * Math.PI);
}

function draw(canvas, marks, columns, stale) {
  const scale = devicePixelRatio || 1;
  const rows = Math.ceil(marks.length / columns);
  canvas.width = columns * CELL * scale;
  canvas.height = rows * CELL * scale;
  canvas.style.width = `${columns * CELL}px`;
  canvas.style.height = `${rows * CELL}px`;
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  ctx.lineWidth = 1.5;
  marks.forEach(({ priority, waits, hollow }, i) => {
    const ink = priority ? colour[priority] : grey;
    const size = waits ? 8 : priority ? 5 : 3.5; // what nobody has acknowledged is larger
    shape(ctx, priority, ((i % columns) + 0.5) * CELL, (Math.floor(i / columns) + 0.5) * CELL, size);
    ctx.fillStyle = ink;
    ctx.strokeStyle = ink;
    if (hollow || stale) ctx.stroke();
    else ctx.fill();
  });
}

// Sites by district with their marks and counts; districts in the order of their codes.
function districts() {
  const worst = new Map();
  const found = new Map();
  for (const alarm of state.alarms.values()) {
    const rank = 2 * weight[alarm.priority] + isWaiting(alarm);
    if (rank > (worst.get(alarm.site)?.rank ?? 0)) worst.set(alarm.site, { rank, priority: alarm.priority });
  }
  const of = (code) => {
    if (!found.has(code)) found.set(code, { code, marks: [], silent: 0, high: 0, medium: 0, low: 0 });
    return found.get(code);
  };
  for (const site of state.sites) {
    const district = of(site.district);
    const hollow = notHeard(site);
    district.silent += hollow;
    const { priority, rank } = worst.get(site.site) ?? {};
    district.marks.push({ site: site.site, connection: site.connection, priority, waits: rank % 2 === 1, hollow });
  }
  for (const alarm of state.alarms.values()) of(alarm.district)[alarm.priority]++;
  return [...found.values()].sort((a, b) => ((a.code ?? "") < (b.code ?? "") ? -1 : 1));
}

function Counts({ of }) {
  return ["high", "medium", "low"].map(
    (p) =>
      of[p] > 0 && (
        <span key={p}>
          <i class={`glyph ${p}`} aria-hidden="true" /> <span class="hidden">{t(p)}</span> {of[p]}{" "}
        </span>
      ),
  );
}

function District({ of }) {
  const canvas = useRef(null);
  const [columns, setColumns] = useState(10);
  useEffect(() => {
    const box = canvas.current.parentElement;
    const watcher = new ResizeObserver(() => setColumns(Math.max(1, Math.floor(box.clientWidth / CELL))));
    watcher.observe(box);
    return () => watcher.disconnect();
  }, []);
  const stale = isStale();
  const drawn = useRef("");
  useEffect(() => {
    const what = `${columns} ${stale} ${of.marks.map((m) => `${m.priority?.[0] ?? "."}${+m.waits}${+m.hollow}`).join("")}`;
    if (what === drawn.current) return;
    drawn.current = what;
    draw(canvas.current, of.marks, columns, stale);
  });
  const under = (event) => {
    const column = Math.floor(event.offsetX / CELL);
    return column < columns ? of.marks[Math.floor(event.offsetY / CELL) * columns + column] : undefined;
  };
  const open = (event) => {
    const mark = under(event);
    if (mark) location.hash = link("site", mark.site);
  };
  const point = (event) => {
    const mark = under(event);
    event.target.title = mark ? `${siteName(mark.site)} · ${word(mark.connection)}` : "";
  };
  const name = districtName(of.code) || t("noDistrict");
  return (
    <section class={of.marks.length > 300 ? "district large" : "district"}>
      <h2>
        <a href={link("sites", "", { district: of.code })}>{name}</a> <small class="dim">{of.marks.length}</small>{" "}
        <small>
          <Counts of={of} />
          {of.silent > 0 && `${t("silent")} ${of.silent}`}
        </small>
      </h2>
      <div>
        <canvas
          ref={canvas}
          role="img"
          aria-label={t("wallOf", name, of.marks.length, of.high, of.medium, of.low, of.silent)}
          onClick={open}
          onMouseMove={point}
        />
      </div>
    </section>
  );
}

export function Page() {
  const list = districts();
  const waiting = [...state.alarms.values()].filter(isWaiting).sort(byUrgency);
  if (!state.loaded) return <p class="empty">{t("reading")}</p>;
  if (state.sites.length === 0) return <FirstRun />;
  return (
    <div id="wall">
      <div class="city">
        {list.map((of) => (
          <District key={of.code} of={of} />
        ))}
      </div>
      <aside aria-label={t("waiting")}>
        <h2>
          {t("waiting")} {waiting.length}
        </h2>
        {waiting.length === 0 && <p class="dim">{t("noneWait")}</p>}
        <ul class="plain">
          {waiting.slice(0, 20).map((alarm) => (
            <li key={alarm.id}>
              <i class={`glyph ${alarm.priority} flash`} aria-hidden="true" /> {t(alarm.priority)}{" "}
              <span class="number">{age(now() - Date.parse(alarm.raised_at))}</span>{" "}
              <a href={link("alarms", "", { id: alarm.id })}>{both(alarm.text) || alarm.rule}</a> {siteName(alarm.site)} {alarm.bed}
            </li>
          ))}
        </ul>
        {waiting.length > 20 && <p>{t("more", waiting.length - 20)}</p>}
      </aside>
    </div>
  );
}
