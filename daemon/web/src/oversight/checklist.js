// checklist.js - what is looked at, by domain: [id, clause, 中文, English]. A start that a
// department goes by when it has no list of its own; a clause can be corrected in each finding.
export const checklist = {
  safety: [
    ["exits", "建筑防火", "疏散通道、安全出口畅通", "Escape routes and exits are free"],
    ["fire-gear", "建筑防火", "消防设施完好有效，月检有记录", "Fire equipment works and is checked monthly"],
    ["alarms", "GB 38600-2019 7", "烟感、燃气报警和呼叫装置可用（现场测试）", "Smoke, gas and call devices work (tested on the spot)"],
    ["night", "办法 第28条", "24 小时值班，夜间巡查有记录", "Staff on duty around the clock, night rounds on record"],
    ["plan", "办法 第31条", "应急预案和演练记录齐全", "Emergency plan and drills on record"],
    ["nine", "GB 38600-2019 6", "九防措施落实（噎食、坠床、烫伤、走失等）", "The nine protections are in place (choking, bed falls, scalds, elopement)"],
  ],
  quality: [
    ["assess", "办法 第15条", "入院评估和照护等级有记录", "Assessment at admission and care level on record"],
    ["staffing", "办法 第28条", "护理人员配置符合照护等级", "Carers on duty fit the care levels"],
    ["risk", "GB 38600-2019 5", "服务风险评估按期更新", "Risk assessments are renewed in time"],
    ["files", "办法 第32条", "老人档案完整、保存期足够", "Residents' files are complete and kept long enough"],
    ["meals", "食品安全", "食堂留样、证照有效", "Kitchen samples are kept, its licence is valid"],
  ],
  finance: [
    ["fees", "收费公示", "收费项目和标准公示", "Fees are displayed"],
    ["deposit", "预收费", "押金、预收费专户管理", "Deposits and prepayments are on their own account"],
    ["subsidy", "补贴资金", "补贴按实际服务申报", "Subsidies are claimed for services that were given"],
    ["books", "会计制度", "账目、票据完整", "Books and receipts are complete"],
  ],
  other: [["other", "", "其他", "Other"]],
};
