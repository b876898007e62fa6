// names.js - what districts and organisations are called, as registered: read once the page
// stands, and again now and then. A code that has no name is shown as it is.
import { addDistricts } from "./districts.js";

const AGAIN_MS = 600000;
let read = 0;
let organisations = new Map();
export const orgName = (id) => organisations.get(id) ?? id;

// ask(path): all items of a list.
export async function readNames(ask) {
  if (Date.now() - read < AGAIN_MS) return;
  read = Date.now();
  // Not for every role; without an answer the names stay, and are asked for again.
  const none = ({ status }) => {
    if (status !== 403) read = 0;
    return null;
  };
  const [areas, orgs] = await Promise.all([ask("/api/v1/areas").catch(none), ask("/api/v1/organisations").catch(none)]);
  if (areas) addDistricts(areas.filter(({ level }) => level === "district"));
  if (orgs) organisations = new Map(orgs.filter(({ name }) => name).map(({ org, name }) => [org, name]));
}
