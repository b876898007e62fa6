// filter.js - which places fit what somebody looks for. Pure.
export const CHEAP = [1500, 2500, 3500, 5000, 8000];
const OLD_MS = 7 * 86400000;

export const isOld = (place, now) => !place.free_beds_as_of || now - Date.parse(place.free_beds_as_of) > OLD_MS;

const has = (list, one) => Array.isArray(list) && list.includes(one);

// query: kind, district, price (yuan), level, subsidy, free, q. A place that does not say what
// is asked for does not fit: nobody should travel there for nothing.
export function fitting(places, query) {
  const text = (query.get("q") ?? "").trim().toLowerCase();
  const most = Number(query.get("price")) || Infinity;
  return places.filter(
    (place) =>
      (!query.get("kind") || place.kind === query.get("kind") || place.kind.startsWith(`${query.get("kind")}.`)) &&
      (!query.get("district") || place.district === query.get("district")) &&
      (most === Infinity || place.price_fen <= most * 100) &&
      (!query.get("level") || has(place.care_levels, query.get("level"))) &&
      (!query.get("subsidy") || place.subsidised === true) &&
      (!query.get("free") || place.free_beds > 0) &&
      (!text || `${place.name ?? ""} ${place.site}`.toLowerCase().includes(text)),
  );
}

const ringsOf = ({ type, coordinates }) => (type === "Polygon" ? coordinates : type === "MultiPolygon" ? coordinates.flat() : []);
const codeOf = ({ properties = {} }) => String(properties.code ?? properties.adcode ?? properties.district ?? "");

// Districts of an outline (GeoJSON) as {code, rings} of [lon, lat]: those that places are in, or all.
export function districtsOf(outline, places) {
  const all = (outline?.features ?? []).filter((one) => one.geometry).map((one) => ({ code: codeOf(one), rings: ringsOf(one.geometry) }));
  const own = all.filter(({ code }) => places.some((place) => place.district === code));
  return own.length > 0 ? own : all;
}

// Places and districts on a plane, north up, in a box of the given size: {points, shapes}; null
// where no place has a position.
export function plane(places, width, height, districts = []) {
  const known = places.filter((place) => Number.isFinite(place.lat) && Number.isFinite(place.lon));
  if (known.length === 0) return null;
  const all = [...known.map(({ lon, lat }) => [lon, lat]), ...districts.flatMap(({ rings }) => rings.flat())];
  const reach = (i) => all.reduce(([low, high], one) => [Math.min(low, one[i]), Math.max(high, one[i])], [Infinity, -Infinity]);
  const [[west, east], [south, north]] = [reach(0), reach(1)];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = 0.9 * Math.min(width / ((east - west) * squeeze || 0.01), height / (north - south || 0.01));
  const at = ([lon, lat]) => [width / 2 + (lon - (west + east) / 2) * squeeze * scale, height / 2 - (lat - (south + north) / 2) * scale];
  const points = known.map((place) => {
    const [x, y] = at([place.lon, place.lat]);
    return { place, x, y };
  });
  return { points, shapes: districts.map(({ code, rings }) => ({ code, rings: rings.map((ring) => ring.map(at)) })) };
}

// Which names can be read without lying over each other: site -> where its middle is. Those that
// come first win; every place keeps its mark and its name in the list.
export function labels(points, width, height, size = 20) {
  const taken = [];
  const found = new Map();
  const wideOf = (text) => [...text].reduce((sum, c) => sum + (c.codePointAt(0) > 0x2e7f ? size : size * 0.55), 0);
  for (const { place, x, y } of points) {
    const half = wideOf(place.name ?? place.site) / 2;
    const middle = Math.min(width - half - 4, Math.max(half + 4, x));
    const top = y + 18 + size * 1.3 < height ? y + 16 : y - 18 - size * 1.3;
    const box = [middle - half, top, middle + half, top + size * 1.3];
    const over = ([a, b, c, d]) => a < box[2] && c > box[0] && b < box[3] && d > box[1];
    if (taken.some(over) || points.some((one) => one.place !== place && over([one.x - 12, one.y - 12, one.x + 12, one.y + 12]))) continue;
    taken.push(box);
    found.set(place.site, { x: middle, y: box[3] - 6 });
  }
  return found;
}
