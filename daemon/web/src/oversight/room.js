// room.js - the pages of supervision, one file on the wire.
export { Page as Evaluation } from "./evaluation.jsx";
export { Page as Home } from "./home.jsx";
export { Page as Inspect } from "./inspect.jsx";
export { Page as Inspection } from "./inspection.jsx";
export { Page as Org } from "./org.jsx";
export { Page as Oversight } from "./oversight.jsx";
export { sync } from "./pending.js";
