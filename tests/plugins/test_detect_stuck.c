/*
 * test_detect_stuck.c - exact repeats for long enough.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_stuck;

struct sample {
    double at_s, value, late_s;
};

#define END      \
    {            \
        -1, 0, 0 \
    }

static void exact_repeats_for_long_enough_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        struct sample sample[10];
        double until_s;
        const char *said;
    } rows[] = {
        {"metric=temp for=1m repeats=3",
         {{0, 36.5, 0}, {30, 36.5, 0}, {60, 36.5, 0}, {90, 36.6, 0}, END},
         999,
         "@60 alarm 60/60 @90 normal"},
        /* too few values */
        {"metric=temp for=1m repeats=3", {{0, 36.5, 0}, {60, 36.5, 0}, END}, 999, ""},
        /* what moves is not stuck */
        {"metric=temp for=1m repeats=2",
         {{0, 36.5, 0}, {30, 36.6, 0}, {60, 36.5, 0}, {89, 36.5, 0}, END},
         999,
         ""},
        {"metric=temp for=1m repeats=2",
         {{0, 36.5, 0}, {900, 36.5, 0}, END},
         999,
         "@900 alarm 900/60"},
        /* silence is absence, not repetition */
        {"metric=temp for=1m repeats=2", {{0, 36.5, 0}, END}, 9999, ""},
        /* a late other value interrupts the run */
        {"metric=temp for=1m repeats=2",
         {{0, 36.5, 0}, {50, 36.5, 0}, {40, 36.7, 0}, {61, 36.5, 0}, END},
         999,
         ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_stuck, rows[i].settings),
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
        cmocka_unit_test(exact_repeats_for_long_enough_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
