// words.js - the words of the pages about places, people and services, 中文 first.
import { addWords } from "../base/i18n.js";

export const words = {
  helpSites: [
    "全部机构和站点；失联的排在最前，它们那里的情况我们不知道。",
    "Every site; those that are not heard come first, for we do not know how it is there.",
  ],
  helpSite: [
    "一个站点：能否收到数据、未关闭的报警、当天服务、设备和最近数值。",
    "One site: is it heard, what is open there, its visits of the day, its devices and last values.",
  ],
  helpVisits: [
    "服务从计划到签退；有异常的排在最前。",
    "Services from planned to checked out; those with an exception come first.",
  ],
  filterSites: ["机构名称或编号", "name or id of a site"],
  inQueue: ["在报警列表中查看", "in the list of alarms"],
  bed: ["床位", "Bed"],
  device: ["设备", "Device"],
  lastValues: ["最近数值", "Last values"],
  yes: ["是", "yes"],
  no: ["否", "no"],
  doorOpen: ["开", "open"],
  doorShut: ["关", "shut"],
  residents: ["老人", "Residents"],
  actual: ["实际", "Actual"],
  kind: ["类别", "Kind"],
  heard: ["末次", "Last heard"],
  visits: ["上门服务", "Visits"],
  serviceKind: ["服务", "Service"],
  worker: ["服务人员", "Worker"],
  planned: ["计划", "Planned"],
  exceptions: ["异常", "Exceptions"],
  noVisits: ["没有服务记录。", "No visits yet."],
};
addWords({ words });
