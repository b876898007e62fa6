// words.js - the words of the public's page, 中文 first.
import { addWords } from "../base/i18n.js";

export const words = {
  publicTitle: ["养老服务公开信息", "Eldercare, for everybody"],
  find: ["查找机构", "Find a place"],
  lists: ["公示名单", "Published lists"],
  search: ["名称", "Name"],
  anyKind: ["全部类别", "every kind"],
  everyDistrict: ["全部区县", "every district"],
  priceUpTo: ["每月价格不超过", "Price a month up to"],
  anyPrice: ["不限", "any"],
  levelWanted: ["照护等级", "Care level"],
  anyLevel: ["不限", "any"],
  subsidised: ["接受政府补贴", "Takes subsidised residents"],
  withBeds: ["有空床", "Has free beds"],
  placesN: ["{0} 家", "{0} places"],
  freeBeds: ["空床 {0}", "{0} free beds"],
  noBedsKnown: ["空床未报", "free beds not reported"],
  asOfWhen: ["（截至 {0}）", "(as of {0})"],
  oldFigure: ["数据较旧，请电话确认", "old figure, please ask by telephone"],
  gradeOf: ["等级 {0}", "Grade {0}"],
  aMonth: ["{0} 元 / 月起", "from {0} yuan a month"],
  noPrice: ["价格未公布", "price not published"],
  noPlaces: ["没有符合条件的机构。", "No place fits."],
  noListed: ["目前没有公示。", "Nothing is published at present."],
  decidedBy: ["作出机关", "Authority"],
  decisionOf: ["决定文号", "Decision"],
  noAnswer: ["暂时无法读取：{0}", "Cannot be read at present: {0}"],
  mapOf: ["位置示意（北在上），点选机构", "Where they are, north up; choose one"],
  openHours: ["时间 {0}", "open {0}"],
  readMore: ["再显示 {0} 家", "{0} more"],
};
addWords({ words });
