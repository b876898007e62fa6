/*
 * An exit from the bed by a worn tag: made readings, a story each; tests/quality has people.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_bed_exit;

/* What the person does for some seconds: readings twice a second, none when it is silent. */
struct act {
    enum { ENDS, LIES, SITS, WALKS, RECLINES, SILENT } what;
    double seconds, antenna, rssi;
};
#define BED 3, -60
#define CHAIR 2, -60
#define DOOR 1, -50
#define NO 0, 0

#define WITH_ANTENNAS "antenna=antenna;rssi=rssi;away=2"

static void reading(struct detecting *d, double at, const double trunk[3], double scale,
                    const struct act *act, double late)
{
    double value[5] = {trunk[0] * scale, trunk[1] * scale, trunk[2] * scale, act->antenna,
                       act->rssi};
    struct cw_input input[CW_MAX_INPUTS];
    uint32_t n = d->plugin->ops.detector->inputs(d->self, input, CW_MAX_INPUTS);

    for (uint32_t i = 0; i < n; i++)
        detecting_sample(d, i, at, late, value[i]);
}

/* Gives when the acts end. */
static double play(struct detecting *d, const struct act *act, double at, double scale,
                   double late)
{
    static const double lies[] = {1.0, 0.02, 0.1}, reclines[] = {0.9, 0.2, 0.2};
    static const double sits[2][3] = {{0.40, 0.93, 0.1}, {0.42, 0.92, 0.1}};
    static const double walks[2][3] = {{-0.05, 0.85, 0.1}, {0.25, 1.2, -0.2}};

    for (; act->what != ENDS; act++) {
        double until = at + act->seconds;
        for (int i = 0; at < until; i++, at += 0.5) {
            const double *trunk = act->what == LIES    ? lies
                                  : act->what == SITS  ? sits[i % 2]
                                  : act->what == WALKS ? walks[i % 2]
                                                       : reclines;
            if (act->what != SILENT)
                reading(d, at, trunk, scale, act, late);
        }
        detecting_until(d, at);
    }
    return at;
}

/* What was said without how sure it is. */
static const char *said(struct detecting *d)
{
    char *to = d->said;

    for (const char *from = d->said; *from; from++) {
        if (from[0] == ' ' && from[1] >= '0' && from[1] <= '9')
            from += strcspn(from + 1, " ") + 1;
        if (*from == '\0')
            break;
        *to++ = *from;
    }
    *to = '\0';
    return d->said;
}

static void what_is_an_exit_and_what_is_none(void **state)
{
    static const struct {
        const char *what, *settings;
        struct act acts[6];
        const char *wanted;
    } rows[] = {
        {"gets up and walks", "unit=g", {{LIES, 20, NO}, {WALKS, 5, NO}}, "@21 alarm"},
        {"sits up and stays", "unit=g", {{LIES, 20, NO}, {SITS, 60, NO}}, ""},
        {"lies all the time", "unit=g", {{LIES, 120, NO}}, ""},
        {"is not read while lying", "unit=g", {{LIES, 20, NO}, {SILENT, 300, NO}}, ""},
        {"sits up, is not read any more",
         "unit=g",
         {{LIES, 20, NO}, {SITS, 10, NO}, {SILENT, 60, NO}},
         "@36 alarm"},
        {"... where silence means nothing",
         "silence=0s",
         {{LIES, 20, NO}, {SITS, 10, NO}, {SILENT, 60, NO}},
         ""},
        {"walks in, was never in bed", "unit=g", {{WALKS, 30, NO}}, ""},
        {"walks in, lies down", "unit=g", {{WALKS, 30, NO}, {LIES, 60, NO}}, ""},
        {"the antenna at the chair hears a sitter",
         WITH_ANTENNAS,
         {{LIES, 20, BED}, {SITS, 20, BED}, {SITS, 5, CHAIR}},
         "@41 alarm"},
        {"the one at the bed hears a sitter",
         WITH_ANTENNAS,
         {{LIES, 20, BED}, {SITS, 20, BED}, {SITS, 20, BED}},
         ""},
        {"louder than in bed",
         "antenna=antenna;rssi=rssi;away=1>-54",
         {{LIES, 20, BED}, {SITS, 20, 1, -60}, {SITS, 5, DOOR}},
         "@41 alarm"},
        {"an alarm ends with the return",
         "unit=g",
         {{LIES, 20, NO}, {WALKS, 60, NO}, {LIES, 10, NO}},
         "@21 alarm @80.5 normal"},
        {"reclines in the chair, gets up there",
         WITH_ANTENNAS,
         {{LIES, 20, BED}, {WALKS, 5, CHAIR}, {RECLINES, 30, CHAIR}, {WALKS, 10, CHAIR}},
         "@20.5 alarm"},
        {"an alarm ends by itself",
         "hold=1m",
         {{LIES, 20, NO}, {WALKS, 5, NO}, {SILENT, 120, NO}},
         "@21 alarm @81 normal"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct detecting d;
        assert_int_equal(
            0, detecting_open(&d, &carewatch_plugin_detect_bed_exit, rows[i].settings));
        play(&d, rows[i].acts, 0, 1, 0);
        if (strcmp(said(&d), rows[i].wanted) != 0)
            fail_msg("%s: \"%s\", wanted \"%s\"", rows[i].what, d.said, rows[i].wanted);
        detecting_close(&d);
    }
}

static const struct act gets_up[] = {{LIES, 20, NO}, {WALKS, 3, NO}, {ENDS, 0, NO}};

static void units_are_minded(void **state)
{
    static const struct {
        const char *settings;
        double scale;
        bool is_told;
    } rows[] = {{"unit=mg", 1000, true},
                {"unit=m/s2", 9.80665, true},
                {"unit=g", 1, true},
                {"unit=g", 0.001, false},
                {"unit=g", 1000, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct detecting d;
        assert_int_equal(
            0, detecting_open(&d, &carewatch_plugin_detect_bed_exit, rows[i].settings));
        play(&d, gets_up, 0, rows[i].scale, 0);
        if ((d.said[0] != '\0') != rows[i].is_told)
            fail_msg("%s: \"%s\"", rows[i].settings, d.said);
        detecting_close(&d);
    }
}

/* A carer helps; later they are back in bed, and it is told again. */
static void out_of_force_an_exit_is_not_told_nor_made_up_for(void **state)
{
    static const struct act sits_and_leaves[] = {{LIES, 20, NO}, {SITS, 5, NO}, {ENDS, 0, NO}};
    struct detecting d;

    (void)state;
    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_bed_exit, "unit=g"));
    d.idle = 1;
    double at = play(&d, gets_up, 0, 1, 0);
    d.idle = 0;
    detecting_resume(&d, CW_RESUME_UNLESS, at);
    assert_string_equal(d.said, "");
    d.idle = 1;
    play(&d, sits_and_leaves, 100, 1, 0);
    d.deadline_ns = CW_NEVER; /* deadlines wait */
    d.idle = 0;
    detecting_resume(&d, CW_RESUME_UNLESS, 400);
    assert_string_equal(d.said, "");
    play(&d, gets_up, 500, 1, 0);
    assert_string_equal(said(&d), "@521 alarm");
    detecting_close(&d);
}

static void half_a_reading_and_an_old_one_are_no_reading(void **state)
{
    static const double stands[] = {-0.3, 0.8, 0};
    static const struct act lies[] = {{LIES, 20, NO}, {ENDS, 0, NO}};
    struct detecting d;

    (void)state;
    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_bed_exit, "unit=g"));
    play(&d, lies, 0, 1, 0);
    for (int i = 0; i < 100; i++) {
        detecting_sample(&d, 0, 20 + i, 0, stands[0]);
        detecting_sample(&d, 1, 20 + i, 0, stands[1]);
        detecting_sample(&d, 2, 20 + i, 0, __builtin_nan(""));
    }
    for (int i = 0; i < 10; i++)
        reading(&d, 20 + 0.1 * i, stands, 1, lies, 300);
    assert_string_equal(d.said, "");
    detecting_close(&d);
}

/* A batch late by a minute: what it tells is the same, silence counts from its arrival. */
static void a_late_batch_is_judged_by_its_own_time(void **state)
{
    struct detecting d;

    (void)state;
    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_bed_exit, "unit=g"));
    play(&d, gets_up, 0, 1, 60);
    assert_string_equal(said(&d), "@21 alarm");
    detecting_close(&d);
}

static void wrong_options_are_refused(void **state)
{
    static const char *const rows[][2] = {
        {"antenna=a", "antenna and rssi go together: give both"},
        {"rssi=r", "antenna and rssi go together: give both"},
        {"away=2", "away and edge need antenna and rssi"},
        {"antenna=a;rssi=r;away=two", "antenna \"two\" is neither a number nor \"NUMBER>DBM\""},
        {"antenna=a;rssi=r;edge=1>", "antenna \"1>\" is neither a number nor \"NUMBER>DBM\""},
        {"antenna=a;rssi=r;away=>3", "antenna \">3\" is neither a number nor \"NUMBER>DBM\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct detecting d;
        if (detecting_open(&d, &carewatch_plugin_detect_bed_exit, rows[i][0]) == 0)
            fail_msg("%s: taken", rows[i][0]);
        assert_string_equal(d.err.text, rows[i][1]);
        detecting_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_an_exit_and_what_is_none),
        cmocka_unit_test(units_are_minded),
        cmocka_unit_test(out_of_force_an_exit_is_not_told_nor_made_up_for),
        cmocka_unit_test(half_a_reading_and_an_old_one_are_no_reading),
        cmocka_unit_test(a_late_batch_is_judged_by_its_own_time),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
