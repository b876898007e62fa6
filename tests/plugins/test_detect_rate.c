/*
 * test_detect_rate.c - slopes per minute, over long enough, hysteresis, disorder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_rate;

struct sample {
    double at_s, value, late_s;
};

#define END      \
    {            \
        -1, 0, 0 \
    }

static void slopes_count_over_long_enough(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        struct sample sample[10];
        double until_s;
        const char *said;
    } rows[] = {
        {"metric=room_temp fall=0.3 over=1m",
         {{0, 20, 0}, {60, 19.8, 0}, {120, 19.4, 0}, END},
         999,
         "@120 alarm -0.4/-0.3"},
        /* two neighbours are no slope */
        {"metric=room_temp fall=0.3 over=1m",
         {{0, 20, 0}, {10, 19.5, 0}, {20, 20, 0}, END},
         999,
         ""},
        /* over at half of the limit, not at the limit */
        {"metric=co2 rise=100",
         {{0, 400, 0}, {60, 450, 0}, {120, 560, 0}, {180, 640, 0}, {240, 680, 0}, END},
         999,
         "@120 alarm 110/100 @240 normal"},
        /* the other direction has no limit */
        {"metric=co2 rise=100", {{0, 900, 0}, {60, 400, 0}, {120, 300, 0}, END}, 999, ""},
        {"metric=hr rise=10 fall=20",
         {{0, 80, 0}, {60, 91, 0}, {120, 91, 0}, {180, 60, 0}, END},
         999,
         "@60 alarm 11/10 @120 normal @180 alarm -31/-20"},
        /* late samples make no slope */
        {"metric=hr rise=10",
         {{0, 80, 0}, {60, 80, 0}, {30, 10, 0}, {61, 80, 0}, END},
         999,
         ""},
        /* after a gap it is the mean slope that counts */
        {"metric=hr rise=10 over=10s", {{0, 80, 0}, {36000, 180, 0}, END}, 99999, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_rate, rows[i].settings),
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

static void settings_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "metric=hr",
        "metric=hr rise=-1",
        "metric=hr fall=0",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        if (detecting_open(&d, &carewatch_plugin_detect_rate, rows[i]) == 0)
            fail_msg("%s was taken", rows[i]);
        assert_true(strlen(d.err.text) > 0);
        detecting_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slopes_count_over_long_enough),
        cmocka_unit_test(settings_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
