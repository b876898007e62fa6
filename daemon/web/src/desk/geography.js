// geography.js - the operator's outline and where the sites really are, flat: x grows to the
// east, y to the south. Pure.
const CENTRE = ["510104", "510105", "510106", "510107", "510108"]; // dense: they get an inset

const ringsOf = ({ type, coordinates }) =>
  type === "Polygon" ? coordinates : type === "MultiPolygon" ? coordinates.flat() : [];
const codeOf = ({ properties = {} }) => String(properties.code ?? properties.adcode ?? properties.district ?? "");

export function boundsOf(points) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    x0 = Math.min(x0, x);
    y0 = Math.min(y0, y);
    x1 = Math.max(x1, x);
    y1 = Math.max(y1, y);
  }
  return [x0, y0, x1, y1];
}

// outline: a GeoJSON collection of polygons. points: of /map/points, in the outline's CRS. Sites
// without a place stand in the middle of their district. null: nothing in it can be drawn.
export function geography(outline, points, sites) {
  const features = (outline.features ?? []).filter((one) => one.geometry && ringsOf(one.geometry).length);
  if (features.length === 0) return null;
  const [, lat0, , lat1] = boundsOf(features.flatMap((one) => ringsOf(one.geometry).flat()));
  const narrow = Math.cos((((lat0 + lat1) / 2) * Math.PI) / 180);
  const flat = ([lon, lat]) => [lon * narrow * 100, -lat * 100];
  const shapes = features.map((one) => {
    const rings = ringsOf(one.geometry).map((ring) => ring.map(flat));
    const [x0, y0, x1, y1] = boundsOf(rings.flat());
    return { code: codeOf(one), rings, label: [(x0 + x1) / 2, (y0 + y1) / 2] };
  });
  const middle = new Map(shapes.map((shape) => [shape.code, shape.label]));
  const known = new Map(points.map((point) => [point.site, flat([point.lon, point.lat])]));
  const places = new Map();
  for (const { site, district } of sites) {
    const at = known.get(site) ?? middle.get(district);
    if (at) places.set(site, { x: at[0], y: at[1], room: 1.2 });
  }
  const dense = shapes.filter((shape) => CENTRE.includes(shape.code));
  return { shapes, places, inset: dense.length ? boundsOf(dense.flatMap((shape) => shape.rings.flat())) : null };
}

export function isInside([x, y], ring) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [ring[i], ring[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
