/*
 * response.h - the chain of a response, measured: from raised to told, answered, on the way,
 * arrived and closed, by group, against the targets of telecare (97.5 % answered within 60 s,
 * 99 % within 180 s, 90 % on the scene within 45 min). Pure.
 */
#ifndef CORE_VIEW_RESPONSE_H
#define CORE_VIEW_RESPONSE_H

#include "base/table_out.h"

struct response; /* the groups, in order of their first case */

struct response_case {
    struct cw_str group;
    int64_t raised_ns, told_ns, answered_ns, assigned_ns, arrived_ns, closed_ns; /* 0: not */
};

/* Who waits for less than a target at now_ns can still reach it and counts in no share. */
struct response_targets {
    int64_t answer_ns, late_answer_ns, scene_ns, now_ns;
};

/* NULL ends the list: group, alarms, ... */
extern const char *const response_columns[];

struct response *response_new(const struct response_targets *targets);
void response_free(struct response *response);
void response_add(struct response *response, const struct response_case *one);
/* A row for each group; shares are from 0 to 1, of all alarms (answers) or of those to which
 * somebody was sent (scene); empty where there is none yet. */
void response_write(const struct response *response, struct table_out *table);

#endif
