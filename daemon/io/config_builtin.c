/*
 * config_builtin.c - the rules that always exist: silence of devices and sites, exceptions of
 * visits, and what the daemon itself has to say. A file may change their texts, priority and
 * grace by a rule with the same detector and condition; it cannot take them away.
 */
#include <string.h>

#include "io/config_private.h"

const struct builtin_rule builtin_rules[] = {
    {
        .name = "device-silent",
        .detector = "supervision",
        .condition = CONDITION_DEVICE_SILENT,
        .priority = "medium",
        .category = "technical",
        .text_zh = "设备失联:超过监测间隔没有任何消息",
        .text_en = "Device silent: nothing heard for longer than its supervision interval",
        .action_zh = "请先查看老人情况,再检查设备电源、电池和网络",
        .action_en = "Look after the resident first, then check power, battery and network",
    },
    {
        .name = "device-no-data",
        .detector = "supervision",
        .condition = CONDITION_ALIVE_NO_DATA,
        .priority = "low",
        .category = "technical",
        .text_zh = "设备在线但没有数据",
        .text_en = "Device is online but sends no data",
        .action_zh = "请检查传感器是否脱落、损坏或未佩戴",
        .action_en = "Check whether the sensor is loose, broken or not worn",
    },
    {
        .name = "site-silent",
        .detector = "supervision",
        .condition = CONDITION_SITE_SILENT,
        .priority = "high",
        .category = "technical",
        .text_zh = "站点失联:整个站点没有任何消息",
        .text_en = "Site silent: nothing heard from the whole site",
        .action_zh = "请立即电话联系站点值班人员,改为人工巡查,并检查网关和网络",
        .action_en = "Call the person on duty now, have rounds made by hand, check gateway and "
                     "network",
    },
    {
        .name = "visit-late",
        .detector = "visit",
        .condition = CONDITION_VISIT_LATE,
        .priority = "low",
        .category = "service",
        .after = "15m",
        .text_zh = "上门服务迟到:到时未签到",
        .text_en = "Visit late: no check-in at the planned time",
        .action_zh = "请联系服务人员,确认到达时间并告知老人",
        .action_en = "Call the worker, ask when they will arrive and tell the recipient",
    },
    {
        .name = "visit-missed",
        .detector = "visit",
        .condition = CONDITION_VISIT_MISSED,
        .priority = "medium",
        .category = "service",
        .after = "1h",
        .text_zh = "漏访:上门服务未进行",
        .text_en = "Visit missed: the planned service did not take place",
        .action_zh = "请电话联系老人确认安全,另派人员上门",
        .action_en = "Call the recipient to make sure they are well, send somebody else",
    },
    {
        .name = "visit-no-checkout",
        .detector = "visit",
        .condition = CONDITION_VISIT_NO_CHECKOUT,
        .priority = "low",
        .category = "service",
        .after = "30m",
        .text_zh = "上门服务未签退",
        .text_en = "Visit without check-out",
        .action_zh = "请联系服务人员确认服务是否结束、人员是否安全",
        .action_en = "Call the worker: is the service over, and are they safe?",
    },
    {
        .name = "unknown-site",
        .detector = "system",
        .condition = CONDITION_UNKNOWN_SITE,
        .priority = "low",
        .category = "compliance",
        .text_zh = "未登记的站点正在发送数据",
        .text_en = "A site that is not registered sends data",
        .action_zh = "请核实站点身份并登记,或停用其接入账号",
        .action_en = "Find out who it is and register it, or lock its account at the broker",
    },
    {
        .name = "clock-fault",
        .detector = "system",
        .condition = CONDITION_CLOCK_FAULT,
        .priority = "low",
        .category = "technical",
        .text_zh = "设备时钟不准",
        .text_en = "Clock of a device is off",
        .action_zh = "请校准设备或网关的时间",
        .action_en = "Set the time of the device or its gateway",
    },
    {
        .name = "not-authorised",
        .detector = "system",
        .condition = CONDITION_NOT_AUTHORISED,
        .priority = "medium",
        .category = "compliance",
        .text_zh = "站点上报了无权上报的事件",
        .text_en = "A site reported what it has no authority to report",
        .action_zh = "请核查站点类型和接入系统,事件未被采纳,内容见隔离区",
        .action_en = "Check the site's kind and its system; the event was not taken, see the "
                     "quarantine",
    },
    {0},
};

const struct builtin_rule *builtin_rule_find(const char *detector, const char *condition)
{
    for (const struct builtin_rule *rule = builtin_rules; rule->name; rule++) {
        if (strcmp(rule->detector, detector) == 0 && strcmp(rule->condition, condition) == 0)
            return rule;
    }
    return NULL;
}

bool builtin_detector(const char *detector)
{
    for (const struct builtin_rule *rule = builtin_rules; rule->name; rule++) {
        if (strcmp(rule->detector, detector) == 0)
            return true;
    }
    return false;
}
