/*
 * test_detect_threshold.c - limits, hysteresis, holds, disorder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_threshold;

struct sample {
    double at_s, value;
};

static void what_is_said_follows_limit_and_hold(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        struct sample sample[8]; /* ends at value 0 */
        double until_s;
        const char *said;
    } rows[] = {
        {"metric=spo2 below=90",
         {{0, 95}, {1, 90}, {2, 89}, {3, 88}, {4, 90}},
         9,
         "@2 alarm 89/90 @4 normal"},
        {"metric=hr above=120",
         {{0, 120}, {1, 121}, {2, 120}},
         9,
         "@1 alarm 121/120 @2 normal"},
        {"metric=smoke equals=1", {{0, 2}, {1, 1}, {2, 3}}, 9, "@1 alarm 1/1 @2 normal"},
        {"metric=hr above=120 below=40",
         {{0, 80}, {1, 39}, {2, 80}, {3, 130}},
         9,
         "@1 alarm 39/40 @2 normal @3 alarm 130/120"},
        /* hysteresis: between limit and clear nothing changes */
        {"metric=spo2 below=90 clear=92",
         {{0, 89}, {1, 91}, {2, 89}, {3, 92}},
         9,
         "@0 alarm 89/90 @3 normal"},
        {"metric=hr above=120 clear=110",
         {{0, 121}, {1, 111}, {2, 110}, {3, 119}},
         9,
         "@0 alarm 121/120 @2 normal"},
        /* hold: a short spike is never told, time is the samples' */
        {"metric=spo2 below=90 for=15s", {{0, 89}, {14, 89}, {15, 95}, {20, 89}}, 99, ""},
        {"metric=spo2 below=90 for=15s", {{0, 89}, {14, 88}, {15, 87}}, 99, "@15 alarm 87/90"},
        {"metric=spo2 below=90 for=15s", {{0, 89}, {60, 88}}, 99, "@60 alarm 88/90"},
        {"metric=spo2 below=90 clear_for=10s",
         {{0, 89}, {1, 95}, {10, 89}, {12, 95}, {21, 95}, {22, 95}},
         99,
         "@0 alarm 89/90 @22 normal"},
        /* on change: a value lasts until the next one */
        {"metric=door above=0.5 for=10m on_change=true", {{0, 1}}, 900, "@600 alarm 1/0.5"},
        {"metric=door above=0.5 for=10m on_change=true", {{0, 1}, {599, 0.1}}, 900, ""},
        {"metric=door above=0.5 for=10m", {{0, 1}}, 900, ""},
        /* disorder: older than the newest it interrupts a run, but begins none */
        {"metric=spo2 below=90", {{5, 95}, {4, 80}, {6, 95}}, 9, ""},
        {"metric=spo2 below=90 for=10s",
         {{0, 89}, {8, 89}, {6, 95}, {11, 89}, {18, 89}},
         99,
         "@18 alarm 89/90"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        assert_int_equal(
            detecting_open(&d, &carewatch_plugin_detect_threshold, rows[i].settings), 0);
        for (const struct sample *s = rows[i].sample; s->value != 0; s++)
            detecting_sample(&d, 0, s->at_s, 0, s->value);
        detecting_until(&d, rows[i].until_s);
        if (strcmp(d.said, rows[i].said) != 0)
            fail_msg("row %zu (%s): \"%s\", wanted \"%s\"", i, rows[i].settings, d.said,
                     rows[i].said);
        detecting_close(&d);
    }
}

/* What was set for the resident moves the rule's limits, and makes none. */
static void own_limits_move_those_of_the_rule(void **state)
{
    (void)state;
    const double none = (double)__builtin_nan("");
    static const struct {
        const char *settings;
        double low, high; /* 0: none */
        const char *samples, *said;
        int32_t spo2_scale;
    } rows[] = {
        {"metric=spo2 below=90 clear=92", 85, 0, "0:88 1:84 2:86 3:87",
         "@1 alarm 84/85 @3 normal", 0},
        {"metric=spo2 below=90 clear=92", 0, 0, "0:88 1:91 2:92", "@0 alarm 88/90 @2 normal",
         0},
        {"metric=hr above=120 below=40", 0, 140, "0:130 1:141 2:39", "@1 alarm 141/140", 0},
        {"metric=hr above=120 below=40", 50, 0, "0:45 1:121", "@0 alarm 45/50", 0},
        {"metric=hr above=120", 60, 0, "0:45", "", 0},
        {"metric=door equals=1 on_change=true", 0, 5, "0:1", "@0 alarm 1/1", 0},
        {"metric=spo2 below=90 clear=92 below_scale2=84", 0, 0, "0:89 1:83 2:85 3:86",
         "@1 alarm 83/84 @3 normal", 2},
        {"metric=spo2 below=90 clear=92 below_scale2=84", 0, 0, "0:89", "@0 alarm 89/90", 1},
        {"metric=spo2 below=90 below_scale2=84", 87, 0, "0:88 1:86", "@1 alarm 86/87", 2},
        {"metric=spo2 below=90", 0, 0, "0:89", "@0 alarm 89/90", 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        const struct cw_own own = {.low = rows[i].low > 0 ? rows[i].low : none,
                                   .high = rows[i].high > 0 ? rows[i].high : none,
                                   .score = none,
                                   .spo2_scale = rows[i].spo2_scale};
        struct cw_str rest = str_of(rows[i].samples), one, at;
        assert_int_equal(
            detecting_open(&d, &carewatch_plugin_detect_threshold, rows[i].settings), 0);
        d.own = &own;
        while (str_split(&rest, ' ', &one)) {
            assert_true(str_split(&one, ':', &at));
            detecting_sample(&d, 0, detecting_number(at), 0, detecting_number(one));
        }
        if (strcmp(d.said, rows[i].said) != 0)
            fail_msg("row %zu: \"%s\", wanted \"%s\"", i, d.said, rows[i].said);
        detecting_close(&d);
    }
}

static void limits_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "metric=spo2",
        "metric=spo2 clear=92",
        "metric=hr above=40 below=120",
        "metric=hr above=120 below=40 clear=100",
        "metric=hr above=120 clear=121",
        "metric=hr below=40 clear=39",
        "metric=fall equals=1 clear=0",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        if (detecting_open(&d, &carewatch_plugin_detect_threshold, rows[i]) == 0)
            fail_msg("%s was taken", rows[i]);
        assert_true(strlen(d.err.text) > 0);
        detecting_close(&d);
    }
}

static void its_one_input_is_the_metric(void **state)
{
    (void)state;
    struct detecting d;
    struct cw_input input[CW_MAX_INPUTS];
    assert_int_equal(
        detecting_open(&d, &carewatch_plugin_detect_threshold, "metric=spo2 below=90"), 0);
    assert_int_equal(d.plugin->ops.detector->inputs(d.self, input, CW_MAX_INPUTS), 1);
    assert_int_equal(input[0].kind, CW_INPUT_METRIC);
    assert_string_equal(input[0].name, "spo2");
    detecting_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_follows_limit_and_hold),
        cmocka_unit_test(own_limits_move_those_of_the_rule),
        cmocka_unit_test(limits_that_make_no_sense_are_refused),
        cmocka_unit_test(its_one_input_is_the_metric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
