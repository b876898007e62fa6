// room.js - the pages of services, one file on the wire.
export { Page as Project } from "./project.jsx";
export { Page as Reports } from "./reports.jsx";
export { Page as Visits } from "./visits.jsx";
