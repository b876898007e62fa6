// build.mjs - bundles the pages and writes them as a C table.
//
//   node build.mjs OUT.c [OUT_DIR]     OUT_DIR: also as files, for `http.web_dir`
//
// Nothing is fetched: everything comes from node_modules and src.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const [outC, outDir] = process.argv.slice(2);
if (!outC) {
  console.error("usage: node build.mjs OUT.c [OUT_DIR]");
  process.exit(2);
}

const bundle = async (files, more = {}) => {
  const result = await build({
    entryPoints: files.map((file) => join(here, "src", file)),
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2020",
    jsx: "automatic",
    jsxImportSource: "preact",
    outdir: "/",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    legalComments: "none",
    charset: "utf8", // 中文 as it is: escapes are twice as long
    logLevel: "warning",
    metafile: true,
    absWorkingDir: here,
    ...more,
  });
  return Object.assign(result.outputFiles, { outputs: result.metafile.outputs });
};

// What the first page needs, so that the browser asks for all of it at once and not file after
// file: the entry's static imports, and those of the room that opens first.
function firstOf(outputs, entry, room) {
  const named = (source) => Object.keys(outputs).find((path) => outputs[path].entryPoint === source);
  const found = new Set();
  const take = (path) => {
    if (!path || found.has(path)) return;
    found.add(path);
    for (const one of outputs[path].imports) if (one.kind === "import-statement") take(one.path);
  };
  take(named(entry));
  if (room) take(named(room));
  return [...found].map((path) => `/${path.split("/").pop()}`);
}

const types = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
};
const kindOf = (path) => path.split(".").pop();
const assets = [];
// A name that carries the content's hash may be kept for ever.
const add = (path, contents, immutable) => {
  assets.push({ path, type: types[kindOf(path)], raw: Buffer.from(contents), immutable });
  return path;
};
const [worker] = await bundle(["base/worker.js"]);
const workerUrl = add(worker.path, worker.contents, 1);
// The pages of those who sign in, and the one for everybody else: what both use is one file.
const pages = [
  { path: "/", html: "index.html", entry: "main", source: "src/main.jsx", room: "src/desk/alarms.jsx" },
  { path: "/public", html: "public/public.html", entry: "public", source: "src/public/public.jsx" },
];
const names = {};
const define = { WORKER_URL: JSON.stringify(workerUrl) };
const program = await bundle(["main.jsx", "public/public.jsx"], { splitting: true, define });
for (const file of program) {
  add(file.path, file.contents, 1);
  const page = pages.find(({ entry }) => file.path.startsWith(`/${entry}-`));
  if (page) names[page.entry] = { ...names[page.entry], [kindOf(file.path)]: file.path };
}
add("/icon.svg", readFileSync(join(here, "src/icon.svg")), 0);
add("/manifest.webmanifest", readFileSync(join(here, "src/manifest.webmanifest")), 0);
for (const { path, html, entry, source, room } of pages) {
  const text = readFileSync(join(here, "src", html), "utf8");
  const ahead = firstOf(program.outputs, source, room).filter((one) => one !== names[entry].js);
  const links = ahead.map((one) => `<link rel="modulepreload" href="${one}">\n`).join("");
  const page = text.replace("</head>", `${links}</head>`).replace("%SCRIPT%", names[entry].js).replace("%STYLE%", names[entry].css);
  assets.unshift({ path, type: types.html, raw: Buffer.from(page), immutable: 0 });
}
// What keeps them for a page without a network; its version changes with any of them.
const version = createHash("sha256");
assets.forEach(({ path, raw }) => version.update(path).update(raw));
const [keeper] = await bundle(["base/sw.js"], {
  entryNames: "[name]",
  define: {
    ASSETS: JSON.stringify(assets.map(({ path }) => path)),
    VERSION: JSON.stringify(version.digest("hex").slice(0, 12)),
  },
});
add(keeper.path, keeper.contents, 0);

const bytes = (buffer) => {
  const lines = [];
  for (let i = 0; i < buffer.length; i += 24) {
    lines.push("    " + [...buffer.subarray(i, i + 24)].join(","));
  }
  return lines.join(",\n");
};
let c = "/* Generated from daemon/web by build.mjs. */\n#include \"web_assets.h\"\n";
let table = "";
assets.forEach((asset, i) => {
  const gz = gzipSync(asset.raw, { level: 9 });
  c += `\nstatic const unsigned char raw_${i}[] = {\n${bytes(asset.raw)},\n};\n`;
  c += `static const unsigned char gz_${i}[] = {\n${bytes(gz)},\n};\n`;
  table += `    {"${asset.path}", "${asset.type}", raw_${i}, gz_${i}, sizeof(raw_${i}), sizeof(gz_${i}), ${asset.immutable}},\n`;
  if (outDir) {
    mkdirSync(outDir, { recursive: true });
    writeFileSync(join(outDir, asset.path === "/" ? "index.html" : asset.path.slice(1)), asset.raw);
  }
});
c += `\nconst struct web_asset web_assets[] = {\n${table}    {0},\n};\n`;
writeFileSync(outC, c);

// What the pages of those who sign in cost on the wire, all of them together: the house's budget
// is 120 KB. The public's page is another one, of a tenth of that.
const cost = (some) => some.reduce((sum, asset) => sum + gzipSync(asset.raw, { level: 9 }).length, 0);
const isPublic = ({ path }) => path.startsWith("/public");
for (const [what, bytes, most] of [
  ["pages", cost(assets.filter((asset) => !isPublic(asset))), 120 * 1024],
  ["public's own files", cost(assets.filter(isPublic)), 12 * 1024],
]) {
  if (bytes > most) {
    console.error(`build.mjs: the ${what} are ${bytes} bytes compressed, more than ${most / 1024} KB`);
    process.exit(1);
  }
}
