/*
 * A fall in raw acceleration: an impact, then stillness in another posture. Made motion, in
 * rows; tests/quality has people.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_fall;

struct motion {
    double rate;     /* samples a second */
    double strength; /* of the impact, g */
    double degrees;  /* how far it turned the sensor */
    double unrest;   /* g, behind it */
    double scale;    /* of the numbers sent */
};

static const struct motion fall = {50, 4, 80, 0.01, 1000};

/* Seconds from..to of the motion; the impact is at 10 s. */
static void play(struct detecting *d, const struct motion *m, double from, double to,
                 double late)
{
    double step = 1 / m->rate;

    for (int i = (int)(from * m->rate + 0.5); i < (int)(to * m->rate + 0.5); i++) {
        double at = i * step, angle = at < 10 ? 0 : m->degrees * 0.017453292519943;
        double wave = (i % 2 ? 1 : -1) * (at < 11 ? 0.03 : m->unrest);
        bool hit = at >= 10 - step / 2 && at < 10 + 2.5 * step;
        double length = hit ? m->strength : 1 + wave;
        detecting_sample(d, 0, at, late, m->scale * length * sin(angle));
        detecting_sample(d, 1, at, late, m->scale * -length * cos(angle));
        detecting_sample(d, 2, at, late, 0);
    }
}

static bool is_told(const struct motion *m, const char *settings)
{
    struct detecting d;

    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_fall, settings));
    play(&d, m, 0, 20, 0);
    bool told = strstr(d.said, "alarm") != NULL;
    detecting_close(&d);
    return told;
}

static void what_is_a_fall_and_what_is_none(void **state)
{
    static const struct {
        const char *what;
        struct motion motion;
        bool is_fall;
    } rows[] = {
        {"a fall", {50, 4, 80, 0.01, 1000}, true},
        {"a soft one, turned right over", {50, 2.0, 100, 0.01, 1000}, true},
        {"a hard one, hardly turned", {50, 9, 45, 0.01, 1000}, true},
        {"sits down hard", {50, 3, 15, 0.02, 1000}, false},
        {"lies down", {50, 1.2, 90, 0.01, 1000}, false},
        {"stumbles, walks on", {50, 3, 10, 0.25, 1000}, false},
        {"claps", {50, 7, 5, 0.1, 1000}, false},
        {"at 10 samples a second", {10, 4, 80, 0.01, 1000}, true},
        {"at 200 samples a second", {200, 4, 80, 0.01, 1000}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (is_told(&rows[i].motion, "unit=mg") != rows[i].is_fall)
            fail_msg("%s", rows[i].what);
    }
}

static void units_are_minded(void **state)
{
    struct motion motion = fall;

    (void)state;
    motion.scale = 1;
    assert_true(is_told(&motion, "unit=g"));
    assert_false(is_told(&motion, "unit=mg"));
    motion.scale = 9.80665;
    assert_true(is_told(&motion, "unit=m/s2"));
}

static void certainty_decides_in_doubt(void **state)
{
    struct motion doubtful = {50, 2.2, 50, 0.03, 1000};

    (void)state;
    assert_true(is_told(&doubtful, "certainty=0.02"));
    assert_false(is_told(&doubtful, "certainty=0.98"));
}

static void it_is_told_once_within_three_seconds_and_ends_by_itself(void **state)
{
    struct detecting d;

    (void)state;
    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_fall, "hold=30s"));
    play(&d, &fall, 0, 20, 0);
    assert_string_equal(d.said, "@12.5 alarm");
    detecting_until(&d, 42);
    assert_string_equal(d.said, "@12.5 alarm");
    detecting_until(&d, 43);
    assert_string_equal(d.said, "@12.5 alarm @42.5 normal");
    detecting_close(&d);
}

/* The second behind the impact was sent again and comes last. */
static void a_batch_that_comes_late_fits_in(void **state)
{
    struct detecting d;

    (void)state;
    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_fall, "unit=mg"));
    play(&d, &fall, 0, 10, 0);
    play(&d, &fall, 11, 15, 0.5);
    assert_string_equal(d.said, "");
    play(&d, &fall, 10, 11, 5);
    play(&d, &fall, 15, 16, 0.5);
    assert_non_null(strstr(d.said, "alarm"));
    detecting_close(&d);
}

/* It broke, or the radio did: no stillness was seen. */
static void an_impact_and_nothing_more_is_not_told(void **state)
{
    struct detecting d;

    (void)state;
    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_fall, "unit=mg"));
    play(&d, &fall, 0, 10.5, 0);
    play(&d, &fall, 40, 60, 0);
    assert_string_equal(d.said, "");
    detecting_close(&d);
}

static void axes_that_do_not_fit_together_are_no_vector(void **state)
{
    struct detecting d;

    (void)state;
    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_fall, "unit=mg"));
    for (int i = 0; i < 2000; i++) {
        detecting_sample(&d, 0, i * 0.02, 0, i % 100 ? 0 : 9000);
        detecting_sample(&d, 1, i * 0.02 + 0.003, 0, -1000);
        detecting_sample(&d, 2, i * 0.02 + 0.006, 0, (double)NAN);
    }
    assert_string_equal(d.said, "");
    detecting_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_fall_and_what_is_none),
        cmocka_unit_test(units_are_minded),
        cmocka_unit_test(certainty_decides_in_doubt),
        cmocka_unit_test(it_is_told_once_within_three_seconds_and_ends_by_itself),
        cmocka_unit_test(a_batch_that_comes_late_fits_in),
        cmocka_unit_test(an_impact_and_nothing_more_is_not_told),
        cmocka_unit_test(axes_that_do_not_fit_together_are_no_vector),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
