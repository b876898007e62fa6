// collect.mjs - what a benchmark printed, as one JSON line per result: {"bench":NAME,...}.
// Lines that are no JSON are kept as text.
//   node collect.mjs NAME < output
import { readFileSync } from "node:fs";

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    value = { text: line };
  }
  console.log(JSON.stringify({ bench: process.argv[2], ...value }));
}
