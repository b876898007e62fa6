/*
 * response.c - counts, shares and medians by group.
 */
#include "core/view/response.h"

#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"

#define ANSWER_SHARE 0.975
#define LATE_ANSWER_SHARE 0.99
#define SCENE_SHARE 0.90

const char *const response_columns[] = {"group",
                                        "alarms",
                                        "told",
                                        "answered",
                                        "on_the_way",
                                        "arrived",
                                        "closed",
                                        "told_median_s",
                                        "answer_median_s",
                                        "answer_worst_s",
                                        "scene_median_s",
                                        "answered_in_target",
                                        "answered_late",
                                        "on_scene_in_target",
                                        "meets_targets",
                                        NULL};

/* Delays of one kind; so many as there are cases. */
struct delays {
    double *s;
    size_t n, cap;
};

/* Cases that reached a target, of those that did or did not. */
struct share {
    uint32_t n, of;
};

struct group {
    uint32_t n, n_assigned, n_closed;
    struct share in_answer, in_late, in_scene;
    struct delays told, answer, scene;
};

struct response {
    struct response_targets targets;
    struct map groups;
};

struct response *response_new(const struct response_targets *targets)
{
    struct response *response = xcalloc(1, sizeof(*response));
    response->targets = *targets;
    map_init(&response->groups);
    return response;
}

void response_free(struct response *response)
{
    struct group *group;
    if (!response)
        return;
    for (uint32_t i = 0; (group = map_next(&response->groups, &i, NULL));) {
        free(group->told.s);
        free(group->answer.s);
        free(group->scene.s);
        free(group);
    }
    map_done(&response->groups);
    free(response);
}

static void delay_add(struct delays *delays, int64_t from_ns, int64_t to_ns)
{
    int64_t ns = to_ns > from_ns ? to_ns - from_ns : 0;
    if (delays->n == delays->cap) {
        delays->cap = delays->cap ? 2 * delays->cap : 64;
        delays->s = xrealloc(delays->s, delays->cap * sizeof(*delays->s));
    }
    delays->s[delays->n++] = (double)ns / (double)NS_PER_S;
}

/* done_ns 0: not yet. */
static void share_add(struct share *share, int64_t raised_ns, int64_t done_ns,
                      int64_t target_ns, int64_t now_ns)
{
    bool is_reached = done_ns && done_ns - raised_ns <= target_ns;
    share->n += is_reached;
    share->of += done_ns || now_ns - raised_ns > target_ns;
}

void response_add(struct response *response, const struct response_case *one)
{
    const struct response_targets *targets = &response->targets;
    struct group *group = map_get(&response->groups, one->group);
    if (!group) {
        group = xcalloc(1, sizeof(*group));
        (void)map_put(&response->groups, one->group, group);
    }
    group->n++;
    group->n_assigned += one->assigned_ns || one->arrived_ns;
    group->n_closed += one->closed_ns != 0;
    if (one->told_ns)
        delay_add(&group->told, one->raised_ns, one->told_ns);
    if (one->answered_ns)
        delay_add(&group->answer, one->raised_ns, one->answered_ns);
    if (one->arrived_ns)
        delay_add(&group->scene, one->raised_ns, one->arrived_ns);
    share_add(&group->in_answer, one->raised_ns, one->answered_ns, targets->answer_ns,
              targets->now_ns);
    share_add(&group->in_late, one->raised_ns, one->answered_ns, targets->late_answer_ns,
              targets->now_ns);
    if (one->assigned_ns || one->arrived_ns)
        share_add(&group->in_scene, one->raised_ns, one->arrived_ns, targets->scene_ns,
                  targets->now_ns);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The delay below which a share of them lies; NAN without any. */
static double quantile(const struct delays *delays, double share)
{
    if (delays->n == 0)
        return (double)NAN;
    double *sorted = xmalloc(delays->n * sizeof(*sorted));
    for (size_t i = 0; i < delays->n; i++)
        sorted[i] = delays->s[i];
    qsort(sorted, delays->n, sizeof(*sorted), by_size);
    double value = sorted[(size_t)((double)(delays->n - 1) * share)];
    free(sorted);
    return value;
}

static double share_of(struct share share)
{
    return share.of ? (double)share.n / share.of : (double)NAN;
}

static bool reaches(double share, double wanted)
{
    return isnan(share) || share >= wanted;
}

void response_write(const struct response *response, struct table_out *table)
{
    const struct group *group;
    struct cw_str name;
    for (uint32_t i = 0; (group = map_next(&response->groups, &i, &name));) {
        double in_answer = share_of(group->in_answer);
        double in_late = share_of(group->in_late);
        double in_scene = share_of(group->in_scene);
        table_text(table, name);
        table_int(table, group->n);
        table_int(table, (int64_t)group->told.n);
        table_int(table, (int64_t)group->answer.n);
        table_int(table, group->n_assigned);
        table_int(table, (int64_t)group->scene.n);
        table_int(table, group->n_closed);
        table_real(table, quantile(&group->told, 0.5));
        table_real(table, quantile(&group->answer, 0.5));
        table_real(table, quantile(&group->answer, 1));
        table_real(table, quantile(&group->scene, 0.5));
        table_real(table, in_answer);
        table_real(table, in_late);
        table_real(table, in_scene);
        table_bool(table, reaches(in_answer, ANSWER_SHARE) &&
                              reaches(in_late, LATE_ANSWER_SHARE) &&
                              reaches(in_scene, SCENE_SHARE));
    }
}
