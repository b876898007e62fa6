// table.mjs - the end of scripts/bench: contenders side by side as a table with ratios, and as a
// picture.
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

table();
if (picture && compared.length > 0) writeFileSync(picture, draw());
