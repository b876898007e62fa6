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
    char said[1024];
};

/* settings: "metric=spo2 below=90 for=15s". 0, or what open() answered. */
static inline int detecting_open(struct detecting *d, const struct cw_plugin *plugin,
                                 const char *settings)
{
    *d = (struct detecting){.plugin = plugin, .deadline_ns = CW_NEVER};
    d->self = calloc(1, plugin->self_size);
    option_presets(plugin->option, d->self);
    struct cw_str rest = str_of(settings), part;
    while (str_split(&rest, ' ', &part)) {
        struct cw_str name;
        char text[64];
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
    };
    struct cw_verdict verdict;
    int32_t spoke = 0;
    d->deadline_ns =
        d->plugin->ops.detector->step(d->self, d->state, slot, &sample, &verdict, &spoke);
    if (spoke)
        detecting_note(d, &verdict, at_s);
}

#endif
