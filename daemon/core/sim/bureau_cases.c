/*
 * bureau_cases.c - supervision: monthly campaigns that draw their sites, inspections with
 * their findings, duties filed and judged, evaluations, lists, complaints. Some are never put
 * right, judged or answered: those are overdue when their time is over.
 */
#include <stdio.h>

#include "base/instant.h"
#include "core/sim/bureau_private.h"

/* ---- inspections: `owner` is an institution, or behind them a station ---- */

enum inspection_phase { PLANNED, FOUND, REPLIED, RECTIFIED, PASSED, INSPECTION_DECIDED };

int64_t campaign_time(const struct bureau *bureau, const struct act *act)
{
    return bureau_day_ms(bureau, 30 * act->tick + 3) + 9 * HOUR_MS;
}

void campaign_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    const struct bureau_options *options = &bureau->options;
    (void)at_ms;
    for (uint32_t i = 0; i < options->n_institutions + options->n_stations; i++) {
        uint32_t per_mille = i < options->n_institutions ? 250 : 60;
        if (bureau_chance(bureau, DRAW_INSPECTION, i, 16 * act->tick, per_mille))
            bureau_add_act(bureau, ACT_INSPECTION, i, act->tick);
    }
}

int64_t inspection_time(const struct bureau *bureau, const struct act *act)
{
    struct draw_key key = bureau_key(bureau, DRAW_INSPECTION, act->owner);
    int64_t planned_ms = bureau_day_ms(bureau, 30 * act->number + 3) + 10 * HOUR_MS +
                         act->owner % 300 * MINUTE_MS;
    int64_t found_ms = planned_ms + 5 * DAY_MS;
    int64_t done_ms = found_ms + draw_between(key, 16 * act->number + 1, 5, 24) * DAY_MS;
    switch (act->tick) {
    case PLANNED:
        return planned_ms;
    case FOUND:
        return found_ms;
    case REPLIED:
        return found_ms + 3 * DAY_MS;
    case RECTIFIED:
        return done_ms;
    case PASSED:
        return done_ms + 7 * DAY_MS;
    case INSPECTION_DECIDED:
        return found_ms + 33 * DAY_MS;
    default:
        return OVER;
    }
}

static void say_finding(struct bureau *bureau, const char *id, const char *site,
                        const char *org, uint32_t what, int64_t at_ms)
{
    static const struct {
        const char *clause, *severity, *text;
    } finding[] = {
        {"GB 38600-2019 6.2", "medium", "消防通道被占用"},
        {"GB 38600-2019 7.3", "high", "夜间巡查记录不全"},
        {"MCA-66 art. 28", "medium", "值班人员不足"},
        {"MCA-66 art. 31", "low", "应急预案未演练"},
    };
    bureau_say(bureau, DEPARTMENT_SITE, "inspection.finding", at_ms,
               ",\"inspection\":\"%s\",\"site\":\"%s\",\"org\":\"%s\",\"clause\":\"%s\","
               "\"severity\":\"%s\",\"text\":\"%s\",\"evidence\":\"photo-%s\"",
               id, site, org, finding[what % 4].clause, finding[what % 4].severity,
               finding[what % 4].text, id);
}

static void say_planned(struct bureau *bureau, const struct act *act, const char *id,
                        const char *site, const char *org, int64_t at_ms)
{
    static const char *const domain[] = {"safety", "quality", "finance"};
    bureau_say(
        bureau, DEPARTMENT_SITE, "inspection.planned", at_ms,
        ",\"inspection\":\"%s\",\"campaign\":\"round-%u\",\"site\":\"%s\",\"org\":\"%s\","
        "\"domain\":\"%s\",\"inspectors\":[\"insp-%u\",\"insp-%u\"],\"drawn\":true",
        id, act->number + 1, site, org, domain[act->number % 3], act->owner % 9 + 1,
        act->owner % 9 + 2);
}

void inspection_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    uint32_t n_institutions = bureau->options.n_institutions, m = 16 * act->number;
    bool is_station = act->owner >= n_institutions;
    bool found = bureau_chance(bureau, DRAW_INSPECTION, act->owner, m + 2, 700);
    bool overdue = found && bureau_chance(bureau, DRAW_INSPECTION, act->owner, m + 3, 100);
    char site[MAX_SIM_ID], org[MAX_SIM_ID], id[64];
    if (is_station)
        station_id(act->owner - n_institutions, site);
    else
        institution_id(act->owner, site);
    org_id(is_station ? station_org(bureau, act->owner - n_institutions)
                      : institution_org(bureau, act->owner),
           org);
    (void)snprintf(id, sizeof(id), "i-%u-%u", act->number + 1, act->owner + 1);
    if (act->tick == PLANNED)
        say_planned(bureau, act, id, site, org, at_ms);
    else if (act->tick == FOUND && found)
        say_finding(bureau, id, site, org, act->owner + act->number, at_ms);
    else if ((act->tick == FOUND && !found) || (act->tick == PASSED && found && !overdue))
        bureau_say(bureau, DEPARTMENT_SITE, "inspection.passed", at_ms,
                   ",\"inspection\":\"%s\",\"site\":\"%s\",\"evidence\":\"recheck-%s\"", id,
                   site, id);
    else if (act->tick == REPLIED && found && act->owner % 2)
        bureau_say(bureau, site, "inspection.reply", at_ms,
                   ",\"inspection\":\"%s\",\"text\":\"已安排整改\"", id);
    else if (act->tick == RECTIFIED && found && !overdue)
        bureau_say(bureau, site, "inspection.rectified", at_ms,
                   ",\"inspection\":\"%s\",\"evidence\":\"after-%s\"", id, id);
    else if (act->tick == INSPECTION_DECIDED && overdue)
        bureau_found(bureau, TRUTH_INSPECTION_OVERDUE, "%s", id);
}

/* ---- duties: `owner` an organisation, `number` the duty ---- */

static const char *const duties[] = {"assessment", "disclosure", "emergency_plan"};
enum duty_phase { DUTY_FILED, DUTY_JUDGED, DUTY_DECIDED };

int64_t duty_time(const struct bureau *bureau, const struct act *act)
{
    struct draw_key key = bureau_key(bureau, DRAW_DUTY, act->owner);
    int64_t filed_ms =
        bureau_day_ms(bureau, (uint32_t)draw_between(key, 8 * act->number, 4, 70)) +
        draw_between(key, 8 * act->number + 1, 9 * 60, 17 * 60) * MINUTE_MS;
    if (act->tick == DUTY_FILED)
        return filed_ms;
    if (act->tick == DUTY_JUDGED)
        return filed_ms + draw_between(key, 8 * act->number + 2, 5, 25) * DAY_MS;
    return act->tick == DUTY_DECIDED ? filed_ms + 50 * DAY_MS : OVER;
}

void duty_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    bool forgotten = bureau_chance(bureau, DRAW_DUTY, act->owner, 8 * act->number + 3, 30);
    bool failed = bureau_chance(bureau, DRAW_DUTY, act->owner, 8 * act->number + 4, 20);
    const char *duty = duties[act->number];
    int year, month, day;
    char org[MAX_SIM_ID];
    org_id(act->owner, org);
    instant_date((bureau->options.start_ms + EAST_MS) / DAY_MS, &year, &month, &day);
    if (act->tick == DUTY_FILED)
        bureau_say(bureau, org, "duty.filed", at_ms,
                   ",\"org\":\"%s\",\"duty\":\"%s\",\"period\":\"%d\",\"evidence\":\"file-%s\"",
                   org, duty, year - 1, duty);
    else if (act->tick == DUTY_JUDGED && !forgotten)
        bureau_say(bureau, DEPARTMENT_SITE, "duty.result", at_ms,
                   ",\"org\":\"%s\",\"duty\":\"%s\",\"period\":\"%d\",\"result\":\"%s\"", org,
                   duty, year - 1, failed ? "failed" : "passed");
    else if (act->tick == DUTY_DECIDED && forgotten)
        bureau_found(bureau, TRUTH_RESULT_OVERDUE, "%s.%s.%d", org, duty, year - 1);
}

/* ---- evaluations of institutions ---- */

int64_t evaluation_time(const struct bureau *bureau, const struct act *act)
{
    struct draw_key key = bureau_key(bureau, DRAW_EVALUATION, act->owner);
    if (act->tick > 0 || draw_between(key, 0, 0, 9) >= 6)
        return OVER;
    return bureau_day_ms(bureau, (uint32_t)draw_between(key, 1, 5, 60)) + 11 * HOUR_MS;
}

void evaluation_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    static const int64_t points[] = {120, 130, 150, 600};
    static const char *const grades[] = {"1", "2", "3", "4", "5"};
    struct draw_key key = bureau_key(bureau, DRAW_EVALUATION, act->owner);
    int64_t share = draw_between(key, 2, 45, 97), got[4];
    char site[MAX_SIM_ID], org[MAX_SIM_ID];
    institution_id(act->owner, site);
    org_id(institution_org(bureau, act->owner), org);
    for (uint32_t i = 0; i < 4; i++)
        got[i] = points[i] * (share + draw_between(key, 3 + i, -2, 2)) / 100;
    const char *grade = grades[share >= 93   ? 4
                               : share >= 83 ? 3
                               : share >= 63 ? 2
                               : share >= 53 ? 1
                                             : 0];
    bureau_say(bureau, DEPARTMENT_SITE, "evaluation.scored", at_ms,
               ",\"org\":\"%s\",\"site\":\"%s\",\"scheme\":\"gbt37276\",\"sections\":{"
               "\"environment\":%lld,\"facilities\":%lld,\"operation\":%lld,\"service\":%lld},"
               "\"grade\":\"%s\",\"published\":%lld,\"panel\":[\"expert-1\",\"expert-2\","
               "\"expert-3\"],\"evidence\":\"score-sheet-%u\"",
               org, site, (long long)got[0], (long long)got[1], (long long)got[2],
               (long long)got[3], grade, (long long)at_ms, act->owner + 1);
}

/* ---- credit ---- */

enum list_kind { LIST_NONE, LIST_RED, LIST_ABNORMAL, LIST_BLACK };
enum credit_phase { CREDIT_LISTED, CREDIT_REPAIR, CREDIT_REMOVED };

static enum list_kind list_of(const struct bureau *bureau, uint32_t org)
{
    int64_t drawn = draw_between(bureau_key(bureau, DRAW_CREDIT, org), 0, 0, 999);
    return drawn < 60    ? LIST_RED
           : drawn < 100 ? LIST_ABNORMAL
           : drawn < 115 ? LIST_BLACK
                         : LIST_NONE;
}

int64_t credit_time(const struct bureau *bureau, const struct act *act)
{
    enum list_kind list = list_of(bureau, act->owner);
    struct draw_key key = bureau_key(bureau, DRAW_CREDIT, act->owner);
    int64_t listed_ms = bureau_day_ms(bureau, (uint32_t)draw_between(key, 1, 6, 70)) +
                        draw_between(key, 2, 9 * 60, 17 * 60) * MINUTE_MS;
    if (list == LIST_NONE ||
        act->tick > (list == LIST_ABNORMAL ? CREDIT_REMOVED : CREDIT_LISTED))
        return OVER;
    return listed_ms + (int64_t)act->tick * 20 * DAY_MS;
}

void credit_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    static const struct {
        const char *id, *clause;
    } lists[] = {[LIST_RED] = {"red", "诚信红黑榜发布办法 第五条"},
                 [LIST_ABNORMAL] = {"abnormal", "社会组织信用信息管理办法 第十一条"},
                 [LIST_BLACK] = {"black", "诚信红黑榜发布办法 第八条"}};
    enum list_kind list = list_of(bureau, act->owner);
    char org[MAX_SIM_ID], decision[64];
    org_id(act->owner, org);
    (void)snprintf(decision, sizeof(decision), "民决字〔%u〕号", act->owner + 1);
    if (act->tick == CREDIT_LISTED)
        bureau_say(
            bureau, DEPARTMENT_SITE, "credit.listed", at_ms,
            ",\"org\":\"%s\",\"list\":\"%s\",\"decision\":\"%s\",\"authority\":\"民政局\","
            "\"clause\":\"%s\",\"from\":%lld,\"evidence\":\"decision-%u\"",
            org, lists[list].id, decision, lists[list].clause, (long long)at_ms,
            act->owner + 1);
    else if (act->tick == CREDIT_REPAIR)
        bureau_say(
            bureau, org, "credit.repair_requested", at_ms,
            ",\"org\":\"%s\",\"list\":\"%s\",\"decision\":\"%s\",\"text\":\"已补报年度报告\","
            "\"evidence\":\"report-%u\"",
            org, lists[list].id, decision, act->owner + 1);
    else
        bureau_say(
            bureau, DEPARTMENT_SITE, "credit.removed", at_ms,
            ",\"org\":\"%s\",\"list\":\"%s\",\"decision\":\"%s\",\"evidence\":\"repair-%u\"",
            org, lists[list].id, decision, act->owner + 1);
}

/* ---- complaints about an institution: three ticks each ---- */

#define TICKS_OF_COMPLAINT 3u

int64_t complaint_time(const struct bureau *bureau, const struct act *act)
{
    uint32_t n = act->tick / TICKS_OF_COMPLAINT;
    struct draw_key key = bureau_key(bureau, DRAW_COMPLAINT, act->owner);
    int64_t filed_ms = bureau_day_ms(bureau, 45 * n + act->owner % 37 + 2 +
                                                 (uint32_t)draw_between(key, 4 * n, 0, 14)) +
                       draw_between(key, 4 * n + 1, 9 * 60, 17 * 60) * MINUTE_MS;
    static const int64_t behind_days[] = {0, 0, 25};
    uint32_t phase = act->tick % TICKS_OF_COMPLAINT;
    if (phase == 1)
        return filed_ms + draw_between(key, 4 * n + 2, 2, 9) * DAY_MS;
    return filed_ms + behind_days[phase] * DAY_MS;
}

void complaint_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    static const char *const channel[] = {"12345", "family", "resident"};
    static const char *const topic[] = {"service", "meal", "fees", "carer", "safety"};
    uint32_t n = act->tick / TICKS_OF_COMPLAINT, phase = act->tick % TICKS_OF_COMPLAINT;
    bool overdue = bureau_chance(bureau, DRAW_COMPLAINT, act->owner, 4 * n + 3, 80);
    char site[MAX_SIM_ID], org[MAX_SIM_ID], id[64];
    institution_id(act->owner, site);
    org_id(institution_org(bureau, act->owner), org);
    (void)snprintf(id, sizeof(id), "c-%u-%u", act->owner + 1, n + 1);
    if (phase == 0)
        bureau_say(bureau, DEPARTMENT_SITE, "complaint.filed", at_ms,
                   ",\"complaint\":\"%s\",\"about\":\"%s\",\"site\":\"%s\",\"org\":\"%s\","
                   "\"channel\":\"%s\",\"topic\":\"%s\"",
                   id, site, site, org, channel[(act->owner + n) % 3],
                   topic[(act->owner + 2 * n) % 5]);
    else if (phase == 1 && !overdue)
        bureau_say(bureau, DEPARTMENT_SITE, "complaint.closed", at_ms,
                   ",\"complaint\":\"%s\",\"site\":\"%s\",\"result\":\"已核实并答复\","
                   "\"satisfied\":%s",
                   id, site, (act->owner + n) % 4 ? "true" : "false");
    else if (phase == 2 && overdue)
        bureau_found(bureau, TRUTH_COMPLAINT_OVERDUE, "%s", id);
}
