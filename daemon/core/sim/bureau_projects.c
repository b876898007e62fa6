/*
 * bureau_projects.c - bought services: contract, a claim every thirty days, a milestone half
 * way, evaluation, acceptance, payment. Some claim more than they did, some were promised more
 * than the station can do.
 */
#include <stdio.h>

#include "base/mem.h"
#include "core/sim/bureau_private.h"

#define OVER_CLAIM_PER_MILLE 60u
#define UNDER_DELIVERY_PER_MILLE 50u
#define UNIT_FEN 6754
#define MONTH_MS (30 * DAY_MS)
#define FIRST_VISIT_DAY 3

void project_id(uint32_t i, char dst[MAX_SIM_ID])
{
    (void)snprintf(dst, MAX_SIM_ID, "p-%04u", i + 1);
}

uint32_t project_of_visit(const struct bureau *bureau, uint32_t station, uint64_t visit,
                          int64_t at_ms)
{
    const struct bureau_options *options = &bureau->options;
    uint32_t open[8], n = 0;
    for (uint32_t i = station; i < options->n_projects && n < 8; i += options->n_stations) {
        const struct sim_project *project = &bureau->project[i];
        if (at_ms >= project->start_ms && at_ms < project->end_ms)
            open[n++] = i;
    }
    uint64_t which = visit * 7 / 3 % (n + 1u);
    return which < n ? open[which] + 1 : 0;
}

/* What it is to reach follows from what the station will do, which is known here. */
static void set_targets(struct bureau *bureau)
{
    const struct bureau_options *options = &bureau->options;
    int64_t n_days = (options->end_ms - bureau->day0_ms) / DAY_MS;
    for (uint32_t station = 0; station < options->n_stations; station++) {
        uint64_t first = (uint64_t)FIRST_VISIT_DAY * options->n_visits;
        uint64_t last = (uint64_t)(n_days > 0 ? n_days : 0) * options->n_visits;
        for (uint64_t n = first; n < last; n++) {
            int64_t at_ms =
                bureau_day_ms(bureau, (uint32_t)(n / options->n_visits)) + 12 * HOUR_MS;
            uint32_t project = project_of_visit(bureau, station, n, at_ms);
            if (project)
                bureau->project[project - 1].target++;
        }
    }
    for (uint32_t i = 0; i < options->n_projects; i++) {
        struct sim_project *project = &bureau->project[i];
        project->target =
            project->underdelivers ? project->target * 5 / 2 + 20 : project->target * 7 / 10;
    }
}

void bureau_plan_projects(struct bureau *bureau)
{
    const struct bureau_options *options = &bureau->options;
    int64_t n_days = (options->end_ms - options->start_ms) / DAY_MS;
    bureau->project = xcalloc(options->n_projects + 1, sizeof(*bureau->project));
    for (uint32_t i = 0; i < options->n_projects; i++) {
        struct sim_project *project = &bureau->project[i];
        struct draw_key key = bureau_key(bureau, DRAW_PROJECT, i);
        int64_t first = draw_between(key, 0, 2, n_days * 4 / 10);
        project->station = i % options->n_stations;
        project->start_ms = bureau_day_ms(bureau, (uint32_t)first);
        project->end_ms =
            project->start_ms + draw_between(key, 1, n_days * 3 / 10, n_days * 8 / 10) * DAY_MS;
        project->overclaims =
            bureau_chance(bureau, DRAW_PROJECT, i, 2, OVER_CLAIM_PER_MILLE) || i % 12 == 5;
        project->underdelivers =
            !project->overclaims &&
            bureau_chance(bureau, DRAW_PROJECT, i, 3, UNDER_DELIVERY_PER_MILLE);
    }
    set_targets(bureau);
}

/* ---- ticks: the contract, two for each month, then what follows the end ---- */

enum project_end { FINAL_CLAIM, EVALUATED, ACCEPTED, PAID, N_ENDS };

static uint32_t months_of(const struct sim_project *project)
{
    return (uint32_t)((project->end_ms - project->start_ms - DAY_MS) / MONTH_MS);
}

int64_t project_time(const struct bureau *bureau, const struct act *act)
{
    static const int64_t behind_ms[N_ENDS] = {2 * DAY_MS, 5 * DAY_MS, 10 * DAY_MS, 20 * DAY_MS};
    const struct sim_project *project = &bureau->project[act->owner];
    uint32_t months = months_of(project);
    if (act->tick == 0)
        return project->start_ms - 14 * HOUR_MS;
    if (act->tick <= 2 * months)
        return project->start_ms + (act->tick + 1) / 2 * MONTH_MS + 10 * HOUR_MS +
               (act->tick % 2 ? 0 : HOUR_MS);
    uint32_t end = act->tick - 2 * months - 1;
    return end < N_ENDS ? project->end_ms + behind_ms[end] + 10 * HOUR_MS : OVER;
}

static void say_contract(struct bureau *bureau, const struct act *act, const char *id,
                         const char *station, int64_t at_ms)
{
    static const char *const source[] = {"fiscal", "fiscal", "fund", "attracted"};
    const struct sim_project *project = &bureau->project[act->owner];
    char org[MAX_SIM_ID];
    org_id(station_org(bureau, project->station), org);
    bureau_say(
        bureau, DEPARTMENT_SITE, "project.contract", at_ms,
        ",\"project\":\"%s\",\"name\":\"居家养老服务项目%u\",\"org\":\"%s\",\"site\":\"%s\","
        "\"purchaser\":\"%s\",\"source\":\"%s\",\"target_persons\":%u,\"unit_fen\":%d,"
        "\"budget_fen\":%lld,\"start\":%lld,\"end\":%lld",
        id, act->owner + 1, org, station, PURCHASER_SITE, source[act->owner % 4],
        project->target, UNIT_FEN, (long long)project->target * UNIT_FEN,
        (long long)project->start_ms, (long long)project->end_ms);
}

static void say_claim(struct bureau *bureau, const struct act *act, const char *id,
                      const char *station, int64_t at_ms)
{
    struct sim_project *project = &bureau->project[act->owner];
    uint32_t persons =
        project->verified > project->claimed ? project->verified - project->claimed : 0;
    if (project->overclaims) {
        persons += persons * 3 / 10 + 3;
        if (project->claimed == 0)
            bureau_found(bureau, TRUTH_OVER_CLAIM, "%s", id);
    }
    project->claimed += persons;
    bureau_say(bureau, station, "project.claim", at_ms,
               ",\"project\":\"%s\",\"persons\":%u,\"amount_fen\":%lld,\"period\":\"c-%u\"", id,
               persons, (long long)persons * UNIT_FEN, (act->tick + 1) / 2);
}

/* As it is when it is accepted; what looked so on the way may have been made up for. */
static void find_under_delivery(struct bureau *bureau, const struct sim_project *project,
                                const char *id)
{
    if (project->verified * UINT64_C(10) < project->target * UINT64_C(8))
        bureau_found(bureau, TRUTH_UNDER_DELIVERY, "%s", id);
}

static void say_end(struct bureau *bureau, const struct act *act, enum project_end end,
                    const char *id, const char *station, int64_t at_ms)
{
    const struct sim_project *project = &bureau->project[act->owner];
    uint32_t paid = project->claimed < project->verified ? project->claimed : project->verified;
    if (end == FINAL_CLAIM)
        say_claim(bureau, act, id, station, at_ms);
    else if (end == EVALUATED)
        bureau_say(bureau, EVALUATOR_SITE, "project.evaluated", at_ms,
                   ",\"project\":\"%s\",\"evaluation\":\"%s\",\"evidence\":\"report-%s\"", id,
                   project->underdelivers ? "未达目标" : "良好", id);
    else if (end == ACCEPTED) {
        find_under_delivery(bureau, project, id);
        bureau_say(bureau, DEPARTMENT_SITE, "project.accepted", at_ms,
                   ",\"project\":\"%s\",\"accepted_fen\":%lld,\"evidence\":\"acceptance-%s\"",
                   id, (long long)paid * UNIT_FEN, id);
    } else
        bureau_say(bureau, DEPARTMENT_SITE, "project.payment", at_ms,
                   ",\"project\":\"%s\",\"amount_fen\":%lld", id, (long long)paid * UNIT_FEN);
}

void project_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    const struct sim_project *project = &bureau->project[act->owner];
    uint32_t months = months_of(project);
    char id[MAX_SIM_ID], station[MAX_SIM_ID];
    project_id(act->owner, id);
    station_id(project->station, station);
    if (act->tick == 0)
        say_contract(bureau, act, id, station, at_ms);
    else if (act->tick > 2 * months)
        say_end(bureau, act, (enum project_end)(act->tick - 2 * months - 1), id, station,
                at_ms);
    else if (act->tick % 2)
        say_claim(bureau, act, id, station, at_ms);
    else if (act->tick / 2 == (months + 1) / 2) {
        bureau_say(bureau, station, "project.milestone", at_ms,
                   ",\"project\":\"%s\",\"milestone\":\"中期\",\"evidence\":\"mid-%s\"", id,
                   id);
    }
}
