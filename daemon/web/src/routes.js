// routes.js - every page of the program: one row each.
//
//   name    what stands in the address: #/name/id?filters
//   title   key of its name (base/words.js, for the menu is there before the room is)
//   help    key of what `?` says about it, in the room's words
//   keys    which keys of help.jsx are of use there
//   group   under which heading of the menu it stands; none: reached by links only
//   roles   who may open it; none: everybody who is signed in
//   first   roles whose first page it is; of all others it is the first row
//   bare    without the frame's menu, figures and sound: walls and what the public sees
//   open    also without signing in: asks nothing but /public
//   load    its room, fetched when it is opened; gives { Page }, drawn as Page({ id, query })
const all = ["viewer", "dispatcher", "supervisor", "admin"];

export const groups = ["desk", "places", "services", "oversight", "system"];
export const routes = {
  alarms: { title: "alarms", help: "helpAlarms", keys: "queue", group: "desk", load: () => import("./desk/alarms.jsx") },
  visitor: { title: "visitor", help: "helpVisitor", bare: true, load: () => import("./desk/visitor.jsx") },
  wall: { title: "wall", help: "helpWall", keys: "wall", group: "desk", load: () => import("./desk/wall.jsx") },
  handover: { title: "handover", help: "helpHandover", group: "desk", load: () => import("./desk/handover.jsx") },
  sites: { title: "sites", help: "helpSites", group: "places", load: () => import("./pages/room.js").then((room) => ({ Page: room.Sites })) },
  site: { title: "site", help: "helpSite", load: () => import("./pages/room.js").then((room) => ({ Page: room.Site })) },
  home: { title: "homePage", help: "helpHome", group: "places", roles: ["facility", "supervisor", "admin", "district"], first: ["facility"], load: () => import("./oversight/room.js").then((room) => ({ Page: room.Home })) },
  device: { title: "device", help: "helpDevice", load: () => import("./pages/room.js").then((room) => ({ Page: room.Device })) },
  resident: { title: "resident", help: "helpResident", load: () => import("./pages/room.js").then((room) => ({ Page: room.Resident })) },
  visits: { title: "service", help: "helpVisits", group: "services", load: () => import("./service/room.js").then((room) => ({ Page: room.Visits })) },
  project: { title: "project", help: "helpProject", load: () => import("./service/room.js").then((room) => ({ Page: room.Project })) },
  reports: { title: "reports", help: "helpReports", group: "services", load: () => import("./service/room.js").then((room) => ({ Page: room.Reports })) },
  oversight: { title: "oversight", help: "helpOversight", group: "oversight", load: () => import("./oversight/room.js").then((room) => ({ Page: room.Oversight })) },
  inspect: { title: "inspectPage", help: "helpInspect", group: "oversight", roles: ["inspector", "supervisor", "admin", "district"], first: ["inspector"], load: () => import("./oversight/room.js").then((room) => ({ Page: room.Inspect })) },
  inspection: { title: "inspectionPage", help: "helpInspection", load: () => import("./oversight/room.js").then((room) => ({ Page: room.Inspection })) },
  evaluation: { title: "evaluationPage", help: "helpEvaluation", load: () => import("./oversight/room.js").then((room) => ({ Page: room.Evaluation })) },
  org: { title: "organisation", help: "helpOrg", load: () => import("./oversight/room.js").then((room) => ({ Page: room.Org })) },
  health: { title: "health", help: "helpHealth", group: "system", roles: all, load: () => import("./desk/health.jsx") },
};

export const mayOpen = (route, status) =>
  !route.roles || !status || status.auth === "none" || route.roles.includes(status.role);

// The row of a name; another name is the first page of the role.
export function routeOf(name, status) {
  if (Object.hasOwn(routes, name)) return name;
  const first = Object.keys(routes).find((one) => routes[one].first?.includes(status?.role));
  return first ?? Object.keys(routes)[0];
}
