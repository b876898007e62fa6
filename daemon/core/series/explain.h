/*
 * explain.h - why a rule spoke, or why it did not: what it looks at, against what, what it
 * waits for, whether it is in force, and what became of it. Reads the fold, changes nothing.
 *
 * For a moment of the past the values of that moment are given, as far back as the series'
 * ring in memory goes, and the schedule is asked about that moment; what the detector has
 * learned and what it waits for are always of now.
 */
#ifndef CORE_SERIES_EXPLAIN_H
#define CORE_SERIES_EXPLAIN_H

#include "core/series/watch.h"

struct explained {
    const struct rule *rule;
    const struct site *site;
    const struct device *device;   /* NULL: of the site, or a device that is gone */
    const struct watch *watch;     /* NULL: the rule does not look there, or saw nothing yet */
    const struct waiting *waiting; /* or NULL */
    struct outlook outlook;        /* of watch */
    const struct alarm *alarm;     /* the one that is told at at_ns, or NULL */
    int64_t at_ns;
};

/* The rule over a device. rule is one of fold->rules. */
void explain_device(const struct fold *fold, const struct rule *rule,
                    const struct device *device, int64_t at_ns, struct explained *explained);
/* What stands behind an alarm. False: its rule is gone. */
bool explain_alarm(const struct fold *fold, const struct alarm *alarm,
                   struct explained *explained);

/* The kind of data that it looks at and that the resident does not consent to, or NULL: then
 * the value of its alarm is not to be shown, either. */
const char *explain_withheld(const struct fold *fold, const struct explained *explained);

/* Members of the object being written: rule, reasons, inputs, thresholds, what was learned,
 * timers, suppressors. Of an input that is withheld the kind stands there instead of its
 * values, and what was learned from it is not told. */
void explain_json(const struct fold *fold, const struct explained *explained,
                  struct json_out *out);

/* A rule as it is configured: what it says, to whom it looks, its limits. */
void rule_json(const struct rule *rule, struct json_out *out);

#endif
