// plan.js - where districts and sites are drawn: the operator's outline when there is one, else
// the schematic. Read once; the places of the sites again every ten minutes.
import { useEffect, useMemo, useState } from "preact/hooks";
import { ask, changed, state } from "../base/store.js";
import { geography } from "./geography.js";
import { schematic } from "./schematic.js";

const AGAIN_MS = 600000;
let outline; // undefined: not asked yet; null: there is none
let points = [];
let read = 0;

async function load() {
  if (Date.now() - read < AGAIN_MS) return;
  read = Date.now();
  // A daemon without an outline says 204: no error in anybody's console.
  if (outline === undefined) outline = await ask("/map.geojson").catch(() => null);
  if (outline) {
    const crs = outline.crs_name ?? "WGS-84";
    points = await ask(`/api/v1/map/points?crs=${crs}`).then(({ items }) => items, () => points);
  }
  changed();
}

export function usePlan() {
  const [, draw] = useState(0);
  useEffect(() => {
    load().then(() => draw((n) => n + 1));
    const timer = setInterval(load, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  // The list is read again and again; a plan is another one only when its sites are.
  const key = useMemo(() => state.sites.map((site) => `${site.site} ${site.district}`).join(), [state.sites]);
  return useMemo(() => {
    const drawn = outline && geography(outline, points, state.sites);
    return drawn ? { ...drawn, approval: outline.approval } : schematic(state.sites);
  }, [key, outline, points]);
}
