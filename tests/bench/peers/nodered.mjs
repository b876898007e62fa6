// nodered.mjs - the same job in Node-RED: writes flow and settings, then is Node-RED.
//   node nodered.mjs BROKER_PORT SINK_URL FOLDER
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [port, sink, folder] = process.argv.slice(2);
const rule = `const s = msg.topic.split("/"), o = msg.payload;
const f = { hr: o.hr, spo2: o.spo2, resp: o.resp, temp: o.temp, sys: o.sys, dia: o.dia, steps: o.steps };
if (o.hr < 40 || o.hr > 130 || o.spo2 < 90) f.alert = 1;
const b = context.get("b") || [];
b.push({ measurement: "vitals", fields: f, tags: { site: s[2], device: s[3] }, timestamp: o.ts });
if (b.length < 5000) { context.set("b", b); return null; }
context.set("b", []);
return { payload: b };`;
const { protocol, hostname, port: sinkPort } = new URL(sink);
// An id that is also a value somewhere would be taken for a reference.
const flow = [
  { id: "b-tab", type: "tab", label: "care" },
  { id: "b-broker", type: "mqtt-broker", broker: "127.0.0.1", port, clientid: "", autoConnect: true, usetls: false,
    protocolVersion: "4", keepalive: "60", cleansession: true },
  { id: "b-db", type: "influxdb", hostname, port: sinkPort, protocol: protocol.slice(0, -1), database: "care",
    usetls: false, influxdbVersion: "1.x", url: sink, rejectUnauthorized: false },
  { id: "b-in", type: "mqtt in", z: "b-tab", topic: "care/v1/+/+/telemetry", qos: "0", datatype: "buffer",
    broker: "b-broker", nl: false, rap: true, rh: 0, inputs: 0, wires: [["b-json"]] },
  { id: "b-json", type: "json", z: "b-tab", property: "payload", action: "obj", pretty: false, wires: [["b-rule"]] },
  { id: "b-rule", type: "function", z: "b-tab", func: rule, outputs: 1, timeout: 0, noerr: 0, initialize: "",
    finalize: "", libs: [], wires: [["b-out"]] },
  { id: "b-out", type: "influxdb batch", z: "b-tab", influxdb: "b-db", precision: "ms", retentionPolicy: "", database: "care",
    precisionV18FluxV20: "ms", retentionPolicyV18Flux: "", org: "o", bucket: "b", wires: [] },
];
writeFileSync(join(folder, "flow.json"), JSON.stringify(flow));
const require = createRequire(import.meta.url);
const modules = fileURLToPath(new URL("node_modules", import.meta.url));
writeFileSync(join(folder, "settings.js"), `module.exports = ${JSON.stringify({
  uiHost: "127.0.0.1", uiPort: 0, httpAdminRoot: false, httpNodeRoot: false, disableEditor: true,
  flowFile: "flow.json", nodesDir: [join(modules, "node-red-contrib-influxdb")], telemetry: { enabled: false },
  logging: { console: { level: "info", metrics: false, audit: false } },
})};`);
process.argv = [process.argv[0], "node-red", "--userDir", folder, "--settings", join(folder, "settings.js")];
require("node-red/red.js");
