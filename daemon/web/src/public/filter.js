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

// Places on a plane, north up, in a box of the given size; null where none has a position.
export function plane(places, width, height) {
  const known = places.filter((place) => Number.isFinite(place.lat) && Number.isFinite(place.lon));
  if (known.length === 0) return null;
  const lat = known.map((place) => place.lat);
  const lon = known.map((place) => place.lon);
  const mid = (Math.min(...lat) + Math.max(...lat)) / 2;
  const squeeze = Math.cos((mid * Math.PI) / 180);
  const spanY = Math.max(...lat) - Math.min(...lat) || 0.01;
  const spanX = (Math.max(...lon) - Math.min(...lon)) * squeeze || 0.01;
  const scale = Math.min(width / spanX, height / spanY) * 0.9;
  const midLon = (Math.min(...lon) + Math.max(...lon)) / 2;
  return known.map((place) => ({
    place,
    x: width / 2 + (place.lon - midLon) * squeeze * scale,
    y: height / 2 - (place.lat - mid) * scale,
  }));
}
