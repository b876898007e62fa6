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
  waiting: ["待确认", "Waiting for acknowledgement"],
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
  noPlan: ["规则没有写明处置办法。", "The rule does not say what to do."],
  waits: ["已等待 {0}", "waiting for {0}"],
  clearedAt: ["{0} 恢复正常", "back in order at {0}"],
  happenedAt: ["设备时间 {0}，{1} 才送达", "happened at {0}, arrived at {1}"],
  timeline: ["经过", "What happened to it"],
  told: ["通知了谁", "Who was told"],
  toldNobody: ["没有通知任何人。", "Nobody was told."],
  delivered: ["已送达", "delivered"],
  notDelivered: ["未送达", "not delivered"],
  trend: ["{0}：最低 {1}，最高 {2} {3}", "{0}: lowest {1}, highest {2} {3}"],
  dashed: ["虚线为限值 {0}", "dashed: the limit {0}"],
  noTrend: ["这段时间没有数据。", "No data for this time."],
  reading: ["读取中…", "reading…"],
  back: ["‹ 返回", "‹ Back"],
  drill: ["演练", "drill"],
  firstOut: ["首发", "first out"],
  filter: ["机构、床位、事件", "site, bed, event"],
  shownN: ["{0} 条", "{0} shown"],
  hiddenN: ["筛选隐藏了 {0} 条待确认报警", "the filter hides {0} that wait"],
  showAll: ["全部显示", "Show all"],
  noneFit: ["没有符合筛选的报警。", "No alarm fits the filter."],
  cut: ["未关闭的报警太多，只显示最紧急的 5000 条", "too many open alarms: only the 5,000 most urgent are shown"],
  unacked: ["待确认 {0}", "{0} waiting"],
  health: ["系统状态", "System"],
  help: ["帮助", "Help"],
  soundOff: ["声音未启用", "Sound is off: click"],
  soundOn: ["声音 开", "Sound on"],
  soundMuted: ["静音 {0}", "Muted {0}"],
  close: ["关闭", "Close"],
  helpMove: ["上一条、下一条报警", "the alarm before, the next one"],
  helpAck: ["确认选中的报警", "acknowledge the selected alarm"],
  helpFilter: ["筛选", "filter"],
  helpMute: ["静音 2 分钟；再按恢复", "silence the sound for 2 minutes; again: sound on"],
  helpFlash: ["闪烁：还没有人确认。", "Flashing: nobody has acknowledged it yet."],
  helpHollow: ["空心：失联或数据中断，显示的不是现在的情况。", "Hollow: not heard, or no data: not how it is now."],
  firstTitle: ["还没有站点：下一步", "No site yet: what to do next"],
  firstPublish: ["让一台设备发布数据；站点会自动登记：", "Let a device publish; its site registers itself:"],
  firstRegister: [
    "或在配置文件的 sites 中写明站点的类别、区县和名称。",
    "Or name sites with kind, district and name under sites in the configuration.",
  ],
  firstDemo: ["或先看模拟的城市：", "Or look at the simulated city first:"],
  firstHealth: ["收不到数据？先看", "Nothing arrives? Look at"],
  none: ["没有报警。", "No alarms."],
  noneOpen: ["没有未关闭的报警。", "No open alarms."],
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
  raised: ["触发", "raised"],
  repeated: ["再次触发", "raised again"],
  cleared: ["恢复正常", "back in order"],
  notified: ["通知", "notification"],
  shelved: ["已搁置", "shelved"],
  suppressed: ["已抑制", "suppressed"],
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
const metrics = {
  hr: ["心率", "Heart rate", "/min"],
  resp: ["呼吸", "Respiration", "/min"],
  spo2: ["血氧", "Oxygen saturation", "%"],
  temp: ["体温", "Temperature", "°C"],
  sys: ["收缩压", "Systolic pressure", "mmHg"],
  dia: ["舒张压", "Diastolic pressure", "mmHg"],
  glucose: ["血糖", "Glucose", "mmol/L"],
  in_bed: ["在床", "In bed", ""],
  motion: ["活动", "Motion", ""],
  door: ["门", "Door", ""],
  fall: ["跌倒", "Fall", ""],
  smoke: ["烟雾", "Smoke", ""],
  gas: ["燃气", "Gas", ""],
  leak: ["漏水", "Leak", ""],
  co2: ["二氧化碳", "CO₂", "ppm"],
  room_temp: ["室温", "Room temperature", "°C"],
  humidity: ["湿度", "Humidity", "%"],
  battery: ["电量", "Battery", "%"],
  rssi: ["信号", "Signal", "dBm"],
};

let index = localStorage.getItem("language") === "en" ? 1 : 0;
export const language = () => (index === 1 ? "en" : "zh");
export function setLanguage(name) {
  index = name === "en" ? 1 : 0;
  localStorage.setItem("language", name);
  document.documentElement.lang = index === 1 ? "en" : "zh-CN";
}
export const t = (key, ...args) =>
  (words[key]?.[index] ?? key).replace(/\{(\d)\}/g, (_, i) => args[i] ?? "");
export const serviceName = (code) => services[code]?.[index] ?? code ?? "";
export const word = (key) => states[key]?.[index] ?? key ?? "";
export const metricName = (name) => metrics[name]?.[index] ?? name;
export const unit = (name) => metrics[name]?.[2] ?? "";
export const both = (text) => text?.[language()] || text?.zh || text?.en || "";

const two = (n) => String(n).padStart(2, "0");
// The local time; with the day when it is not today, so that yesterday's is not taken for
// today's.
export function clock(iso) {
  if (!iso) return "";
  const d = new Date(iso);
  const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  if (d.toDateString() === new Date().toDateString()) return time;
  return `${two(d.getMonth() + 1)}-${two(d.getDate())} ${time}`;
}
export function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 3600) return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
  if (s < 86400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} d`;
}
