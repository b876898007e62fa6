/*
 * load_report.h - what reached the dispatchers, measured as IEC 62682 and EEMUA 191 do: per
 * operator and ten minutes, floods, the mix of priorities, chattering and stale alarms, and who
 * rings most often. Pure.
 */
#ifndef CORE_VIEW_LOAD_REPORT_H
#define CORE_VIEW_LOAD_REPORT_H

#include "base/table_out.h"

struct load_report;

/* An alarm that asked for somebody; in order of time. */
struct load_case {
    struct cw_str group, actor; /* the actor is who rings: rule, site, device */
    int64_t at_ns;
    uint32_t priority;
};

extern const char *const load_columns[], *const actor_columns[];

/* Of the time from..to, for so many operators. */
struct load_report *load_report_new(int64_t from_ns, int64_t to_ns, int64_t operators);
void load_report_free(struct load_report *report);
void load_report_add(struct load_report *report, const struct load_case *one);
/* It stood for more than a day. */
void load_report_stale(struct load_report *report, struct cw_str group);
/* A row for each group. */
void load_report_write(const struct load_report *report, struct table_out *table);
/* The ten actors that rang most, worst first. */
void load_report_actors(const struct load_report *report, struct table_out *table);

#endif
