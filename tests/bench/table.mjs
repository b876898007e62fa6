// table.mjs - the end of scripts/bench: what was measured as tables, contenders side by side with
// ratios, and these as a picture.
//   node table.mjs [--picture FILE] < results (a JSON line each)
import { readFileSync, writeFileSync } from "node:fs";

const at = process.argv.indexOf("--picture");
const picture = at < 0 ? null : process.argv[at + 1];
const rows = readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const compared = rows.filter((row) => row.bench === "compare" && row.contender);
const loads = [
  { title: "as fast as it goes, 1,000 devices", load: "full", devices: 1000 },
  { title: "as fast as it goes, 100,000 devices", load: "full", devices: 100000 },
  { title: "quiet: 5,000 messages a second", load: "quiet", devices: 1000 },
];
const of = ({ load, devices }) => compared.filter((row) => row.load === load && row.devices === devices && row.cpu_us > 0);
const ours = (list) => list.find((row) => row.contender === "door") ?? list.find((row) => row.contender === "carewatch");

function table() {
  for (const load of loads) {
    const list = of(load);
    if (list.length === 0) continue;
    const door = ours(list);
    console.log(`\n${load.title}`);
    console.log("  CPU us/message   of broker    messages/s   RSS MB   times ours");
    for (const row of list) {
      const times = door ? row.cpu_us / door.cpu_us : NaN;
      console.log(
        `  ${row.cpu_us.toFixed(2).padStart(14)}   ${row.broker_cpu_us.toFixed(2).padStart(9)}` +
          `   ${String(row.messages_per_s).padStart(11)}   ${row.rss_mb.toFixed(0).padStart(6)}` +
          `   ${times.toFixed(2).padStart(10)}   ${row.what}${row.lost ? ` (lost ${row.lost})` : ""}`,
      );
    }
  }
}

const digits = (n, value) => (Number.isFinite(value) ? value.toFixed(n) : "-");
function print(title, head, list) {
  if (list.length === 0) return;
  const cells = [head, ...list].map((row) => row.map(String));
  const width = head.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  console.log(`\n${title}`);
  for (const row of cells) console.log(`  ${row.map((cell, i) => cell.padStart(width[i])).join("   ")}`);
}
const named = (bench) => rows.filter((row) => row.bench === bench);

// bench_engine and bench_door print lines for people: "1000 devices, ...", "mean  957.6 ns/message
// = decode  133.1 + ...", "door.flat.qos0.paho.rate  101580.46 msg/s".
function engine() {
  const list = [];
  let devices = "";
  for (const { text = "" } of named("engine")) {
    devices = /^(\d+) devices/.exec(text)?.[1] ?? devices;
    const mean = /^mean\s+([\d.]+) ns\/message = decode\s+([\d.]+).*?(\d+) messages\/s/.exec(text);
    if (mean) list.push(["from memory", devices, mean[1], mean[2], mean[3]]);
  }
  for (const row of named("replay"))
    if (row.devices) list.push(["a journal's files", row.devices, digits(1, row.ns_per_message), "", row.messages_per_s]);
  for (const row of named("bureau"))
    list.push([`a city's civil affairs, ${row.days} days`, "", digits(1, row.ns_folded), "", Math.round(1e9 / row.ns_folded)]);
  print("the fold, of one core", ["", "devices", "ns/message", "of them decode", "messages/s"], list);
}

function door() {
  const value = Object.fromEntries(
    named("door").map(({ text = "" }) => text.trim().split(/\s+/)).map(([name, number]) => [name, Number(number)]),
  );
  const loads = [...new Set(Object.keys(value).map((name) => /^door\.(\w+\.\w+)\.door\.rate$/.exec(name)?.[1]).filter(Boolean))];
  const list = loads.flatMap((load) =>
    ["paho", "door"].map((way) => {
      const of = (what) => value[`door.${load}.${way}.${what}`];
      return [load, way === "door" ? "door" : "session", digits(0, of("rate")), digits(2, of("broker")), digits(2, of("daemon"))];
    }),
  );
  print("a broker beside the daemon", ["", "by", "messages/s", "us of broker", "us of daemon"], list);
}

function latency() {
  const list = named("latency").filter((row) => row.where).map((row) => {
    const [kind, worst] = Object.entries(row.busy_worst_ms ?? {}).sort((a, b) => b[1] - a[1])[0] ?? ["", NaN];
    return [
      row.where, row.messages_per_s, digits(2, row.cpu_us), row.wakeups_per_s, digits(4, row.wakeups_per_message),
      `${digits(1, row.alarm_ms_p50)} / ${digits(1, row.alarm_ms_p99)}`,
      `${digits(1, row.written_ms_p50)} / ${digits(1, row.written_ms_p99)}`,
      digits(2, row.fdatasync_ms_p99), `${digits(2, worst)} ${kind}`,
    ];
  });
  print(
    "from a publish to its alarm and to its line, ms p50 / p99",
    ["disk", "messages/s", "CPU us/message", "wake-ups/s", "per message", "alarm", "line", "fdatasync p99", "loop busy at most"],
    list,
  );
}

// Bars on a logarithmic scale: from a tenth of a microsecond to a thousand.
const LEFT = 300;
const WIDTH = 520;
const ROW = 22;
const x = (us) => (WIDTH * (Math.log10(Math.min(Math.max(us, 0.1), 1000)) + 1)) / 4;
const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function draw() {
  const parts = [];
  let y = 34;
  for (const load of loads) {
    const list = of(load);
    if (list.length === 0) continue;
    parts.push(`<text class="h" x="12" y="${y + 14}">${escape(load.title)}</text>`);
    y += 24;
    for (const row of list) {
      const kind = row.contender === "door" || row.contender === "carewatch" ? "we" : row.contender === "frame" || row.contender === "paho" ? "limit" : "peer";
      parts.push(
        `<text x="${LEFT - 8}" y="${y + 14}" text-anchor="end">${escape(row.what)}</text>`,
        `<rect class="${kind}" x="${LEFT}" y="${y + 3}" width="${x(row.cpu_us).toFixed(1)}" height="14"/>`,
        `<text x="${(LEFT + x(row.cpu_us) + 6).toFixed(1)}" y="${y + 14}">${row.cpu_us.toFixed(1)}</text>`,
      );
      y += ROW;
    }
    y += 10;
  }
  const grid = [0.1, 1, 10, 100, 1000].map((us) => {
    const at = (LEFT + x(us)).toFixed(1);
    return `<line x1="${at}" y1="30" x2="${at}" y2="${y}"/><text class="t" x="${at}" y="${y + 14}" text-anchor="middle">${us}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 70} ${y + 24}" font-family="sans-serif" font-size="13">
<style>rect.we{fill:#1a7f5a}rect.peer{fill:#b5651d}rect.limit{fill:#9aa5b1}line{stroke:#d5dbe1}text{fill:#333}.h{font-weight:bold}.t{fill:#777;font-size:11px}
@media (prefers-color-scheme: dark){text{fill:#ddd}line{stroke:#444}.t{fill:#999}}</style>
<text class="h" x="12" y="20">CPU per message of nine numbers, in microseconds (logarithmic; less is better)</text>
${grid.join("\n")}
${parts.join("\n")}
</svg>
`;
}

engine();
door();
latency();
table();
if (picture && compared.length > 0) writeFileSync(picture, draw());
