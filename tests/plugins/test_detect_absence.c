/*
 * test_detect_absence.c - what is missed, backlogs, the first value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_absence;

struct sample {
    double at_s, value, late_s;
};

#define END      \
    {            \
        -1, 0, 0 \
    }

static void what_is_missed_is_told_in_time(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        struct sample sample[10];
        double until_s;
        const char *said;
    } rows[] = {
        {"metric=motion for=5m", {{0, 1, 0}, END}, 999, "@300 alarm 300/300"},
        {"metric=motion for=5m", {{0, 1, 0}, {299, 0, 0}, END}, 598, ""},
        {"metric=motion for=5m",
         {{0, 1, 0}, {400, 0, 0}, END},
         500,
         "@300 alarm 300/300 @400 normal"},
        /* the first value begins the watch */
        {"metric=motion for=5m of=active",
         {{0, 0, 0}, {200, 0, 0}, {299, 0, 0}, END},
         999,
         "@300 alarm 300/300"},
        {"metric=motion for=5m of=active", {{0, 0, 0}, {200, 1, 0}, {299, 0, 0}, END}, 499, ""},
        {"metric=water_l for=5m of=change",
         {{0, 7, 0}, {100, 7, 0}, {200, 7, 0}, END},
         999,
         "@300 alarm 300/300"},
        {"metric=water_l for=5m of=change",
         {{0, 7, 0}, {100, 7.1, 0}, {350, 7.1, 0}, END},
         399,
         ""},
        /* a backlog older than the time ends nothing */
        {"metric=motion for=5m of=active",
         {{0, 1, 0}, {100, 1, 350}, END},
         999,
         "@300 alarm 300/300"},
        /* a sign counts from when it happened */
        {"metric=motion for=5m of=active",
         {{0, 1, 0}, {280, 1, 60}, END},
         570,
         "@300 alarm 300/300 @280 normal"},
        {"metric=motion for=5m of=active",
         {{0, 1, 0}, {280, 1, 60}, END},
         590,
         "@300 alarm 300/300 @280 normal @580 alarm 300/300"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_absence, rows[i].settings),
                         0);
        for (const struct sample *s = rows[i].sample; s->at_s >= 0; s++)
            detecting_sample(&d, 0, s->at_s, s->late_s, s->value);
        detecting_until(&d, rows[i].until_s);
        if (strcmp(d.said, rows[i].said) != 0)
            fail_msg("row %zu (%s): \"%s\", wanted \"%s\"", i, rows[i].settings, d.said,
                     rows[i].said);
        detecting_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missed_is_told_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
