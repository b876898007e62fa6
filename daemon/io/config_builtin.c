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
        .name = "journal-recovered",
        .detector = "system",
        .condition = CONDITION_JOURNAL_RECOVERED,
        .priority = "medium",
        .category = "technical",
        .text_zh = "日志尾部损坏,已隔离并继续运行",
        .text_en = "The end of the journal was damaged: set aside, going on",
        .action_zh = "请检查磁盘和电源;已确认的事件不受影响,损坏部分保存在 .seg.damaged",
        .action_en = "Check disk and power supply; what was acknowledged is kept, the rest "
                     "lies in *.seg.damaged",
    },
    {
        .name = "journal-failed",
        .detector = "system",
        .condition = CONDITION_JOURNAL_FAILED,
        .priority = "high",
        .category = "technical",
        .text_zh = "日志写盘失败,程序已自行重启",
        .text_en = "The disk failed under the journal: the daemon restarted itself",
        .action_zh = "请立即检查磁盘(dmesg、smartctl),准备更换;网关会重发未确认的消息",
        .action_en = "Check the disk now (dmesg, smartctl) and plan to replace it; gateways "
                     "send again what was not acknowledged",
    },
    {
        .name = "journal-damaged",
        .detector = "system",
        .condition = CONDITION_JOURNAL_DAMAGED,
        .priority = "high",
        .category = "technical",
        .text_zh = "日志中有一段已损坏,其中的记录无法读取",
        .text_en = "A part of the journal is damaged: its records cannot be read",
        .action_zh = "请运行 carewatch journal verify,检查磁盘,人工核对该时段的报警",
        .action_en = "Run carewatch journal verify, check the disk, go through that time's "
                     "alarms by hand",
    },
    {
        .name = "journal-full",
        .detector = "system",
        .condition = CONDITION_JOURNAL_FULL,
        .priority = "high",
        .category = "technical",
        .text_zh = "日志空间已满:遥测暂停接收,只接收事件和呼叫",
        .text_en = "The journal is full: telemetry is held, only events and calls are taken",
        .action_zh = "请立即释放磁盘空间或恢复数据库;腾出空间后自动恢复",
        .action_en = "Free disk space or bring the database back now; it goes on by itself "
                     "when there is room",
    },
    {
        .name = "store-failed",
        .detector = "system",
        .condition = CONDITION_STORE_FAILED,
        .priority = "high",
        .category = "technical",
        .after = "5s",
        .text_zh = "报警库无法写入,对外通知暂停",
        .text_en = "The store cannot be written: notifications wait",
        .action_zh = "请检查磁盘空间和权限;恢复后自动补写,请盯看页面",
        .action_en =
            "Check disk space and rights; it catches up by itself, watch the page until then",
    },
    {
        .name = "snapshot-failed",
        .detector = "system",
        .condition = CONDITION_SNAPSHOT_FAILED,
        .priority = "low",
        .category = "technical",
        .text_zh = "状态快照写入失败,重启会变慢,日志无法清理",
        .text_en = "Snapshots fail: a restart takes longer and the journal cannot be trimmed",
        .action_zh = "请检查磁盘空间和内存;程序会自动重试",
        .action_en = "Check disk space and memory; it is tried again by itself",
    },
    {
        .name = "influx-behind",
        .detector = "system",
        .condition = CONDITION_INFLUX_BEHIND,
        .priority = "medium",
        .category = "technical",
        .after = "5m",
        .text_zh = "时序数据库不可用或落后,报警不受影响",
        .text_en = "The database is away or behind; alarms are not affected",
        .action_zh = "请检查数据库服务、凭据和网络;恢复后自动补写",
        .action_en = "Check the database, its credentials and the network; what is missing is "
                     "written by itself",
    },
    {
        .name = "influx-refuses",
        .detector = "system",
        .condition = CONDITION_INFLUX_REFUSES,
        .priority = "low",
        .category = "technical",
        .text_zh = "时序数据库拒绝了部分数据",
        .text_en = "The database refuses some lines",
        .action_zh = "请查看隔离区:同一字段的类型可能不一致",
        .action_en = "Look into the quarantine: often a field has two types",
    },
    {
        .name = "influx-gave-up",
        .detector = "system",
        .condition = CONDITION_INFLUX_GAVE_UP,
        .priority = "medium",
        .category = "technical",
        .text_zh = "时序数据库长期不可用,最早的遥测已放弃",
        .text_en = "The database was away too long: the oldest telemetry is given up",
        .action_zh = "请恢复数据库,或增大 journal.quota;放弃的遥测无法补写",
        .action_en = "Bring the database back or raise journal.quota; what was given up does "
                     "not come again",
    },
    {
        .name = "channel-dead",
        .detector = "system",
        .condition = CONDITION_CHANNEL_DEAD,
        .priority = "high",
        .category = "technical",
        .after = "1m",
        .text_zh = "通知渠道不通,报警送不到人",
        .text_en = "A notification channel is dead: alarms do not reach anybody there",
        .action_zh = "请立即改用电话通知,检查接收方地址和网络;恢复后自动补发",
        .action_en = "Tell people by telephone now, check the receiver and the network; what "
                     "waits is sent by itself",
    },
    {
        .name = "broker-down",
        .detector = "system",
        .condition = CONDITION_BROKER_DOWN,
        .priority = "high",
        .category = "technical",
        .after = "20s",
        .text_zh = "与消息服务器的连接中断,看不到现场",
        .text_en = "No connection to the broker: we see nothing of the sites",
        .action_zh = "请检查消息服务器和网络,并电话联系各站点",
        .action_en = "Check broker and network, call the sites",
    },
    {
        .name = "door-down",
        .detector = "system",
        .condition = CONDITION_DOOR_DOWN,
        .priority = "high",
        .category = "technical",
        .after = "20s",
        .text_zh = "消息服务器没有写入日志门,看不到现场",
        .text_en = "Nobody writes into the door: we see nothing of its sites",
        .action_zh = "请检查消息服务器是否运行、插件是否加载,并电话联系各站点",
        .action_en = "Check that the broker runs and has loaded the plugin, call the sites",
    },
    {
        .name = "door-full",
        .detector = "system",
        .condition = CONDITION_DOOR_FULL,
        .priority = "high",
        .category = "technical",
        .text_zh = "日志门已满,遥测暂存在设备端,呼叫仍可接收",
        .text_en =
            "The door is full: devices keep their telemetry, calls go on from the reserve",
        .action_zh = "请释放磁盘空间或恢复数据库,之后自动恢复",
        .action_en = "Free space on its disk or bring the database back; it goes on by itself",
    },
    {
        .name = "door-damaged",
        .detector = "system",
        .condition = CONDITION_DOOR_DAMAGED,
        .priority = "high",
        .category = "technical",
        .text_zh = "日志门中有记录无法读取",
        .text_en = "Records of the door cannot be read",
        .action_zh = "请检查磁盘和目录权限,并人工核对这段时间的报警和呼叫",
        .action_en =
            "Check its disk and the rights of its folder, go through that time's alarms "
            "and calls by hand",
    },
    {
        .name = "door-recovered",
        .detector = "system",
        .condition = CONDITION_DOOR_RECOVERED,
        .priority = "medium",
        .category = "technical",
        .text_zh = "日志门末尾不完整,已隔离",
        .text_en = "The door's end was torn and is set aside",
        .action_zh = "断电或强行终止之后请确认;否则请检查磁盘和电源",
        .action_en = "After a power cut or a kill: acknowledge it; else check disk and power",
    },
    {
        .name = "clock-stepped",
        .detector = "system",
        .condition = CONDITION_CLOCK_STEPPED,
        .priority = "low",
        .category = "technical",
        .text_zh = "服务器时钟被调整",
        .text_en = "The server's clock was set",
        .action_zh = "请检查时间同步服务;计时不受影响",
        .action_en = "Check the time service; deadlines are not moved by it",
    },
    {0},
};

size_t n_builtin_rules(void)
{
    return sizeof(builtin_rules) / sizeof(builtin_rules[0]) - 1;
}

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
