// i18n.js - every word of the page, 中文 first. t(key) in the language that is set.
const words = {
  title: ["养老服务监测", "Eldercare monitoring"],
  live: ["实时", "live"],
  connecting: ["连接中…", "connecting…"],
  stale: ["数据中断，显示的是 {0} 前的数据", "No data: what is shown is {0} old"],
  openAuth: ["未启用登录：仅限本机演示", "No sign-in: demonstration on this machine only"],
  alarms: ["报警", "Alarms"],
  sites: ["机构与站点", "Sites"],
  service: ["今日服务", "Service"],
  open: ["未关闭", "Open"],
  closed: ["已关闭", "Closed"],
  all: ["全部", "All"],
  high: ["高", "High"],
  medium: ["中", "Medium"],
  low: ["低", "Low"],
  priority: ["级别", "Priority"],
  time: ["时间", "Time"],
  age: ["已过", "Age"],
  where: ["机构 / 床位", "Site / bed"],
  what: ["事件", "What"],
  state: ["状态", "State"],
  todo: ["处置", "What to do"],
  ack: ["确认", "Acknowledge"],
  acking: ["正在确认…", "acknowledging…"],
  ackedBy: ["{0} 已确认", "acknowledged by {0}"],
  times: ["共 {0} 次", "{0} times"],
  measured: ["测得 {0}，限值 {1}", "measured {0}, limit {1}"],
  none: ["没有报警。", "No alarms."],
  noneOpen: ["没有未关闭的报警。", "No open alarms."],
  noSites: [
    "还没有站点。让设备发布到 care/v1/站点/设备/telemetry，或运行 scripts/demo。",
    "No site yet. Let a device publish to care/v1/SITE/DEVICE/telemetry, or run scripts/demo.",
  ],
  site: ["站点", "Site"],
  kind: ["类别", "Kind"],
  district: ["区县", "District"],
  connection: ["连接", "Connection"],
  devices: ["设备", "Devices"],
  silent: ["失联", "silent"],
  heard: ["末次", "Last heard"],
  online: ["在线", "Online"],
  rate: ["消息/秒", "messages/s"],
  oldest: ["最久未确认", "Oldest unacknowledged"],
  per10: ["10 分钟报警", "Alarms in 10 min"],
  changedBy: ["此报警已被他人更改，请看新状态。", "Someone else changed this alarm; look at its new state."],
  failed: ["没有成功：{0}", "It did not work: {0}"],
  signIn: ["登录", "Sign in"],
  token: ["访问令牌", "Access token"],
  wrongToken: ["令牌无效或已过期。", "The token is not valid or has expired."],
  signOut: ["退出", "Sign out"],
  historical: ["补传", "historical"],
  delayed: ["延迟送达", "delayed"],
  language: ["English", "中文"],
  missed: ["漏访", "missed"],
  late: ["迟到", "late"],
  visits: ["上门服务", "Visits"],
  serviceKind: ["服务", "Service"],
  worker: ["服务人员", "Worker"],
  planned: ["计划", "Planned"],
  exceptions: ["异常", "Exceptions"],
  noVisits: ["没有服务记录。", "No visits yet."],
};
const states = {
  unack: ["未确认", "unacknowledged"],
  acked: ["已确认", "acknowledged"],
  rtn_unack: ["已恢复未确认", "cleared, unacknowledged"],
  closed: ["已关闭", "closed"],
  online: ["在线", "online"],
  alive_no_data: ["在线无数据", "alive, no data"],
  unknown: ["未知", "unknown"],
  retired: ["停用", "retired"],
  clock_fault: ["时钟异常", "clock fault"],
  silent: ["失联", "silent"],
  institution: ["养老机构", "institution"],
  home: ["居家", "home"],
  provider: ["服务提供方", "provider"],
  base: ["孵化基地", "base"],
  dispatch: ["调度中心", "dispatch centre"],
  department: ["主管部门", "department"],
  organisation: ["社会组织", "organisation"],
  "station.health": ["卫生监测站点", "health station"],
  "station.social_work": ["社会工作站点", "social-work station"],
  "station.youth": ["青少年关爱站点", "youth station"],
  "station.neighbour": ["邻里融合站点", "neighbourhood station"],
  "station.startup": ["创业扶持站点", "start-up station"],
  requested: ["已申请", "requested"],
  planned: ["已计划", "planned"],
  assigned: ["已派单", "assigned"],
  due: ["待上门", "due"],
  in_service: ["服务中", "in service"],
  checked_out: ["已签退", "checked out"],
  verified: ["已核验", "verified"],
  settled: ["已结算", "settled"],
  missed: ["漏访", "missed"],
  cancelled: ["已取消", "cancelled"],
  late: ["迟到", "late"],
  no_checkout: ["未签退", "no check-out"],
};
const services = {
  meal: ["助餐", "meal"],
  bath: ["助浴", "bath"],
  clean: ["助洁", "cleaning"],
  medical: ["助医", "medical help"],
  escort: ["助行", "escort"],
  emergency: ["助急", "emergency help"],
  rehab: ["康复", "rehabilitation"],
  visit: ["探访关爱", "check visit"],
  health_check: ["健康监测", "health check"],
  medication: ["服药管理", "medication"],
  mental: ["精神慰藉", "company"],
  legal: ["法律援助", "legal aid"],
  activity: ["文娱活动", "activity"],
  consult: ["咨询", "advice"],
};

let index = localStorage.getItem("language") === "en" ? 1 : 0;
export const language = () => (index === 1 ? "en" : "zh");
export function setLanguage(name) {
  index = name === "en" ? 1 : 0;
  localStorage.setItem("language", name);
  document.documentElement.lang = index === 1 ? "en" : "zh-CN";
  document.title = t("title");
}
export const t = (key, ...args) =>
  (words[key]?.[index] ?? key).replace(/\{(\d)\}/g, (_, i) => args[i] ?? "");
export const serviceName = (code) => services[code]?.[index] ?? code ?? "";
export const word = (key) => states[key]?.[index] ?? key ?? "";
export const both = (text) => text?.[language()] || text?.zh || text?.en || "";

const two = (n) => String(n).padStart(2, "0");
export function clock(iso) {
  if (!iso) return "";
  const d = new Date(iso);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
export function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 3600) return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
  if (s < 86400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} d`;
}
