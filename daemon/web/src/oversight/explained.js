// explained.js - the daemon's account of a grade, taken apart: "SCHEME: SECTION 110 of 120; ...
// total 898; grade 4 needs 780 and 80% of each section", and its lines "SECTION 110 of 120 (5
// needs 108):EVIDENCE". What it does not say stays unknown. Pure.
function lineOf(lines, name) {
  const line = (lines ?? []).find((one) => one.startsWith(`${name} `));
  const found = line && /^\S+ [\d.]+ of [\d.]+(?: \((\S+) needs ([\d.]+)\))?(?::(.*))?$/.exec(line);
  return found ? { better: found[1] ?? null, asks: found[2] ? Number(found[2]) : null, evidence: found[3] ?? "" } : { better: null, asks: null, evidence: "" };
}

export function explained(row) {
  const text = row.explained ?? "";
  const most = new Map([...text.matchAll(/([\w.-]+) ([\d.]+) of ([\d.]+)/g)].map(([, name, , max]) => [name, Number(max)]));
  const total = /total ([\d.]+)/.exec(text);
  const needs = /needs ([\d.]+)(?: and ([\d.]+)%)?/.exec(text);
  const each = needs?.[2] ? Number(needs[2]) / 100 : null;
  const sections = Object.entries(row.sections ?? {}).map(([name, score]) => {
    const max = most.get(name) ?? null;
    return { name, score, max, floor: max !== null && each !== null ? max * each : null, ...lineOf(row.lines, name) };
  });
  return {
    version: row.rule_version ?? (text.includes(":") ? text.slice(0, text.indexOf(":")) : ""),
    sections,
    total: total ? Number(total[1]) : sections.length ? sections.reduce((sum, one) => sum + one.score, 0) : null,
    need: needs ? Number(needs[1]) : null,
  };
}
