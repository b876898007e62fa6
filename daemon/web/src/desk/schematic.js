// schematic.js - the city without a survey: every district a tile of equal size, about where it
// lies. So the dense centre is as large as the rest, and no outline has to be licensed. An
// operator's own outline takes its place (GET /map.geojson, geography.js). Pure.
const tiles = {
  510181: [0, 0], 510182: [1, 0], 510114: [2, 0], 510113: [3, 0], 510121: [4, 0],
  510184: [0, 1], 510117: [1, 1], 510106: [2, 1], 510108: [3, 1], 510112: [4, 1], 510173: [5, 1],
  510129: [0, 2], 510115: [1, 2], 510105: [2, 2], 510104: [3, 2], 510171: [4, 2], 510185: [5, 2],
  510183: [0, 3], 510116: [1, 3], 510107: [2, 3], 510172: [3, 3],
  510131: [0, 4], 510118: [1, 4],
};
const SIDE = 100;
const GAP = 4;
const HEAD = 18; // for the district's name

const square = (column, row) => {
  const [x, y, side] = [column * SIDE + GAP / 2, row * SIDE + GAP / 2, SIDE - GAP];
  return [[[x, y], [x + side, y], [x + side, y + side], [x, y + side]]];
};

// Districts {code, rings, label: [x, y]} and, for each site, its place {x, y, room}: always the
// same one, in the order of the list. Codes that no tile is known for stand in rows below; where
// none is known, in rows that fill a screen. What has no district comes last.
export function schematic(sites) {
  const of = new Map();
  for (const site of sites) {
    const code = site.district ?? "";
    if (!of.has(code)) of.set(code, []);
    of.get(code).push(site.site);
  }
  const others = [...of.keys()].filter((code) => !tiles[code]).sort((a, b) => !a - !b || (a < b ? -1 : 1));
  const shapes = [];
  const places = new Map();
  const known = others.length < of.size || of.size === 0 ? Object.keys(tiles) : [];
  const first = known.length ? 5 : 0;
  const across = known.length ? 6 : Math.ceil(Math.sqrt(1.5 * others.length));
  const all = [...known.map((code) => [code, ...tiles[code]]), ...others.map((code, i) => [code, i % across, first + Math.floor(i / across)])];
  for (const [code, column, row] of all) {
    const [x, y] = [column * SIDE, row * SIDE];
    const list = of.get(code) ?? [];
    shapes.push({ code, rings: square(column, row), label: [x + SIDE / 2, y + HEAD / 2 + 3], head: HEAD });
    const columns = Math.max(4, Math.ceil(Math.sqrt(list.length)));
    const room = (SIDE - 3 * GAP) / columns;
    const step = Math.min(room, (SIDE - HEAD - 2 * GAP) / Math.max(1, Math.ceil(list.length / columns)));
    list.forEach((site, i) => {
      places.set(site, {
        x: x + 1.5 * GAP + ((i % columns) + 0.5) * room,
        y: y + HEAD + (Math.floor(i / columns) + 0.5) * step,
        room: Math.min(room, step),
      });
    });
  }
  return { shapes, places };
}
