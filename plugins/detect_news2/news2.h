/*
 * news2.h - the National Early Warning Score 2 (Royal College of Physicians, 2017) as pure
 * functions: points of one vital sign, the total of those that are known, and its band.
 * For adults only, not in pregnancy; it says how ill somebody looks, never why.
 */
#ifndef DETECT_NEWS2_NEWS2_H
#define DETECT_NEWS2_NEWS2_H

#include <stdbool.h>
#include <stdint.h>

enum news2_vital {
    NEWS2_RESP = 0,      /* /min */
    NEWS2_SPO2,          /* % */
    NEWS2_OXYGEN,        /* 1: on oxygen, 0: on air */
    NEWS2_SYSTOLIC,      /* mmHg */
    NEWS2_PULSE,         /* /min */
    NEWS2_CONSCIOUSNESS, /* the letter: A, C, V, P or U */
    NEWS2_TEMPERATURE,   /* degrees Celsius */
    NEWS2_N_VITALS,
};

enum news2_risk { NEWS2_LOW = 0, NEWS2_LOW_MEDIUM, NEWS2_MEDIUM, NEWS2_HIGH };

/* What is known of one person. */
struct news2_set {
    double value[NEWS2_N_VITALS];
    bool known[NEWS2_N_VITALS];
    int scale; /* of SpO2: 2 only where a clinician set 88-92 % as the target, else 1 */
};

struct news2_score {
    uint8_t points[NEWS2_N_VITALS]; /* 0 for what is not known */
    uint8_t total;                  /* of what is known: the true score is at least this */
    uint8_t missing;                /* the points that what is not known could add at most */
    bool red;                       /* 3 points in one vital sign */
};

/* Whether a value can be a measurement at all; a finger clip in the air says 0 %. */
bool news2_plausible(enum news2_vital vital, double value);
/* Values are rounded as they are on a chart: whole numbers, a tenth of a degree. On scale 2
 * the points of SpO2 need to know about oxygen; unknown counts as air. */
uint8_t news2_points(const struct news2_set *set, enum news2_vital vital);
struct news2_score news2_score_of(const struct news2_set *set);
enum news2_risk news2_risk_of(const struct news2_score *score);

#endif
