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

#define HOURLY "metric=room_temp for=1h repeats=2 "

static const struct {
    const char *settings, *story, *said;
} stories[] = {
    /* against its own longest rest: two hours are ordinary here, five are not */
    {HOURLY "times=2",
     "0 room_temp=1, 7200 room_temp=1, 7300 room_temp=2, 14500 room_temp=2, 14600 room_temp=3, "
     "21800 room_temp=3, 25400 room_temp=3, 29000 room_temp=3",
     "@7200 alarm 7200/3600 @7300 normal @14500 alarm 7200/3600 @14600 normal @21800 alarm "
     "7200/3600"},
    {HOURLY "times=2",
     "0 room_temp=1, 3500 room_temp=1, 3600 room_temp=2, 7200 room_temp=2, 10700 room_temp=2, "
     "10800 room_temp=3",
     "@10700 alarm 7100/3600 @10800 normal"},
    /* while its siblings rest too it is a quiet night */
    {HOURLY "siblings=2", "0 room_temp=1, 3600 room_temp=1, 9000 room_temp=1", ""},
    {HOURLY "siblings=2",
     "0 room_temp=1, 100 siblings=20, 3600 room_temp=1, 3700 siblings=21, 3800 room_temp=1, "
     "3900 room_temp=2",
     "@3800 alarm 3800/3600 @3900 normal"},
    /* the last values again and again */
    {"metric=hr cycle=true",
     "1 hr=1, 2 hr=2, 3 hr=3, 4 hr=4, 5 hr=1, 6 hr=2, 7 hr=3, 8 hr=4, 9 hr=1, 10 hr=2, 11 "
     "hr=3, "
     "12 hr=4, 13 hr=1, 14 hr=2, 15 hr=3, 16 hr=4, 17 hr=9",
     "@16 alarm 0/21600 @17 normal"},
    {"metric=hr cycle=true",
     "1 hr=1, 2 hr=2, 3 hr=3, 4 hr=4, 5 hr=1, 6 hr=2, 7 hr=3, 8 hr=4, 9 hr=1, 10 hr=2, 11 "
     "hr=3, "
     "12 hr=5, 13 hr=1, 14 hr=2, 15 hr=3, 16 hr=4",
     ""},
    /* two steps of a coarse scale are no cycle */
    {"metric=hr cycle=true",
     "1 hr=1, 2 hr=2, 3 hr=1, 4 hr=2, 5 hr=1, 6 hr=2, 7 hr=1, 8 hr=2, 9 hr=1, 10 hr=2", ""},
};

static void it_is_measured_against_itself_and_its_siblings(void **state)
{
    (void)state;
    char room[2048];
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        if (detecting_row(&carewatch_plugin_detect_stuck, stories[i].settings, stories[i].story,
                          stories[i].said, room, sizeof(room)))
            fail_msg("row %zu: %s", i, room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_repeats_for_long_enough_are_told),
        cmocka_unit_test(it_is_measured_against_itself_and_its_siblings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
