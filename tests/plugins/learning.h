/*
 * learning.h - detectors that learn, on series that are known: a value every five minutes, a
 * wave of a day with noise, and at one place a change. The noise is the same every time.
 */
#ifndef TESTS_LEARNING_H
#define TESTS_LEARNING_H

#include <math.h>
#include <stdbool.h>

#include "plugins/detecting.h"

#define LEARNING_CHANGE 6000u /* the value at which something changes */
#define LEARNING_DAY 288u

enum change {
    NO_CHANGE,
    CHANGE_LEVEL,  /* by 12 noises, and stays */
    CHANGE_LITTLE, /* by one noise, and stays */
    CHANGE_SPIKE,  /* one value */
    CHANGE_DIP,    /* one value, downwards */
    CHANGE_FROZEN,
    CHANGE_LOUDER,
    CHANGE_NO_DAY, /* the wave is missing */
};

/* -1..1 */
static inline double learning_noise(uint32_t i)
{
    uint32_t x = i * 2654435761u ^ 0x9e3779b9u;
    x = (x ^ x >> 15) * 2246822519u;
    x = (x ^ x >> 13) * 3266489917u;
    return (double)(x ^ x >> 16) / 2147483648.0 - 1;
}

/* `wave`: height of the day's wave. */
static inline double learning_value(enum change change, double wave, uint32_t i)
{
    bool changed = i >= LEARNING_CHANGE, at = i == LEARNING_CHANGE;
    double of_day = (double)(i % LEARNING_DAY) / LEARNING_DAY;
    double value = 70 + 4 * wave * of_day * (1 - of_day), noise = 2 * learning_noise(i);
    if (!changed)
        return value + noise;
    switch (change) {
    case CHANGE_LEVEL:
        return value + noise + 24;
    case CHANGE_LITTLE:
        return value + noise + 2;
    case CHANGE_SPIKE:
        return value + noise + (at ? 60 : 0);
    case CHANGE_DIP:
        return value + noise - (at ? 60 : 0);
    case CHANGE_FROZEN:
        return 71.25;
    case CHANGE_LOUDER:
        return value + 10 * noise;
    case CHANGE_NO_DAY:
        return 70 + noise;
    case NO_CHANGE:
        break;
    }
    return value + noise;
}

static inline struct cw_verdict learning_step(struct detecting *d, uint32_t i, double value)
{
    const int64_t at_ns = DETECT_EPOCH_NS + (int64_t)i * 300 * NS_PER_S;
    const struct cw_sample sample = {.value = value, .sample_ns = at_ns, .arrived_ns = at_ns};
    struct cw_verdict verdict = {.level = UINT32_MAX};
    int32_t spoke = 0;
    (void)d->plugin->ops.detector->step(d->self, d->state, 0, &sample, &verdict, &spoke);
    return verdict;
}

struct learning_row {
    const char *settings;
    enum change change;
    double wave;
    uint32_t within;   /* alarm within so many values of the change; 0: none at all */
    uint32_t n_alarms; /* at most so many, from the first day on */
    bool ends;         /* the alarm is over after ten more days */
};

/* NULL, or what is wrong with it. */
static inline const char *learning_check(const struct cw_plugin *plugin,
                                         const struct learning_row *row)
{
    static char text[160];
    struct detecting d;
    uint32_t level = CW_NORMAL, n_before = 0, n_alarms = 0, first = 0;
    if (detecting_open(&d, plugin, row->settings))
        return "its settings are refused";
    for (uint32_t i = 0; i < LEARNING_CHANGE + 10 * LEARNING_DAY; i++) {
        struct cw_verdict verdict =
            learning_step(&d, i, learning_value(row->change, row->wave, i));
        if (verdict.level == CW_ALARM && level == CW_NORMAL) {
            n_before += i < LEARNING_CHANGE;
            n_alarms++;
            if (i >= LEARNING_CHANGE && first == 0)
                first = i - LEARNING_CHANGE + 1;
        }
        level = verdict.level;
    }
    detecting_close(&d);
    bool in_time = row->within ? first > 0 && first <= row->within : n_alarms == 0;
    if (in_time && n_before == 0 && n_alarms <= row->n_alarms &&
        (level == CW_NORMAL) == row->ends)
        return NULL;
    snprintf(text, sizeof(text), "%s: %u before, first after %u, %u alarms, level %u",
             row->settings, n_before, first, n_alarms, level);
    return text;
}

/* A saved state goes on with the same verdicts, and what comes late or is no number changes
 * nothing. NULL, or what is wrong. */
static inline const char *learning_check_state(const struct cw_plugin *plugin,
                                               const char *settings)
{
    struct detecting a, b;
    const char *wrong = NULL;
    if (detecting_open(&a, plugin, settings) || detecting_open(&b, plugin, settings))
        return "its settings";
    size_t size = plugin->ops.detector->state_size(a.self);
    for (uint32_t i = 1; i < 4000 && !wrong; i++) {
        double value = learning_value(NO_CHANGE, 10, i);
        if (i == 2500) {
            memcpy(b.state, a.state, size);
            (void)learning_step(&b, i - 3, 1e9);
            (void)learning_step(&b, i, (double)NAN);
            (void)learning_step(&b, i, (double)INFINITY);
            wrong = memcmp(a.state, b.state, size) ? "a late value changed it" : NULL;
        }
        struct cw_verdict here = learning_step(&a, i, value);
        if (i >= 2500 && here.score != learning_step(&b, i, value).score)
            wrong = "another score after saving";
    }
    if (!wrong && memcmp(a.state, b.state, size))
        wrong = "another state after saving";
    if (!wrong && size > 1024)
        wrong = "its size";
    detecting_close(&a);
    detecting_close(&b);
    return wrong;
}

#endif
