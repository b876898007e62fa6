// url.js - the view's whole state is in the URL (#/part/id?filters), so that a link shows what
// its sender saw.
export function here() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [part, id] = path.split("/");
  let name = "";
  try {
    name = decodeURIComponent(id ?? "");
  } catch {
    name = id;
  }
  return { part, id: name, query: new URLSearchParams(query) };
}

export function link(part, id, parameters = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) if (value) query.set(key, value);
  const path = id ? `#/${part}/${encodeURIComponent(id)}` : `#/${part}`;
  return query.size ? `${path}?${query}` : path;
}

// Changes filters of the open part; an empty value leaves the URL. `back`: the browser's
// back button undoes it.
export function change(parameters, back = false) {
  const { part, id, query } = here();
  for (const [key, value] of Object.entries(parameters)) {
    if (value) query.set(key, value);
    else query.delete(key);
  }
  const hash = link(part || "alarms", id, Object.fromEntries(query));
  if (hash === location.hash) return;
  if (back) location.hash = hash;
  else location.replace(hash);
}
