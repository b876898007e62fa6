/*
 * detecting.h - a detector under test: options by name as in a configuration, samples in,
 * and what it said as one line: "@12 alarm 85/90" at sample second 12, "due 20" for a
 * deadline that changed.
 */
#ifndef TESTS_DETECTING_H
#define TESTS_DETECTING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/num.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"

/* Samples lie in seconds since here. */
#define DETECT_EPOCH_NS (INT64_C(1763865851) * NS_PER_S)

struct detecting {
    const struct cw_plugin *plugin;
    void *self;
    void *state;
    int64_t deadline_ns;
    struct cw_error err;
    double siblings;          /* as the samples to come say */
    uint64_t site_changes;    /* ... */
    int32_t idle;             /* the samples to come are marked so */
    const struct cw_own *own; /* ... have this */
    char said[1024];
};

/* settings: "metric=spo2 below=90 for=15s", or with ';' between them when there are blanks
 * within. 0, or what open() answered. */
static inline int detecting_open(struct detecting *d, const struct cw_plugin *plugin,
                                 const char *settings)
{
    *d = (struct detecting){
        .plugin = plugin, .deadline_ns = CW_NEVER, .siblings = (double)__builtin_nan("")};
    d->self = calloc(1, plugin->self_size);
    option_presets(plugin->option, d->self);
    struct cw_str rest = str_of(settings), part;
    char between = strchr(settings, ';') ? ';' : ' ';
    while (str_split(&rest, between, &part)) {
        struct cw_str name;
        char text[64];
        if (part.n == 0)
            continue;
        if (!str_split(&part, '=', &name) || !str_copy(text, sizeof(text), name))
            abort();
        int i = option_find(plugin->option, text);
        if (i < 0 || option_set(&plugin->option[i], d->self, part, &d->err))
            abort();
    }
    int ret = plugin->open ? plugin->open(d->self, &d->err) : 0;
    if (ret)
        return ret;
    d->state = calloc(1, plugin->ops.detector->state_size(d->self));
    plugin->ops.detector->reset(d->self, d->state);
    return 0;
}

static inline void detecting_close(struct detecting *d)
{
    option_free(d->plugin->option, d->self);
    free(d->self);
    free(d->state);
}

static inline void detecting_note(struct detecting *d, const struct cw_verdict *verdict,
                                  double at_s)
{
    size_t n = strlen(d->said);
    snprintf(d->said + n, sizeof(d->said) - n, "%s@%g %s", n ? " " : "", at_s,
             verdict->level == CW_ALARM ? "alarm" : "normal");
    n = strlen(d->said);
    if (verdict->level == CW_ALARM && verdict->limit == verdict->limit)
        snprintf(d->said + n, sizeof(d->said) - n, " %g/%g", verdict->value, verdict->limit);
}

/* Runs the deadline if it lies at or before at_s. */
static inline void detecting_until(struct detecting *d, double at_s)
{
    int64_t at_ns = DETECT_EPOCH_NS + (int64_t)(at_s * 1e9);
    while (d->deadline_ns <= at_ns) {
        struct cw_verdict verdict;
        int32_t spoke = 0;
        int64_t now_ns = d->deadline_ns;
        d->deadline_ns =
            d->plugin->ops.detector->due(d->self, d->state, now_ns, &verdict, &spoke);
        if (spoke)
            detecting_note(d, &verdict, (double)(now_ns - DETECT_EPOCH_NS) / 1e9);
    }
}

/* A sample of at_s that arrives late_s later; deadlines before its arrival run first. */
static inline void detecting_sample(struct detecting *d, uint32_t slot, double at_s,
                                    double late_s, double value)
{
    detecting_until(d, at_s + late_s);
    struct cw_sample sample = {
        .value = value,
        .sample_ns = DETECT_EPOCH_NS + (int64_t)(at_s * 1e9),
        .arrived_ns = DETECT_EPOCH_NS + (int64_t)((at_s + late_s) * 1e9),
        .idle = d->idle,
        .siblings = d->siblings,
        .site_changes = d->site_changes,
        .own = d->own,
    };
    struct cw_verdict verdict;
    int32_t spoke = 0;
    d->deadline_ns =
        d->plugin->ops.detector->step(d->self, d->state, slot, &sample, &verdict, &spoke);
    if (spoke)
        detecting_note(d, &verdict, at_s);
}

static inline void detecting_resume(struct detecting *d, uint32_t why, double at_s)
{
    struct cw_verdict verdict;
    int32_t spoke = 0;
    d->deadline_ns = d->plugin->ops.detector->resume(
        d->self, d->state, why, DETECT_EPOCH_NS + (int64_t)(at_s * 1e9), &verdict, &spoke);
    if (spoke)
        detecting_note(d, &verdict, at_s);
}

static inline uint32_t detecting_slot(const struct detecting *d, struct cw_str name)
{
    struct cw_input input[CW_MAX_INPUTS];
    uint32_t n = d->plugin->ops.detector->inputs(d->self, input, CW_MAX_INPUTS);
    for (uint32_t i = 0; i < n; i++) {
        if (str_is(name, input[i].name))
            return i;
    }
    abort();
}

static inline double detecting_number(struct cw_str text)
{
    double value;
    if (num_parse_f64(text, &value))
        abort();
    return value;
}

/* "siblings=21.5": one of the siblings changed, and their mean is that now.
 * A story: "0 in_bed=1, 60 in_bed=0, 70 idle, 90 resume when, 1300" - at a second a sample of
 * an input (an event: no value), the rule out of force, in force again (when or unless), or
 * nothing but time. "60+5 in_bed=0" comes five seconds late. While idle, deadlines wait. */
static inline void detecting_tell(struct detecting *d, const char *story)
{
    struct cw_str rest = str_of(story), part, at, name, late;
    while (str_split(&rest, ',', &part)) {
        while (part.n && part.p[0] == ' ')
            part = (struct cw_str){part.p + 1, part.n - 1};
        (void)str_split(&part, ' ', &at);
        (void)str_split(&at, '+', &late);
        double at_s = detecting_number(late), late_s = at.n ? detecting_number(at) : 0;
        if (d->idle && d->deadline_ns <= DETECT_EPOCH_NS + (int64_t)(at_s * 1e9))
            d->deadline_ns = CW_NEVER;
        if (part.n == 0) {
            detecting_until(d, at_s);
        } else if (str_is(part, "idle")) {
            detecting_until(d, at_s);
            d->idle = 1;
        } else if (str_starts(part, "siblings=")) {
            d->siblings = detecting_number((struct cw_str){part.p + 9, part.n - 9});
            d->site_changes++;
        } else if (str_starts(part, "resume")) {
            d->idle = 0;
            detecting_resume(d, str_is(part, "resume when") ? CW_RESUME_WHEN : CW_RESUME_UNLESS,
                             at_s);
        } else {
            (void)str_split(&part, '=', &name);
            detecting_sample(d, detecting_slot(d, name), at_s, late_s,
                             part.n ? detecting_number(part) : 1);
        }
    }
}

/* NULL when it says to a story what is wanted, else what went wrong, in room. */
static inline const char *detecting_row(const struct cw_plugin *plugin, const char *settings,
                                        const char *story, const char *wanted, char *room,
                                        size_t max)
{
    struct detecting d;
    room[0] = '\0';
    if (detecting_open(&d, plugin, settings)) {
        snprintf(room, max, "%s: %s", settings, d.err.text);
    } else {
        detecting_tell(&d, story);
        if (strcmp(d.said, wanted) != 0)
            snprintf(room, max, "%s\n  %s:\n  \"%s\", wanted\n  \"%s\"", settings, story,
                     d.said, wanted);
    }
    detecting_close(&d);
    return room[0] ? room : NULL;
}

#endif
