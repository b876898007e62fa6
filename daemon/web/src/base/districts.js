// districts.js - names of Chengdu's units by code, and of areas that are registered; another code is
// shown as it is.
import { language } from "./i18n.js";

const names = {
  510104: ["锦江区", "Jinjiang"],
  510105: ["青羊区", "Qingyang"],
  510106: ["金牛区", "Jinniu"],
  510107: ["武侯区", "Wuhou"],
  510108: ["成华区", "Chenghua"],
  510112: ["龙泉驿区", "Longquanyi"],
  510113: ["青白江区", "Qingbaijiang"],
  510114: ["新都区", "Xindu"],
  510115: ["温江区", "Wenjiang"],
  510116: ["双流区", "Shuangliu"],
  510117: ["郫都区", "Pidu"],
  510118: ["新津区", "Xinjin"],
  510121: ["金堂县", "Jintang"],
  510129: ["大邑县", "Dayi"],
  510131: ["蒲江县", "Pujiang"],
  510171: ["天府新区", "Tianfu New Area"],
  510172: ["高新区", "High-tech Zone"],
  510173: ["东部新区", "Eastern New Area"],
  510181: ["都江堰市", "Dujiangyan"],
  510182: ["彭州市", "Pengzhou"],
  510183: ["邛崃市", "Qionglai"],
  510184: ["崇州市", "Chongzhou"],
  510185: ["简阳市", "Jianyang"],
};
// Registered areas say their own names, for cities and codes that are not above.
export function addDistricts(areas) {
  for (const { area, name } of areas) if (name) names[area] ??= [name, name];
}
export const districtName = (code) => names[code]?.[language() === "en" ? 1 : 0] ?? code ?? "";
