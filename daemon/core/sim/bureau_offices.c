/*
 * bureau_offices.c - what the calendar asks of organisations, and what persons decide: annual
 * reports by the end of May, some late, some never; listings that one person proposes and
 * another approves, some objected to, a few of those never answered.
 */
#include <stdio.h>

#include "base/instant.h"
#include "core/sim/bureau_private.h"

/* ---- annual reports, due on the 31st of May ---- */

#define OFTEN_LATE_PER_MILLE 40u
#define NEVER_PER_MILLE 20u

/* The end of the first due date that leaves two months for it, and the year it is for. */
static int64_t report_due_ms(const struct bureau *bureau, int *year)
{
    int month, day;
    int64_t first = (bureau->options.start_ms + EAST_MS) / DAY_MS + 60;
    instant_date(first, year, &month, &day);
    if (instant_days(*year, 5, 31) < first)
        ++*year;
    int64_t due_ms = (instant_days(*year, 6, 1)) * DAY_MS - EAST_MS;
    --*year;
    return due_ms;
}

static bool is_never(const struct bureau *bureau, uint32_t org)
{
    return bureau_chance(bureau, DRAW_REPORT, org, 1, NEVER_PER_MILLE);
}

static bool is_late(const struct bureau *bureau, uint32_t org)
{
    return is_never(bureau, org) ||
           bureau_chance(bureau, DRAW_REPORT, org, 2, OFTEN_LATE_PER_MILLE);
}

/* In time: filed, judged. Late: found, filed, judged. Never: found. */
int64_t report_time(const struct bureau *bureau, const struct act *act)
{
    struct draw_key key = bureau_key(bureau, DRAW_REPORT, act->owner);
    int year;
    int64_t due_ms = report_due_ms(bureau, &year);
    int64_t first_ms = bureau_day_ms(bureau, 3) + 9 * HOUR_MS;
    int64_t filed_ms = due_ms - draw_between(key, 3, 6, 110) * DAY_MS - 7 * HOUR_MS;
    bool late = is_late(bureau, act->owner);
    uint32_t step = act->tick;
    if (late && step == 0)
        return due_ms + HOUR_MS;
    if (late && is_never(bureau, act->owner))
        return OVER;
    if (late)
        filed_ms = due_ms + draw_between(key, 4, 4, 20) * DAY_MS + 9 * HOUR_MS;
    if (filed_ms < first_ms)
        filed_ms = first_ms + act->owner % 480 * MINUTE_MS;
    step -= late;
    return step == 0   ? filed_ms
           : step == 1 ? filed_ms + draw_between(key, 5, 5, 20) * DAY_MS
                       : OVER;
}

void report_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    bool late = is_late(bureau, act->owner);
    char org[MAX_SIM_ID];
    int year;
    (void)report_due_ms(bureau, &year);
    org_id(act->owner, org);
    if (late && act->tick == 0)
        bureau_found(bureau, TRUTH_DUTY_OVERDUE, "%s.annual_report.%d", org, year);
    else if (act->tick == (late ? 1u : 0u))
        bureau_say(bureau, org, "duty.filed", at_ms,
                   ",\"org\":\"%s\",\"duty\":\"annual_report\",\"period\":\"%d\","
                   "\"evidence\":\"report-%d\"",
                   org, year, year);
    else
        bureau_say(bureau, DEPARTMENT_SITE, "duty.result", at_ms,
                   ",\"org\":\"%s\",\"duty\":\"annual_report\",\"period\":\"%d\","
                   "\"result\":\"passed\"",
                   org, year);
}

/* ---- listings, by two persons ---- */

#define PROPOSED_PER_MILLE 60u
#define OBJECTED_PER_MILLE 500u
#define UNANSWERED_PER_MILLE 400u /* of those that were objected to */

enum proposal_phase { PROPOSED, APPROVED, OBJECTED, ANSWERED, OBJECTION_OVERDUE };

static bool is_objected(const struct bureau *bureau, uint32_t org)
{
    return bureau_chance(bureau, DRAW_PROPOSAL, org, 1, OBJECTED_PER_MILLE);
}

int64_t proposal_time(const struct bureau *bureau, const struct act *act)
{
    static const int64_t behind_days[] = {0, 2, 6, 18, 60};
    struct draw_key key = bureau_key(bureau, DRAW_PROPOSAL, act->owner);
    int64_t proposed_ms = bureau_day_ms(bureau, (uint32_t)draw_between(key, 4, 5, 45)) +
                          draw_between(key, 5, 9 * 60, 16 * 60) * MINUTE_MS;
    bool is_over = act->tick > (is_objected(bureau, act->owner) ? OBJECTION_OVERDUE : APPROVED);
    if (is_over || !bureau_chance(bureau, DRAW_PROPOSAL, act->owner, 0, PROPOSED_PER_MILLE))
        return OVER;
    return proposed_ms + behind_days[act->tick] * DAY_MS;
}

void proposal_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    bool unanswered = bureau_chance(bureau, DRAW_PROPOSAL, act->owner, 2, UNANSWERED_PER_MILLE);
    bool upheld = bureau_chance(bureau, DRAW_PROPOSAL, act->owner, 3, 600);
    char org[MAX_SIM_ID];
    org_id(act->owner, org);
    if (act->tick == PROPOSED)
        bureau_command(bureau, "credit.propose", act->owner % 5,
                       ",\"org\":\"%s\",\"list\":\"watch\",\"authority\":\"民政局\","
                       "\"decision\":\"关注〔%u〕号\",\"clause\":\"第五条\","
                       "\"evidence\":\"record-%u\"",
                       org, act->owner + 1, act->owner + 1);
    else if (act->tick == APPROVED)
        bureau_command(bureau, "credit.approve", 5 + act->owner % 3,
                       ",\"org\":\"%s\",\"list\":\"watch\"", org);
    else if (act->tick == OBJECTED)
        bureau_say(bureau, org, "credit.objection", at_ms,
                   ",\"org\":\"%s\",\"list\":\"watch\",\"decision\":\"关注〔%u〕号\","
                   "\"text\":\"情况已整改\",\"evidence\":\"answer-%u\"",
                   org, act->owner + 1, act->owner + 1);
    else if (act->tick == ANSWERED && !unanswered)
        bureau_command(bureau, upheld ? "credit.uphold" : "credit.withdraw", 8,
                       ",\"org\":\"%s\",\"list\":\"watch\",\"text\":\"%s\"", org,
                       upheld ? "异议不成立" : "异议成立");
    else if (act->tick == OBJECTION_OVERDUE && unanswered)
        bureau_found(bureau, TRUTH_CREDIT_OVERDUE, "%s.watch", org);
}
