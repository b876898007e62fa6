/*
 * test_detect_drift.c - a sensor that leaves its siblings by a step or slowly, and what all of
 * them do together.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_drift;

struct world {
    double step, per_hour; /* of the sensor, from day 4 on */
    double season;         /* of all, per day */
    double alone;          /* 1: no siblings */
};

/* Two weeks, a value a minute; gives the day of the first alarm, or -1, and how many. */
static int first_alarm(const char *settings, const struct world *world, int *n_alarms)
{
    struct detecting d;
    uint32_t x = 7;
    int first = -1;
    *n_alarms = 0;
    assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_drift, settings), 0);
    for (int minute = 0; minute < 14 * 1440; minute++) {
        double noise[2];
        for (int i = 0; i < 2; i++) {
            x = x * 1664525u + 1013904223u;
            noise[i] = (double)(x >> 16) / 65536 - 0.5;
        }
        int since = minute - 4 * 1440;
        double all = 21 + world->season * minute / 1440 + (minute % 1440 > 720 ? 1 : 0);
        double own = since > 0 ? world->step + world->per_hour * since / 60 : 0;
        d.siblings = world->alone > 0 ? (double)NAN : all + noise[0] / 4;
        d.said[0] = '\0';
        detecting_sample(&d, 0, minute * 60, 0, all + 1.5 + own + noise[1] / 2);
        if (strstr(d.said, "alarm")) {
            first = first < 0 ? minute / 1440 : first;
            ++*n_alarms;
        }
    }
    detecting_close(&d);
    return first;
}

static void a_sensor_that_leaves_its_siblings_is_told_once(void **state)
{
    (void)state;
    static const struct {
        struct world world;
        int day, n_alarms;
    } rows[] = {
        {{0}, -1, 0},
        {{.season = 0.5}, -1, 0},
        {{.step = 2}, 4, 1},
        {{.step = -2}, 4, 1},
        {{.step = 2, .alone = 1}, -1, 0},
        {{.step = 2, .season = -0.5}, 4, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int n, day = first_alarm("metric=room_temp least=0.5", &rows[i].world, &n);
        if (day != rows[i].day || n != rows[i].n_alarms)
            fail_msg("row %zu: day %d, %d alarms", i, day, n);
    }
}

static void a_slow_drift_is_told_within_a_day(void **state)
{
    (void)state;
    int n;
    struct world world = {.per_hour = 0.05};
    int day = first_alarm("metric=room_temp least=0.5", &world, &n);
    assert_true(day == 4 || day == 5);
    assert_true(n >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sensor_that_leaves_its_siblings_is_told_once),
        cmocka_unit_test(a_slow_drift_is_told_within_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
