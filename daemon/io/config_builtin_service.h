/*
 * config_builtin_service.h - the part of the table of built-in rules (config_builtin.c, and
 * nobody else) that is about stations, monthly visits, certificates and forecasts.
 */
#ifndef IO_CONFIG_BUILTIN_SERVICE_H
#define IO_CONFIG_BUILTIN_SERVICE_H

#define SERVICE_RULES                                                                        \
    {                                                                                        \
        .name = "site-quiet",                                                                \
        .detector = "system",                                                                \
        .condition = CONDITION_SITE_QUIET,                                                   \
        .priority = "low",                                                                   \
        .category = "service",                                                               \
        .after = "7d",                                                                       \
        .text_zh = "站点停摆：开放时间内长期没有活动和服务",                                 \
        .text_en = "A station or base serves nobody: no session and no visit",               \
        .action_zh = "请联系站点负责人，了解是否停办并核实在建项目",                         \
        .action_en = "Call who runs it: is it closed, and what of its projects?",            \
    },                                                                                       \
        {                                                                                    \
            .name = "activity-over-capacity",                                                \
            .detector = "system",                                                            \
            .condition = CONDITION_ACTIVITY_CAPACITY,                                        \
            .priority = "low",                                                               \
            .category = "compliance",                                                        \
            .text_zh = "活动人数超过场地容量",                                               \
            .text_en = "A session with more people than places",                             \
            .action_zh = "请站点核对人数并更正，注意场地安全",                               \
            .action_en = "Have the number corrected, and see that the place is safe",        \
        },                                                                                   \
        {                                                                                    \
            .name = "activity-room",                                                         \
            .detector = "system",                                                            \
            .condition = CONDITION_ACTIVITY_ROOM,                                            \
            .priority = "low",                                                               \
            .category = "compliance",                                                        \
            .text_zh = "同一场地同时举办两场活动",                                           \
            .text_en = "Two sessions in one room at once",                                   \
            .action_zh = "请站点核对时间和场地并更正",                                       \
            .action_en = "Have times and rooms corrected",                                   \
        },                                                                                   \
        {                                                                                    \
            .name = "activity-worker",                                                       \
            .detector = "system",                                                            \
            .condition = CONDITION_ACTIVITY_WORKER,                                          \
            .priority = "low",                                                               \
            .category = "compliance",                                                        \
            .text_zh = "同一人员同时主持两场活动",                                           \
            .text_en = "One person held two sessions at once",                               \
            .action_zh = "请站点核对主持人员并更正",                                         \
            .action_en = "Have it corrected who held which",                                 \
        },                                                                                   \
        {                                                                                    \
            .name = "activity-not-held",                                                     \
            .detector = "system",                                                            \
            .condition = CONDITION_ACTIVITY_NOT_HELD,                                        \
            .priority = "low",                                                               \
            .category = "compliance",                                                        \
            .after = "2d",                                                                   \
            .text_zh = "计划的活动未举办：到期未报告举办或取消",                             \
            .text_en = "A planned session was not held, or nobody reported it",              \
            .action_zh = "请联系站点：补报、改期或取消该活动",                               \
            .action_en = "Ask the site: report it, move it or call it off",                  \
        },                                                                                   \
        {                                                                                    \
            .name = "recipient-unvisited",                                                   \
            .detector = "system",                                                            \
            .condition = CONDITION_UNVISITED,                                                \
            .priority = "medium",                                                            \
            .category = "service",                                                           \
            .text_zh = "本月探访未完成：仍有特殊困难老人未探访",                             \
            .text_en = "Monthly visits are missing: recipients whom nobody has visited yet", \
            .action_zh = "请于月底前安排探访，名单见月度探访报表",                           \
            .action_en =                                                                     \
                "Have them visited before the month ends; the monthly report lists them",    \
        },                                                                                   \
        {                                                                                    \
            .name = "feed-gap",                                                              \
            .detector = "system",                                                            \
            .condition = CONDITION_FEED_GAP,                                                 \
            .priority = "low",                                                               \
            .category = "compliance",                                                        \
            .text_zh = "外部信用信息缺号：有几条没有收到",                                   \
            .text_en = "Lines of another department's feed are missing",                     \
            .action_zh = "请向发布方补取缺失的编号",                                         \
            .action_en = "Fetch the missing numbers again from who publishes it",            \
        },                                                                                   \
        {                                                                                    \
            .name = "project-over-claim-ahead",                                              \
            .detector = "system",                                                            \
            .condition = CONDITION_PROJECT_OVER_CLAIM_AHEAD,                                 \
            .priority = "low",                                                               \
            .category = "compliance",                                                        \
            .text_zh = "项目申报趋势将超出核实",                                             \
            .text_en = "At this pace a project will claim more than is verified",            \
            .action_zh = "请在下次申报前与承接机构核对服务记录",                             \
            .action_en = "Go through the records with the provider before its next claim",   \
        },                                                                                   \
        {                                                                                    \
            .name = "certificate-expires",                                                   \
            .detector = "system",                                                            \
            .condition = CONDITION_CERTIFICATE,                                              \
            .priority = "low",                                                               \
            .category = "compliance",                                                        \
            .after = "30d",                                                                  \
            .text_zh = "证件即将到期或已过期",                                               \
            .text_en = "A certificate expires soon, or has",                                 \
            .action_zh = "请联系持证单位或人员换证，过期后不得上岗",                         \
            .action_en = "Have it renewed; nobody works with an expired one",                \
        },

#endif
