/*
 * news2.c - the chart as tables: the first row whose bound is not reached has the points.
 * Bounds lie half a unit below the number on the chart, which rounds.
 */
#include "news2.h"

#include <math.h>

struct row {
    double below;
    uint8_t points;
};

#define MAX_ROWS 7

static const struct row chart[NEWS2_N_VITALS][MAX_ROWS] = {
    [NEWS2_RESP] = {{8.5, 3}, {11.5, 1}, {20.5, 0}, {24.5, 2}, {INFINITY, 3}},
    [NEWS2_SPO2] = {{91.5, 3}, {93.5, 2}, {95.5, 1}, {INFINITY, 0}},
    [NEWS2_OXYGEN] = {{0.5, 0}, {INFINITY, 2}},
    [NEWS2_SYSTOLIC] = {{90.5, 3}, {100.5, 2}, {110.5, 1}, {219.5, 0}, {INFINITY, 3}},
    [NEWS2_PULSE] = {{40.5, 3}, {50.5, 1}, {90.5, 0}, {110.5, 1}, {130.5, 2}, {INFINITY, 3}},
    [NEWS2_CONSCIOUSNESS] = {{'A' + 0.5, 0}, {INFINITY, 3}},
    [NEWS2_TEMPERATURE] = {{35.05, 3}, {36.05, 1}, {38.05, 0}, {39.05, 1}, {INFINITY, 2}},
};

static const struct row scale_2_on_air[] = {{83.5, 3}, {85.5, 2}, {87.5, 1}, {INFINITY, 0}};
static const struct row scale_2_on_oxygen[] = {{83.5, 3}, {85.5, 2}, {87.5, 1},    {92.5, 0},
                                               {94.5, 1}, {96.5, 2}, {INFINITY, 3}};

static const struct {
    double low, high;
} plausible[NEWS2_N_VITALS] = {
    [NEWS2_RESP] = {0, 80},         [NEWS2_SPO2] = {50, 100},
    [NEWS2_OXYGEN] = {0, 1},        [NEWS2_SYSTOLIC] = {40, 300},
    [NEWS2_PULSE] = {20, 300},      [NEWS2_CONSCIOUSNESS] = {'A', 'V'},
    [NEWS2_TEMPERATURE] = {25, 45},
};

static uint8_t points_in(const struct row *row, double value)
{
    while (!(value < row->below))
        row++;
    return row->points;
}

bool news2_plausible(enum news2_vital vital, double value)
{
    if (vital == NEWS2_CONSCIOUSNESS)
        return value == 'A' || value == 'C' || value == 'V' || value == 'P' || value == 'U';
    return value >= plausible[vital].low && value <= plausible[vital].high;
}

uint8_t news2_points(const struct news2_set *set, enum news2_vital vital)
{
    if (!set->known[vital] || !isfinite(set->value[vital]))
        return 0;
    if (vital != NEWS2_SPO2 || set->scale != 2)
        return points_in(chart[vital], set->value[vital]);
    bool on_oxygen = set->known[NEWS2_OXYGEN] && set->value[NEWS2_OXYGEN] >= 0.5;
    return points_in(on_oxygen ? scale_2_on_oxygen : scale_2_on_air, set->value[vital]);
}

struct news2_score news2_score_of(const struct news2_set *set)
{
    struct news2_score score = {.total = 0};
    for (int i = 0; i < NEWS2_N_VITALS; i++) {
        score.points[i] = news2_points(set, (enum news2_vital)i);
        score.total = (uint8_t)(score.total + score.points[i]);
        score.red = score.red || score.points[i] == 3;
        if (!set->known[i])
            score.missing = (uint8_t)(score.missing + (i == NEWS2_OXYGEN ? 2 : 3));
    }
    return score;
}

enum news2_risk news2_risk_of(const struct news2_score *score)
{
    if (score->total >= 7)
        return NEWS2_HIGH;
    if (score->total >= 5)
        return NEWS2_MEDIUM;
    return score->red ? NEWS2_LOW_MEDIUM : NEWS2_LOW;
}
