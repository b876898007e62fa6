// room.js - the pages of places and people, one file on the wire.
export { Page as Device } from "./device.jsx";
export { Page as Resident } from "./resident.jsx";
export { Page as Site } from "./site.jsx";
export { Page as Sites } from "./sites.jsx";
