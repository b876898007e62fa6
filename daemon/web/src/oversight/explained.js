// explained.js - the daemon's account of a grade, taken apart: "SCHEME: SECTION 110 of 120; ...
// total 898; grade 4 needs 780 and 80% of each section". What it does not say stays unknown. Pure.
export function explained(row) {
  const text = row.explained ?? "";
  const most = new Map([...text.matchAll(/([\w.-]+) ([\d.]+) of ([\d.]+)/g)].map(([, name, , max]) => [name, Number(max)]));
  const total = /total ([\d.]+)/.exec(text);
  const needs = /needs ([\d.]+)(?: and ([\d.]+)%)?/.exec(text);
  const each = needs?.[2] ? Number(needs[2]) / 100 : null;
  const sections = Object.entries(row.sections ?? {}).map(([name, score]) => {
    const max = most.get(name) ?? null;
    return { name, score, max, floor: max !== null && each !== null ? max * each : null };
  });
  return {
    version: text.includes(":") ? text.slice(0, text.indexOf(":")) : "",
    sections,
    total: total ? Number(total[1]) : sections.length ? sections.reduce((sum, one) => sum + one.score, 0) : null,
    need: needs ? Number(needs[1]) : null,
  };
}
